import ast
import re
from pathlib import Path

import pytest
from django.conf import settings

# Read by the launcher and by set-up, not by the settings.
BEFORE_DJANGO = {"PORT": "8000", "ADMIN_PASSWORD": "", "DEMO": "0"}
# Made by the launcher, or different on each machine.
WITHOUT_A_FIXED_DEFAULT = {
    "DATABASE_URL",
    "BROKER_URL",
    "SECRET_KEY",
    "VAR_DIR",
    "HSTS_SECONDS",
    "ENV_FILE",
}
NOT_TOLD = {"ENV_FILE"}


def as_text(value):
    if isinstance(value, bool):
        return str(int(value))
    return ",".join(value) if isinstance(value, list) else str(value)


def settings_read():
    source = Path(settings.BASE_DIR, "marketing_os", "settings.py").read_text()
    found = {}
    for call in ast.walk(ast.parse(source)):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
            continue
        if getattr(call.func.value, "id", "") != "env":
            continue
        default = next(
            (one.value for one in call.keywords if one.arg == "default"), None
        )
        name = ast.literal_eval(call.args[0])
        fixed = default is not None and name not in WITHOUT_A_FIXED_DEFAULT
        found[name] = as_text(ast.literal_eval(default)) if fixed else None
    return found


def settings_told():
    text = Path(settings.BASE_DIR, ".env.example").read_text()
    return dict(re.findall(r"^#([A-Z][A-Z_]+)=(.*)$", text, re.M))


def test_the_example_lists_every_setting_and_no_other():
    assert set(settings_told()) == set(settings_read()) - NOT_TOLD | set(BEFORE_DJANGO)


@pytest.mark.parametrize(
    ("name", "default"),
    [*settings_read().items(), *BEFORE_DJANGO.items()] if settings.configured else [],
)
def test_the_example_tells_the_default_that_counts(name, default):
    if default is not None:
        assert settings_told()[name] == default
