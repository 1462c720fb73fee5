"""SpamAssassin as a judge of mails, where it is installed; it asks nobody else."""

import re
import shutil
import subprocess

import pytest

MOST = 1.0
needs_judge = pytest.mark.skipif(
    not shutil.which("spamassassin"), reason="SpamAssassin is not here."
)


def score(raw):
    program = ["spamassassin", "--local", "--test-mode"]
    report = subprocess.run(program, input=raw, capture_output=True, check=True).stdout
    return float(re.search(rb"\((-?[\d.]+) points", report)[1])
