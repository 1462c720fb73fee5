import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.urls import path

from tests import make


@pytest.fixture
def client(client):
    client.raise_request_exception = False
    return client


@pytest.fixture
def database_gone(transactional_db):
    address = connection.settings_dict["HOST"]
    connection.close()
    connection.settings_dict["HOST"] = "/nowhere"
    yield
    connection.close()
    connection.settings_dict["HOST"] = address


def test_an_unknown_address_is_said_in_words(client):
    response = client.get("/no-such-page/")

    assert response.status_code == 404
    assert "There is nothing at this address." in response.content.decode()


def test_an_unknown_address_of_the_api_is_answered_as_a_problem(client):
    response = client.get("/api/v1/no-such-thing/")

    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"


def test_a_page_that_one_may_not_see_says_who_can_change_that(client):
    client.force_login(make.user())

    response = client.get("/admin/auth/user/")

    assert response.status_code == 403
    assert "An administrator can change that" in response.content.decode()


def test_a_form_without_its_token_is_explained(client):
    client.handler.enforce_csrf_checks = True

    response = client.post("/admin/login/", {"username": "a", "password": "b"})

    assert response.status_code == 403
    assert "This form is too old to be sent." in response.content.decode()


def fail(request):
    raise RuntimeError("a secret in the fault")


urlpatterns = [path("fails/", fail)]
handler500 = "marketing_os.errors.server_error"


@pytest.mark.urls("tests.office.test_error_pages")
def test_a_fault_gets_a_page_that_tells_no_secret(client):
    response = client.get("/fails/")

    assert response.status_code == 500
    assert "Something went wrong on our side." in response.content.decode()
    assert "secret" not in response.content.decode()


def test_without_the_database_the_admin_says_so(client, database_gone):
    response = client.get(
        "/admin/login/?next=/admin/", headers={"cookie": "sessionid=x"}
    )
    assert response.status_code in (200, 503)

    response = client.post("/admin/login/", {"username": "a", "password": "b"})

    assert response.status_code == 503
    assert "The database cannot be reached." in response.content.decode()
    assert response["Retry-After"]


def test_without_the_database_health_is_still_told(client, database_gone):
    assert client.get("/healthz").status_code == 200

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["database"]["up"] is False
    assert response.json()["broker"]["up"] is True


def test_guessing_passwords_is_stopped_with_a_word_why(client, settings):
    User.objects.create_superuser("boss", "boss@example.org", "the right password")

    for number in range(settings.AXES_FAILURE_LIMIT + 1):
        response = client.post(
            "/admin/login/", {"username": "boss", "password": f"guess {number}"}
        )

    assert response.status_code == 429
    assert "closed for 15 minutes" in response.content.decode()
    right = {"username": "boss", "password": "the right password"}
    assert client.post("/admin/login/", right).status_code == 429
