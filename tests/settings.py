import os
from pathlib import Path

from marketing_os.settings import *

# Each worker process has files of its own, as it has a database of its own.
VAR_DIR = Path(os.environ["VAR_DIR"]) / os.environ.get("PYTEST_XDIST_WORKER", "main")
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # its absence would be a warning
MEDIA_ROOT = VAR_DIR / "media"
MAILBOX_DIR = VAR_DIR / "mailbox"

# No mail leaves the machine, whatever the shell's environment says.
RESEND_API_KEY = ""
EMAIL_HOST = ""

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
