"""Two members of staff at one undo: whoever asks waits, and nobody stops the other."""

import threading

import pytest
from django.db import connection, connections, transaction

from imports.errors import JobStateError
from imports.models import ImportUndo
from imports.services import confirm_undo, request_undo, work_on_undo
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def in_a_thread(verb, answers):
    def act():
        try:
            answers.append(verb())
        except Exception as error:
            answers.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=act)
    thread.start()
    return thread


def waiting_for_locks():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            " AND datname = current_database()"
        )
        return cursor.fetchone()[0]


@pytest.fixture
def looked_at(load):
    job = load("lms_lead_id,city\nA,Rome\n")
    request_undo(job)
    work_on_undo(job)
    return job


def meanwhile(job, *verbs):
    """Let each verb begin, in this order, while a worker holds the undo."""
    answers = []
    with transaction.atomic():
        ImportUndo.objects.select_for_update().get(job=job)
        threads = []
        for number, verb in enumerate(verbs, 1):
            threads.append(in_a_thread(verb, answers))
            wait_until(lambda number=number: waiting_for_locks() == number)
    for thread in threads:
        thread.join()
    return answers


def test_one_confirms_while_another_looks_again(looked_at):
    answers = meanwhile(
        looked_at, lambda: confirm_undo(looked_at), lambda: request_undo(looked_at)
    )

    kinds = {type(answer) for answer in answers}
    assert kinds == {ImportUndo, JobStateError}, answers
    assert ImportUndo.objects.get().state == "undoing"


def test_one_looks_again_while_another_confirms(looked_at):
    answers = meanwhile(
        looked_at, lambda: request_undo(looked_at), lambda: confirm_undo(looked_at)
    )

    kinds = {type(answer) for answer in answers}
    assert kinds == {ImportUndo, JobStateError}, answers
    assert ImportUndo.objects.get().state == "checking"


def test_both_confirm_and_it_is_undone_once(looked_at):
    answers = meanwhile(
        looked_at, lambda: confirm_undo(looked_at), lambda: confirm_undo(looked_at)
    )

    assert {type(answer) for answer in answers} == {ImportUndo}, answers
    assert {answer.state for answer in answers} == {"undoing"}
