"""Everybody who may ask for a page: nobody known, members, staff by role, keys."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.test import Client

from marketing_os.lib.api.keys import SCOPES, create_key
from marketing_os.roles import ROLES, make_roles
from portal.members import open_session
from tests import make
from tests.permissions.world import World
from tests.portal.signed import sign_in

NO_ROLE = "no role"


class Person:
    """Asks again and again as if for the first time."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.cookies = deepcopy(client.cookies)

    def ask(
        self, method: str, path: str, data: dict[str, Any] | None = None
    ) -> HttpResponse:
        self.client.cookies = deepcopy(self.cookies)
        body: dict[str, Any] = {"data": data or {}}
        if path.startswith("/api/") and method != "GET":
            body["content_type"] = "application/json"
        return getattr(self.client, method.lower())(path, **body)  # type: ignore[no-any-return]


def people(world: World) -> dict[str, Person]:
    """Return who is not a program, by the name of the column."""
    make_roles()
    return {
        "anonymous": Person(Client(raise_request_exception=False)),
        "member A": _member(world.owner),
        "member B": _member(world.stranger),
        NO_ROLE: _staff(),
        **{role.name: _staff(role.name) for role in ROLES},
    }


def keys() -> Iterator[tuple[str, Person]]:
    """Give for each scope a program whose key has no other."""
    for scope in SCOPES:
        yield scope, _program([scope])


def any_key() -> Person:
    """Return a program whose key has every scope."""
    return _program(list(SCOPES))


def _member(customer: Any) -> Person:
    token = open_session(customer).token
    client = Client(
        raise_request_exception=False, headers={"authorization": f"Member {token}"}
    )
    sign_in(client, customer)
    return Person(client)


def _staff(*roles: str) -> Person:
    someone = make.user()
    someone.groups.set(Group.objects.filter(name__in=roles))
    client = Client(raise_request_exception=False)
    client.force_login(someone)
    return Person(client)


def _program(scopes: list[str]) -> Person:
    _key, secret = create_key("a program", scopes)
    headers = {"authorization": f"Api-Key {secret}"}
    return Person(Client(raise_request_exception=False, headers=headers))
