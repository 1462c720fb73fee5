import os
import signal
import socket
import stat

import pytest

from tests.dev.launcher import (
    Run,
    ask,
    kill_all,
    manage,
    processes,
    wait_until_nothing_runs,
)
from tests.waiting import wait_until

pytestmark = pytest.mark.slow


def test_it_serves_the_login_page_and_says_how_to_log_in(running):
    page = running.get("/admin/login/")

    assert "csrfmiddlewaretoken" in page
    password = running.var_dir / "admin_password"
    assert password.read_text() in running.output
    assert stat.S_IMODE(password.stat().st_mode) == 0o600


def test_static_files_are_served(running):
    page = running.get("/admin/login/")
    style = page.split('.css"', 1)[0].rpartition('"')[2] + ".css"

    assert running.get(style)


def test_a_command_beside_it_sees_the_same_database(running):
    assert ask(running.var_dir, "SELECT count(*) > 0 FROM django_migrations") == "True"
    assert running.get("/healthz")


def test_a_command_beside_it_makes_links_that_lead_to_it(running):
    question = "from django.conf import settings; print(settings.SITE_URL)"

    said = manage(running.var_dir, "shell", "-v", "0", "-c", question)

    assert said.strip() == running.address.rstrip("/")


def test_a_second_run_in_the_same_folder_says_where_the_first_is(running):
    second = Run(running.var_dir)

    assert second.wait_until_ended() == 1
    assert "runs already" in second.output
    assert running.get("/healthz")


def test_a_port_that_another_program_has_is_said_in_one_sentence(make_var):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        run = Run(make_var(), PORT=port)

        assert run.wait_until_ended() == 1

    assert f"Port {port} cannot be used: Address already in use." in run.output
    assert "Traceback" not in run.output
    wait_until_nothing_runs(run.var_dir)


def test_a_program_of_it_that_dies_is_started_again(running):
    web = int((running.var_dir / "run" / "web.lock").read_text())
    os.kill(web, signal.SIGKILL)

    wait_until(lambda: "The web has died; it starts again" in running.output, 30)
    wait_until(lambda: _answer(running, "/healthz"), 120)


def test_an_embedded_server_that_dies_is_started_again(running):
    postgres = int((running.var_dir / "run" / "postgres.lock").read_text())
    os.kill(postgres, signal.SIGKILL)

    assert ask(running.var_dir, "SELECT 1") == "1"
    wait_until(lambda: "true" in _answer(running, "/readyz"), 120)


def _answer(run, path):
    try:
        return run.get(path)
    except OSError:
        return ""


def test_what_was_written_outlives_a_kill_of_everything_and_stopping_leaves_no_process(
    make_var,
):
    var_dir = make_var()
    first = Run(var_dir).wait_until_up()
    ask(var_dir, "CREATE TABLE kept AS SELECT 42 AS answer")
    assert len(processes(var_dir)) > 5
    kill_all(var_dir)
    first.wait_until_ended()

    second = Run(var_dir).wait_until_up()

    assert ask(var_dir, "SELECT answer FROM kept") == "42"
    assert second.stop(signal.SIGTERM) == 0
    wait_until_nothing_runs(var_dir, timeout=5)


def test_when_the_launcher_is_killed_its_programs_and_servers_end(make_var):
    run = Run(make_var()).wait_until_up()

    run.stop(signal.SIGKILL)

    wait_until_nothing_runs(run.var_dir)


def test_an_orphan_that_a_killed_run_left_does_not_keep_the_port(make_var):
    run = Run(make_var()).wait_until_up()
    port = run.address.rpartition(":")[2]
    web = int((run.var_dir / "run" / "web.lock").read_text())
    os.kill(web, signal.SIGSTOP)  # so that it cannot end with the launcher
    run.stop(signal.SIGKILL)

    again = Run(run.var_dir, PORT=port).wait_until_up()

    assert again.get("/healthz")
    assert again.stop(signal.SIGINT) == 0
    wait_until_nothing_runs(run.var_dir, timeout=5)


def test_a_chosen_password_replaces_the_one_from_before(make_var):
    var_dir = make_var()
    manage(var_dir, "migrate", "-v", "0")
    manage(var_dir, "setup", ADMIN_PASSWORD="first word", ADMIN_PASSWORD_CHOSEN="0")
    manage(var_dir, "setup", ADMIN_PASSWORD="generated", ADMIN_PASSWORD_CHOSEN="0")
    check = (
        "from django.contrib.auth.models import User; "
        "print([User.objects.get().check_password(word) "
        "for word in ('first word', 'generated', 'chosen')])"
    )
    kept = manage(var_dir, "shell", "-v", "0", "-c", check)

    manage(var_dir, "setup", ADMIN_PASSWORD="chosen", ADMIN_PASSWORD_CHOSEN="1")

    assert kept == "[True, False, False]"
    now = manage(var_dir, "shell", "-v", "0", "-c", check)
    assert now == "[False, False, True]"


def test_a_named_database_that_does_not_answer_is_said_in_one_sentence(make_var):
    nowhere = "postgres://nobody@127.0.0.1:1/nothing"

    run = Run(make_var(), DATABASE_URL=nowhere, BROKER_URL="redis://127.0.0.1:1/0")

    assert run.wait_until_ended() == 1
    assert "The database cannot be used: connection" in run.output
    assert "Traceback" not in run.output
    wait_until_nothing_runs(run.var_dir)
