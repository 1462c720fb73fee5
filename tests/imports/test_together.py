"""Several writers at once: nobody waits for good, and no customer is made twice."""

import threading

import pytest
from django.db import connections

from customers.models import Customer
from imports.models import ImportJob
from imports.services import confirm_job, ingest_rows, run_job
from imports.tasks import work_on_imports

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*verbs):
    """Run each verb in a thread of its own and return what they answered."""
    answers = []

    def act(verb):
        try:
            answers.append(verb())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=act, args=(verb,)) for verb in verbs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def people(numbers):
    rows = "".join(f"{n},lead-{n}@example.org,{n}\n" for n in numbers)
    return f"lms_lead_id,email,x\n{rows}"


def test_two_files_with_the_same_people_in_opposite_order(check, settings):
    settings.IMPORT_BATCH_ROWS = 50
    jobs = [
        confirm_job(check(people(numbers)))
        for numbers in (range(200), reversed(range(200)))
    ]

    at_once(*(lambda job=job: run_job(job) for job in jobs))

    assert [job.status for job in jobs] == [ImportJob.Status.DONE] * 2
    assert Customer.objects.count() == 200
    assert sum(job.created_count for job in jobs) == 200
    assert sum(job.unchanged_count for job in jobs) == 200


def test_the_same_new_customer_from_many_requests():
    row = {"email": "ada@example.org", "attributes": {"x": 1}}

    answers = at_once(
        *[lambda: ingest_rows("customers", [row], source="api")[0] for _ in range(8)]
    )

    customer = Customer.objects.get()
    assert {answer.id for answer in answers} == {customer.pk}
    statuses = sorted(answer.status for answer in answers)
    assert statuses == ["created"] + ["unchanged"] * 7


def test_two_workers_do_one_job_once(check, settings):
    settings.IMPORT_BATCH_ROWS = 20
    job = confirm_job(check(people(range(200))))

    at_once(work_on_imports, work_on_imports, work_on_imports)

    job.refresh_from_db()
    assert (job.status, job.created_count) == (ImportJob.Status.DONE, 200)
