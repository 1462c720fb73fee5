"""One benchmark in a process and a migrated database of its own.

`python -m bench.alone NAME`, called by `python -m bench`, which names the database.
"""

import os
import sys
from importlib import import_module

import django
from django.core.management import call_command

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketing_os.settings")
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("setup", verbosity=0)
    sys.exit(0 if import_module(f"bench.{sys.argv[1]}").run() else 1)
