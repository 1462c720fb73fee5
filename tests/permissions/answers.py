"""What everybody is answered at every address.

A cell is a status; `login` stands for the way to the login page, and a `+` behind a
status says that the request wrote something.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction
from django.http import HttpResponse

from tests.permissions.people import Person, any_key, keys, people
from tests.permissions.routes import Route
from tests.permissions.world import World

HEAD = ("address", "method")
KEYS = "API keys"
_WRITES = re.compile(
    r"\s*(?:WITH\b.*\b)?(?:INSERT INTO|UPDATE|DELETE FROM)\s+\"?(\w+)", re.S | re.I
)
# A visit keeps its session, and a key notes that it was used.
_OWN = {"django_session", "api_keys"}


class Crowd:
    """Everybody, ready to ask."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.people = people(world)
        self.keys = dict(keys())
        self.any_key = any_key()

    def head(self) -> list[str]:
        return [*HEAD, *self.people, KEYS]

    def rows(self, routes: Iterable[Route]) -> list[list[str]]:
        """Return the rows of the table: for each route its methods and actions."""
        found = []
        for route in routes:
            path = route.path(self.world.values_of(route))
            for method in route.methods:
                cells = self._cells(method, path)
                found.append([route.text, method, *cells, self._keys(method, path)])
            for action in route.actions:
                cells = self._cells("POST", path, self._ticked(route, action))
                found.append([route.text, f"POST {action}", *cells, "login"])
        return found

    def _cells(
        self, method: str, path: str, data: dict[str, Any] | None = None
    ) -> list[str]:
        everybody = self.people.values()
        return [answer(person, method, path, data) for person in everybody]

    def _ticked(self, route: Route, action: str) -> dict[str, Any]:
        row = self.world.objects[route.view.model_admin.model]
        # "post" is what the page that asks whether to delete says with its button.
        return {"action": action, "_selected_action": row.pk, "post": "yes"}

    def _keys(self, method: str, path: str) -> str:
        # Elsewhere a key counts for nothing, so one that may do all speaks for all.
        if not path.startswith("/api/"):
            return answer(self.any_key, method, path)
        scopes = defaultdict(list)
        for scope, program in self.keys.items():
            scopes[answer(program, method, path)].append(scope)
        usual = max(scopes, key=lambda cell: len(scopes[cell]))
        others = [
            f"{cell} {', '.join(scopes[cell])}" for cell in scopes if cell != usual
        ]
        return "; ".join([*sorted(others), f"{usual} others"]) if others else usual


def lines(rows: Iterable[list[str]]) -> list[str]:
    return ["\t".join(row) for row in rows]


def answer(
    person: Person, method: str, path: str, data: dict[str, Any] | None = None
) -> str:
    """Say what somebody is answered, and leave nothing of it behind."""
    written: set[str] = set()

    def note(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        found = _WRITES.match(str(sql))
        if found:
            written.add(found[1])
        return execute(sql, params, many, context)

    with transaction.atomic(), connection.execute_wrapper(note):
        response: Any = person.ask(method, path, data)
        if response.streaming:
            response.getvalue()
        transaction.set_rollback(True)
    cell = _cell(response)
    return f"{cell}+" if written - _OWN else cell


def _cell(response: HttpResponse) -> str:
    if response.status_code == 302 and "/admin/login/" in response["Location"]:
        return "login"
    return str(response.status_code)
