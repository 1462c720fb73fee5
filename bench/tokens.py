"""How long it takes to refuse a token: no longer for one that is nearly right."""

import secrets
import statistics
import time

from bench.figures import at_most, figure
from marketing_os.lib.tokens import make_token, read_token

TRIES = 50_000
PURPOSES = {"unsubscribe": 1, "preferences": 1, "link": 3}


def run():
    held = [refusals(purpose, count) for purpose, count in PURPOSES.items()]
    return all(held)


def refusals(purpose, count):
    """Time made-up tokens as long as true ones, and true ones with a wrong letter."""
    made_up, nearly = [], []
    for number in range(TRIES):
        true = make_token(purpose, *[number] * count)
        guess = secrets.token_urlsafe(len(true) * 3 // 4)
        wrong = ("B" if true[0] == "A" else "A") + true[1:]
        made_up.append(refuse(purpose, guess, count))
        nearly.append(refuse(purpose, wrong, count))
    slow, quick = sorted((statistics.median(made_up), statistics.median(nearly)))[::-1]
    return figure(f"refusing a token to {purpose}", slow, quick, "us", at_most(1.1))


def refuse(purpose, token, count):
    start = time.perf_counter_ns()
    found = read_token(purpose, token, count)
    took = time.perf_counter_ns() - start
    if found is not None:
        raise AssertionError("A wrong token was taken.")
    return took / 1000
