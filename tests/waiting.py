import time


def wait_until(condition, timeout=10, message=""):
    """Return the first truthy answer of `condition`; fail when there is none in time."""
    limit = time.monotonic() + timeout
    while not (answer := condition()):
        if time.monotonic() > limit:
            raise AssertionError(message or f"{condition} did not come true in time.")
        time.sleep(0.05)
    return answer
