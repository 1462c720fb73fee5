"""Questions to other servers that are given up in time."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import connections


@dataclass
class Answer:
    """What a probe found: a value, or the error that it met; neither: no answer."""

    value: Any = None
    error: Exception | None = None
    seconds: float = 0.0
    is_done: threading.Event = field(default_factory=threading.Event)

    @property
    def is_good(self) -> bool:
        return self.is_done.is_set() and self.error is None


# One question of a kind at a time: a server that hangs must not collect threads.
_under_way: dict[str, Answer] = {}
_lock = threading.Lock()


def ask(
    questions: dict[str, Callable[[], Any]], *, seconds: float
) -> dict[str, Answer]:
    """Ask all questions at once and wait for the answers, at most `seconds`.

    What did not answer in time has `is_good` False and no error; its thread goes on
    until the question ends by itself, and nobody asks it again before that.
    """
    until = time.monotonic() + seconds
    answers = {name: _begin(name, question) for name, question in questions.items()}
    for answer in answers.values():
        answer.is_done.wait(max(0.0, until - time.monotonic()))
    return answers


def _begin(name: str, question: Callable[[], Any]) -> Answer:
    with _lock:
        waiting = _under_way.get(name)
        if waiting and not waiting.is_done.is_set():
            return waiting
        answer = _under_way[name] = Answer()
    # A daemon: a server that hangs must not keep the process from ending.
    threading.Thread(target=_answer, args=(answer, question), daemon=True).start()
    return answer


def _answer(answer: Answer, question: Callable[[], Any]) -> None:
    began = time.monotonic()
    try:
        answer.value = question()
    except Exception as error:
        answer.error = error
    finally:
        answer.seconds = time.monotonic() - began
        connections.close_all()
        answer.is_done.set()
