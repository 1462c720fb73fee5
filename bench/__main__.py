"""`python -m bench [NAME…]`: measure against baselines in the same run.

Starts the embedded servers in a folder of their own (BENCH_VAR_DIR keeps it), gives
each benchmark a fresh database, and ends with 1 when a bar was missed.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from marketing_os.dev.servers import ensure_servers

BENCHES = sorted(
    path.stem
    for path in Path(__file__).parent.glob("*.py")
    if "\ndef run(" in path.read_text()
)


def with_database(url, name):
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@contextmanager
def fresh_database(name):
    """The environment of a process that uses a new, empty database."""
    url = os.environ["DATABASE_URL"]
    drop = f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(drop)
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield os.environ | {
                "DATABASE_URL": with_database(url, name),
                "SEGMENTS_DATABASE_URL": with_database(
                    os.environ["SEGMENTS_DATABASE_URL"], name
                ),
                "ENV_FILE": os.devnull,
            }
        finally:
            connection.execute(drop)


@contextmanager
def folder():
    kept = os.environ.get("BENCH_VAR_DIR")
    path = Path(kept or tempfile.mkdtemp(prefix="mos-bench-"))
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o711)  # root's database runs as another user, who must pass
    try:
        yield path
    finally:
        if not kept:
            shutil.rmtree(path, ignore_errors=True)


def main(names):
    if unknown := sorted(set(names) - set(BENCHES)):
        print(f"There is no benchmark {unknown[0]!r}; there are: {', '.join(BENCHES)}.")
        return 2
    os.environ["ENV_FILE"] = os.devnull  # a developer's .env is for running
    missed = []
    with folder() as path, ensure_servers(path):
        for name in names or BENCHES:
            print(f"# {name}", flush=True)
            with fresh_database(f"bench_{name}") as environment:
                command = [sys.executable, "-m", "bench.alone", name]
                if subprocess.run(command, env=environment, check=False).returncode:
                    missed.append(name)
    if missed:
        print(f"Not every bar was reached: {', '.join(missed)}.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
