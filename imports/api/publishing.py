"""`POST` of rows to an import target: one, or a batch, under the rules of a file.

These views go around DRF, which would cost more than all the rest of an event. They
keep all of its behaviours: keys and scopes, limits, strict bodies, problem details.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Protocol

from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import (
    APIException,
    NotAuthenticated,
    UnsupportedMediaType,
    ValidationError,
)
from rest_framework.renderers import JSONRenderer

from imports.services import (
    SHUT,
    Frame,
    RowResult,
    append_new,
    append_row,
    append_rows,
    appends,
    ingest_rows,
)
from marketing_os.lib.api import parsers
from marketing_os.lib.api.authentication import (
    insist_on,
    insist_on_scope,
    read_secret,
)
from marketing_os.lib.api.errors import problem_response
from marketing_os.lib.api.keys import (
    KEY_IS_GOOD,
    find_key,
    forget_key,
    remembered_key,
)
from marketing_os.lib.api.limits import rate_headers, take_items, take_request
from marketing_os.lib.api.once import (
    Answer,
    Repeatable,
    answer_once,
    repeatable,
    replay,
)
from marketing_os.lib.connections import let_go_if_closed
from marketing_os.lib.errors import DomainError
from marketing_os.lib.models import ApiKey

_VALID = json.dumps({"valid": True, "stored": False})


class Resource(Protocol):
    """What `publish` asks of a view."""

    target: ClassVar[str]
    read_scope: ClassVar[str]
    write_scope: ClassVar[str]

    @classmethod
    def published(
        cls, result: RowResult, row: Mapping[str, Any], key: ApiKey
    ) -> dict[str, Any]: ...


def publish(
    request: HttpRequest, resource: type[Resource], *, many: bool
) -> HttpResponse:
    """Answer a POST of one row, or of a batch, of a resource."""
    try:
        return _publish(request, resource, many)
    except (APIException, DomainError) as error:
        return problem_response(error)


def _publish(
    request: HttpRequest, resource: type[Resource], many: bool
) -> HttpResponse:
    secret = read_secret(request.META.get("HTTP_AUTHORIZATION", ""))
    if secret is None:
        raise NotAuthenticated("Send the header “Authorization: Api-Key KEY”.")
    let_go_if_closed()
    is_log = appends(resource.target)
    key = insist_on((remembered_key if is_log else find_key)(secret))
    if key.is_test:
        key = insist_on(find_key(secret))
    insist_on_scope(key, resource.write_scope)
    state = take_request(key)
    content_type = _content_type(request, many)
    body = parsers.read_limited(request)
    once = repeatable(key, request.META.get("HTTP_IDEMPOTENCY_KEY"), request.path, body)
    if many:
        items = parsers.parse_items(body, content_type)
        take_items(key, len(items))
        answer = _append_batch(resource, items, once, secret) or answer_once(
            once, lambda: _batch(resource, items, key, secret)
        )
    else:
        row = _insist_on_object(parsers.parse_json(body))
        take_items(key, 1)
        if is_log and not key.is_test:
            answer = _append_one(resource, row, once, secret)
        else:
            answer = answer_once(once, lambda: _one(resource, row, key))
    return HttpResponse(
        answer.body,
        status=answer.status,
        content_type="application/json",
        headers=rate_headers(state),
    )


def _content_type(request: HttpRequest, many: bool) -> str:
    found = parsers.media_type(request)
    if found != parsers.JSON_TYPE and not (many and found in parsers.NDJSON_TYPES):
        wanted = "application/json" + (" or application/x-ndjson" if many else "")
        raise UnsupportedMediaType(found, f"Send the body as {wanted}.")
    parsers.refuse_encoded(request)
    return found


def _insist_on_object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValidationError({"non_field_errors": ["This is not a JSON object."]})
    return value


def _one(resource: type[Resource], row: dict[str, Any], key: ApiKey) -> Answer:
    [result] = ingest_rows(resource.target, [row], source="api", check_only=key.is_test)
    _insist_on_good(result.errors)
    if key.is_test:
        return Answer(200, _VALID)
    shown = resource.published(result, row, key)
    if resource.read_scope not in key.scopes:
        shown = _only_what_was_sent(shown, row)
    body = JSONRenderer().render(shown).decode()
    return Answer(201 if result.status == "created" else 200, body)


def _only_what_was_sent(
    shown: Mapping[str, Any], row: Mapping[str, Any]
) -> dict[str, Any]:
    """Cut a stored row down to its IDs and what the request gave a value to.

    Else a key that may only write could read everybody by naming them one by one.
    """
    given = {
        name.partition(":")[0] for name, value in row.items() if value not in (None, "")
    }
    cut = {
        name: value
        for name, value in shown.items()
        if name in given or name in ("id", "customer_id")
    }
    for name, value in cut.items():
        if isinstance(value, Mapping) and isinstance(row.get(name), Mapping):
            cut[name] = _only_what_was_sent(value, row[name])
    return cut


def _insist_on_good(errors: Sequence[tuple[str, str]]) -> None:
    problems: dict[str, list[str]] = {}
    for field, sentence in errors:
        problems.setdefault(field or "non_field_errors", []).append(sentence)
    if problems:
        raise ValidationError(problems)


# The key is asked for again in the statement that writes, as it was remembered: what
# is revoked writes nothing from then on.
_GOOD = f"(SELECT {KEY_IS_GOOD.format(key='$2::bigint')} AS good) AS k"
_GATE = (
    "SELECT k.good AND kept.key IS NULL AS open, k.good, kept.fingerprint,"  # noqa: S608 - constants
    f" kept.status_code, kept.body FROM {_GOOD}"
    " LEFT JOIN idempotent_responses AS kept"
    " ON kept.api_key_id = $2::bigint AND kept.key = $3::text"
)
# Of two requests with one Idempotency-Key at the same moment the second waits here
# for the first, and then its statement fails as a whole.
_REMEMBER = (
    "INSERT INTO idempotent_responses (api_key_id, key, fingerprint, status_code, body)"
    " SELECT $2::bigint, $3::text, $4::bytea, o.status, o.answer"
    " FROM outcome AS o, gate WHERE gate.open AND o.answer IS NOT NULL"
)
_REPEATABLE = Frame(_GATE, _REMEMBER)
_ONCE_ONLY = Frame(
    f"SELECT k.good AS open, k.good, NULL, NULL, NULL FROM {_GOOD}"  # noqa: S608 - constants
)
# What `_batch` says when each item is new.
_ALL_NEW = """
SELECT 200 AS status, '{"created": ' || count(*)
    || ', "updated": 0, "unchanged": 0, "rejected": 0, "results": [' || string_agg(
        '{"index": ' || line - 1 || ', "status": "created", "id": ' || id || '}',
        ', ' ORDER BY line) || ']}' AS answer
