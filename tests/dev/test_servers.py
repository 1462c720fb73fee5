import os
import signal
import subprocess
import sys

import pytest

from tests.dev.launcher import (
    PROJECT,
    ask,
    environment,
    manage,
    processes,
    wait_until_nothing_runs,
)
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

HOLD = """
import sys
from django.db import connection
print("up", flush=True)
sys.stdin.readline()
with connection.cursor() as cursor:
    cursor.execute("SELECT 7 * 6")
    print(cursor.fetchone()[0])
"""


def hold(var_dir):
    """Start a command that uses the servers until a line is written to it."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", HOLD],
        cwd=PROJECT,
        env=environment(var_dir),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "up\n"
    return process


def test_a_command_alone_starts_the_servers_and_stops_them(make_var):
    var_dir = make_var()

    assert ask(var_dir, "SHOW server_version").startswith("18.")

    assert processes(var_dir) == []


def test_a_command_that_ends_leaves_the_servers_to_the_others(make_var):
    var_dir = make_var()
    holder = hold(var_dir)

    assert ask(var_dir, "SELECT 1") == "1"

    answer, _ = holder.communicate("\n", timeout=60)
    assert answer == "42\n"
    assert processes(var_dir) == []


def test_commands_that_start_at_once_share_one_server(make_var):
    var_dir = make_var()
    holders = [hold(var_dir) for _ in range(3)]

    servers = [number for number in processes(var_dir) if is_postmaster(number)]

    assert len(servers) == 1
    answers = [holder.communicate("\n", timeout=60)[0] for holder in holders]
    assert answers == ["42\n"] * 3
    assert processes(var_dir) == []


def is_postmaster(number):
    with open(f"/proc/{number}/cmdline", "rb") as file:
        return file.read().split(b"\0")[0].endswith(b"bin/postgres")


def test_the_servers_end_when_the_only_command_is_killed(make_var):
    var_dir = make_var()
    holder = hold(var_dir)

    holder.send_signal(signal.SIGKILL)
    holder.communicate()

    wait_until_nothing_runs(var_dir)


def test_a_killed_keeper_is_replaced_and_the_data_is_there(make_var):
    var_dir = make_var()
    holder = hold(var_dir)
    ask(var_dir, "CREATE TABLE kept AS SELECT 5 AS answer")
    for number in processes(var_dir):
        with open(f"/proc/{number}/cmdline", "rb") as file:
            if b"marketing_os.dev.keeper" in file.read():
                os.kill(number, signal.SIGKILL)

    assert ask(var_dir, "SELECT answer FROM kept") == "5"

    holder.kill()
    holder.communicate()
    wait_until_nothing_runs(var_dir)


def test_servers_that_are_named_are_used_and_none_is_started(make_var):
    var_dir = make_var()
    named = {name: os.environ[name] for name in ("DATABASE_URL", "BROKER_URL")}

    used = ask(var_dir, "SHOW unix_socket_directories", **named)

    assert used in os.environ["DATABASE_URL"].replace("%2F", "/")
    assert not (var_dir / "postgres").exists()
    assert not list((var_dir / "log").iterdir())


def test_the_broker_alone_is_started_beside_a_named_database(make_var):
    var_dir = make_var()
    code = (
        "from marketing_os.celery import app; "
        "print(app.connection_for_write().ensure_connection(max_retries=1).connected)"
    )

    named = {"DATABASE_URL": os.environ["DATABASE_URL"]}
    assert manage(var_dir, "shell", "-v", "0", "-c", code, **named) == "True"

    assert not (var_dir / "postgres").exists()
    assert (var_dir / "log" / "valkey.log").exists()


def test_a_server_that_cannot_start_is_said_in_one_sentence(make_var):
    var_dir = make_var()
    ask(var_dir, "SELECT 1")
    (var_dir / "postgres" / "PG_VERSION").write_text("12\n")

    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=PROJECT,
        env=environment(var_dir),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "is of PostgreSQL 12, the server is 18" in done.stderr
    assert "Traceback" not in done.stderr
    wait_until(lambda: not processes(var_dir), 30)
