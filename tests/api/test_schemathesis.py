"""Requests made up from the OpenAPI description, within it and beside it: never a 5xx."""

import os

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode

from marketing_os.lib.api.keys import SCOPES, create_key
from marketing_os.wsgi import application
from tests import make
from tests.scale import scaled

pytestmark = [pytest.mark.prove, pytest.mark.django_db(transaction=True)]
EXAMPLES = scaled(8, 100)  # for each operation and each mode


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
def test_nothing_that_is_sent_is_a_fault_of_the_server(mode):
    make.customer(lms_lead_id="A", attributes={"age": 30})
    make.attribute("age", "numeric")
    _key, secret = create_key("fuzz", list(SCOPES))
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema/?format=json", application)

    sent, faults = 0, []
    for found in schema.get_all_operations():
        operation = found.ok()
        sent += play(operation, mode, secret, faults)

    assert faults == []
    assert sent > 100


def play(operation, mode, secret, faults):
    sent = 0

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize="PROVE" not in os.environ,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case):
        nonlocal sent
        answer = case.call(headers={"Authorization": f"Api-Key {secret}"})
        sent += 1
        if answer.status_code >= 500:
            faults.append(f"{operation.label}: {case.as_curl_command()[:1000]}")

    send()
    return sent
