#!/usr/bin/env python
"""Django's command line, beside the embedded servers unless others are named."""

import os
import sys

from django.core.management import execute_from_command_line

from marketing_os.dev.errors import LauncherError
from marketing_os.dev.places import recall_site_url
from marketing_os.dev.servers import ensure_servers


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketing_os.settings")
    try:
        with ensure_servers() as servers:
            recall_site_url(servers.places)
            execute_from_command_line(sys.argv)
    except LauncherError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
