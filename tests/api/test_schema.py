from pathlib import Path

import pytest
import yaml
from django.conf import settings
from drf_spectacular.generators import SchemaGenerator


@pytest.fixture(scope="module")
def schema():
    return SchemaGenerator().get_schema(request=None, public=True)


def test_the_committed_description_is_that_of_the_code(schema):
    committed = yaml.safe_load(Path(settings.BASE_DIR, "openapi.yml").read_text())

    assert committed["paths"] == yaml.safe_load(yaml.safe_dump(_plain(schema["paths"])))


def _plain(value):
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return (
        value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
    )


def test_every_way_to_publish_says_how_to_repeat_it(schema):
    # A session stores nothing, and a member's own acts may come again.
    stores_nothing_new = ("/api/v1/member-sessions/", "/api/v1/me/")
    posts = {
        path: item["post"]
        for path, item in schema["paths"].items()
        if "post" in item and not path.startswith(stores_nothing_new)
    }

    bodies = {
        path: post["requestBody"]["content"]["application/json"]
        for path, post in posts.items()
        if "requestBody" in post
    }

    assert len(bodies) > 10
    for path, post in posts.items():
        assert "Idempotency-Key" in {one["name"] for one in post["parameters"]}, path
    for path, body in bodies.items():
        assert "examples" in body, path


@pytest.mark.django_db
def test_the_page_of_the_api_is_there(client):
    response = client.get("/api/v1/docs/")

    assert response.status_code == 200
    assert "swagger" in response.content.decode().lower()
