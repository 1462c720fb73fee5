import io

import pytest
from django.core.management import call_command

from imports.models import ImportJob
from imports.services import (
    check_job,
    confirm_job,
    create_job,
    run_job,
    set_mapping,
    suggest_mapping,
)


@pytest.fixture(autouse=True)
def _files_go_to_a_folder_of_the_test(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def upload():
    """Upload a text or bytes as a file and suggest its mapping."""

    def do(content, target="customers", **arguments):
        data = content if isinstance(content, bytes) else content.encode()
        arguments = {"file_name": "file.csv", "source": "command"} | arguments
        return create_job(target, io.BytesIO(data), **arguments)

    return do


@pytest.fixture
def check(upload):
    """Upload and check; `mapping` is laid over what is suggested."""

    def do(content, target="customers", mapping=None, options=None, **arguments):
        job = upload(content, target, **arguments)
        suggested = suggest_mapping(job, options or {})
        set_mapping(job, suggested | (mapping or {}), options or {})
        return check_job(job)

    return do


@pytest.fixture
def load(check):
    """Upload, check, confirm and run a file to its end."""

    def do(content, target="customers", **arguments):
        job = check(content, target, **arguments)
        run_job(confirm_job(job))
        assert job.status == ImportJob.Status.DONE, job.error
        return job

    return do


@pytest.fixture
def command(tmp_path):
    """Run a command on a file and return what it printed."""

    def do(name, file, *arguments):
        if not hasattr(file, "open"):
            path = tmp_path / "file.csv"
            path.write_bytes(file if isinstance(file, bytes) else file.encode())
            file = path
        out = io.StringIO()
        call_command(name, str(file), *arguments, stdout=out, stderr=io.StringIO())
        return out.getvalue()

    return do


def counts(job):
    """Created, updated, unchanged and rejected rows of a finished job."""
    return (
        job.created_count,
        job.updated_count,
        job.unchanged_count,
        job.rejected_count,
    )


def refusals(job):
    """Line, column and reason of everything that was refused."""
    return list(job.rejects.values_list("line", "column", "reason"))
