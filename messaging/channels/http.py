"""What HTTP interfaces of providers have in common."""

import requests
from urllib3.exceptions import NewConnectionError

_DEFAULT_WAIT = 1.0


def never_connected(error: requests.RequestException) -> bool:
    """Say whether the request cannot have reached anybody."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    causes = [error, error.__cause__, error.__context__]
    reasons = [
        getattr(cause.args[0], "reason", None)
        for cause in causes
        if cause is not None and cause.args
    ]
    return any(isinstance(reason, NewConnectionError) for reason in reasons)


def seconds_to_wait(response: requests.Response | None) -> float:
    """Return for how long a provider asked to be left alone."""
    headers = response.headers if response is not None else {}
    try:
        seconds = float(headers.get("retry-after", _DEFAULT_WAIT))
    except ValueError:
        return _DEFAULT_WAIT
    return min(max(seconds, 0.1), 3600.0)


def words_of(error: Exception) -> str:
    """Return what an error says, or at least its name."""
    return str(error) or type(error).__name__