FROM written HAVING count(*) > 0
"""
_BATCH_REPEATABLE = replace(_REPEATABLE, new=_ALL_NEW)
_BATCH_ONCE_ONLY = replace(_ONCE_ONLY, new=_ALL_NEW)
# A batch keeps its answer itself, in the same transaction.
_GUARDED = Frame(f"SELECT k.good AS open FROM {_GOOD}")  # noqa: S608 - constants
_ATTEMPTS = 5


def _append_one(
    resource: type[Resource], row: dict[str, Any], once: Repeatable, secret: str
) -> Answer:
    """Write one row, and the answer to it, in one statement."""
    frame = _REPEATABLE if once.is_kept else _ONCE_ONLY
    if answer := _append_new(resource, [row], frame, once, secret):
        return answer
    for _attempt in range(_ATTEMPTS):
        try:
            outcome, gate = append_row(
                resource.target, row, frame=frame, parameters=_parameters(once)
            )
        except IntegrityError:
            continue  # another request with this Idempotency-Key was faster
        if gate and (kept := _heed(gate, once, secret)):
            return kept
        if outcome.answer is not None:
            return Answer(201 if outcome.status == "created" else 200, outcome.answer)
        _insist_on_good(outcome.errors)
    raise DomainError("Other requests about the same thing are at work; try again.")


def _append_batch(
    resource: type[Resource], items: list[Any], once: Repeatable, secret: str
) -> Answer | None:
    """Write a batch and the answer to it in one statement, if each item is new."""
    is_plain = appends(resource.target) and not once.api_key.is_test
    if not is_plain or not all(type(item) is dict for item in items):
        return None
    frame = _BATCH_REPEATABLE if once.is_kept else _BATCH_ONCE_ONLY
    return _append_new(resource, items, frame, once, secret)


def _append_new(
    resource: type[Resource],
    rows: list[dict[str, Any]],
    frame: Frame,
    once: Repeatable,
    secret: str,
) -> Answer | None:
    """Write rows that are all new and return the answer to them, or the kept one.

    None: nothing was written, for something about them needs a closer look.
    """
    try:
        found = append_new(
            resource.target,
            dict(enumerate(rows, 1)),
            frame=frame,
            parameters=_parameters(once),
        )
    except IntegrityError:
        return None  # another request was faster
    if found is None:
        return None
    answer, gate = found
    if kept := _heed(gate, once, secret):
        return kept
    return Answer(*answer) if answer else None


def _parameters(once: Repeatable) -> tuple[Any, ...]:
    kept = (once.name, once.fingerprint) if once.is_kept else ()
    return (once.api_key.pk, *kept)


def _heed(gate: Sequence[Any], once: Repeatable, secret: str) -> Answer | None:
    """Refuse a key that is no longer good; return the answer that was kept, if any."""
    is_good, fingerprint, status, body = gate
    if not is_good:
        forget_key(secret)
        insist_on(None)
    if status is None:
        return None
    return replay(once, bytes(fingerprint), status, body)


def _ingest(
    resource: type[Resource], rows: list[dict[str, Any]], key: ApiKey, secret: str
) -> list[RowResult]:
    if not appends(resource.target):
        return ingest_rows(resource.target, rows, source="api", check_only=key.is_test)
    results = append_rows(
        resource.target,
        rows,
        check_only=key.is_test,
        frame=_GUARDED,
        parameters=(key.pk,),
    )
    if any(result.status == SHUT for result in results):
        forget_key(secret)
        insist_on(None)
    return results


def _batch(
    resource: type[Resource], items: list[Any], key: ApiKey, secret: str
) -> Answer:
    outcomes: list[RowResult | None] = [_unreadable(item) for item in items]
    good = [place for place, found in enumerate(outcomes) if found is None]
    if good:
        results = _ingest(resource, [items[place] for place in good], key, secret)
        for place, result in zip(good, results, strict=True):
            outcomes[place] = result
    found = [result for result in outcomes if result is not None]
    counts = dict.fromkeys(("created", "updated", "unchanged", "rejected"), 0)
    for result in found:
        counts[result.status] += 1
    body = {
        **counts,
        **({"stored": False} if key.is_test else {}),
        "results": [_shown(place, result) for place, result in enumerate(found)],
    }
    return Answer(207 if counts["rejected"] else 200, json.dumps(body))


def _unreadable(item: Any) -> RowResult | None:
    if isinstance(item, parsers.FaultyItem):
        return RowResult("rejected", errors=item.faults)
    if not isinstance(item, dict):
        return RowResult("rejected", errors=[("", "This is not a JSON object.")])
    return None


def _shown(place: int, result: RowResult) -> dict[str, Any]:
    shown: dict[str, Any] = {"index": place, "status": result.status}
    if result.errors:
        shown["errors"] = [
            {"field": _item_path(place, field), "message": sentence}
            for field, sentence in result.errors
        ]
    elif result.id is not None:
        shown["id"] = result.id
    return shown


def _item_path(place: int, field: str) -> str:
    dot = "." if field and not field.startswith("[") else ""
    return f"items[{place}]{dot}{field}"
