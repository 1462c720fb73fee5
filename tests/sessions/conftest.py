from tests.imports.conftest import (  # noqa: F401
    _files_go_to_a_folder_of_the_test,
    check,
    command,
    load,
    upload,
)
