import json
import os
import subprocess
import sys
from contextlib import suppress
from types import SimpleNamespace

import jinja2
import pytest
from django.conf import settings
from django.template import Context, Engine

from messaging.templating.compiler import Source, compile_message
from messaging.templating.render import render_programs
from tests.messaging.hostile import BOMBS, LEAKS, fill_in

CANARY = "canary-7f3a"


class Person:
    def __init__(self):
        self.password = CANARY
        self.groups = [SimpleNamespace(members=[self])]

    def owner(self):
        return CANARY

    def get_session_auth_hash(self):
        return CANARY

    def __repr__(self):
        return CANARY


@pytest.fixture(autouse=True)
def secrets(monkeypatch):
    monkeypatch.setenv("SOME_SECRET", CANARY)
    monkeypatch.setattr(settings, "SECRET_KEY", CANARY)


@pytest.mark.parametrize("templating_type", ["html", "text"])
@pytest.mark.parametrize("template", LEAKS)
def test_no_template_reads_a_secret(template, templating_type):
    result = fill_in(template, templating_type)

    assert CANARY not in result
    assert "root:" not in result
    assert "<class" not in result


def test_no_template_uses_up_the_machine():
    program = [sys.executable, "-m", "tests.messaging.hostile"]

    done = subprocess.run(program, capture_output=True, check=True, timeout=120)

    figures = json.loads(done.stdout)
    slow = {key: time for key, time in figures["seconds"].items() if time > 1}
    assert len(figures["seconds"]) == 3 * len(BOMBS)
    assert not slow
    assert figures["memory"] < 64 * 1024 * 1024
    assert figures["longest"] < 700_000


def test_an_engine_that_is_given_objects_leaks_on_the_same_templates():
    values = {"user": Person(), "settings": settings, "customer": {}}
    engines = {
        "jinja2": lambda text: jinja2.Environment().from_string(text).render(values),  # noqa: S701
        "django": lambda text: Engine().from_string(text).render(Context(values)),
    }
    leaked = dict.fromkeys(engines, 0)

    for name, render in engines.items():
        for template in LEAKS:
            with suppress(Exception):
                leaked[name] += CANARY in render(template)

    assert leaked["jinja2"] >= 30
    assert leaked["django"] >= 5
    assert os.environ["SOME_SECRET"] == CANARY


def test_one_customers_mail_cannot_change_the_values_of_the_next():
    values = {"customer": {"tags": ["a"]}, "name": "A"}
    hostile = ["{{ customer.clear }}", "{{ customer.tags.append }}{{ customer.pop }}"]

    for template in hostile:
        fill_in(template, "html")

    source = Source(
        subject="x",
        message="{% for name in customer.tags %}{{ name }}{% endfor %}{{ name }}",
        templating_type="text",
        purpose="transactional",
    )
    programs = compile_message(source).programs
    assert [render_programs(programs, values).text for _time in range(2)] == [
        "aA",
        "aA",
    ]
    assert values == {"customer": {"tags": ["a"]}, "name": "A"}
