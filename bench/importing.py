"""One import in a process of its own: `python -m bench.importing TARGET FILE MAPPING`.

Prints, as JSON, the seconds of each step, the counts and the peak memory in MB.
"""

import json
import os
import re
import sys
import time
from pathlib import Path

import django


def peak_memory():
    """Return this program's peak in MB; getrusage would count its parent's, too."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


def main(target, path, mapping):
    # Needs Django, which is set up first.
    from imports import services  # noqa: PLC0415

    seconds, begin = {}, time.perf_counter()

    def done(step):
        nonlocal begin
        now = time.perf_counter()
        seconds[step], begin = now - begin, now

    with Path(path).open("rb") as file:
        job = services.create_job(
            target, file, file_name=Path(path).name, source="command"
        )
    done("read")
    services.set_mapping(job, mapping or job.mapping)
    services.check_job(job)
    done("check")
    services.confirm_job(job)
    assert services.run_job(job), job.error
    assert job.status == "done", job.error
    done("run")
    memory = peak_memory()
    print(
        json.dumps(
            {
                "seconds": seconds,
                "memory": memory,
                "created": job.created_count,
                "updated": job.updated_count,
                "unchanged": job.unchanged_count,
                "rejected": job.rejected_count,
            }
        )
    )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketing_os.settings")
    django.setup()
    main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))
