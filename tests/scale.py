"""How big a proof is: small in `make test`, whole in `make prove`."""

import os


def scaled(small, full):
    """Return `full` where PROVE=1 asks for the whole size, else `small`."""
    return full if os.environ.get("PROVE") == "1" else small
