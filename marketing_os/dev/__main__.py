"""`python -m marketing_os.dev run`."""

import sys

from marketing_os.dev.errors import LauncherError
from marketing_os.dev.run import run


def main() -> None:
    if sys.argv[1:] != ["run"]:
        sys.exit("Usage: python -m marketing_os.dev run")
    try:
        run()
    except LauncherError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
