import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from marketing_os.lib.errors import DomainError

PROBLEM = "application/problem+json"


class TooManyRequests(APIException):
    """The key has used up its share of this minute; `wait` seconds are left of it."""

    status_code = 429

    def __init__(self, detail: str, wait: int) -> None:
        super().__init__(detail)
        self.wait = wait


class Conflict(APIException):
    """The request contradicts one that came before."""

    status_code = 409


def problem_json(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an error as RFC 9457 problem details, with the path of each field.

    Given to DRF as EXCEPTION_HANDLER; a DomainError is a 409.
    """
    if isinstance(error, DomainError):
        response = Response(_problem(HTTPStatus.CONFLICT, str(error)), status=409)
    elif (handled := exception_handler(error, context)) is not None:
        handled.data = _body(error, handled.status_code)
        response = handled
    else:
        return None
    response.content_type = PROBLEM
    return response


def problem_response(error: APIException | DomainError) -> HttpResponse:
    """Answer an error of a view that is none of DRF's, in the same form."""
    status = 409 if isinstance(error, DomainError) else error.status_code
    body = (
        _problem(HTTPStatus(status), str(error))
        if isinstance(error, DomainError)
        else _body(error, status)
    )
    response = HttpResponse(json.dumps(body), status=status, content_type=PROBLEM)
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = "Api-Key"
    if wait := getattr(error, "wait", None):
        response["Retry-After"] = str(wait)
    return response


def _body(error: Exception, status: int) -> dict[str, Any]:
    if isinstance(error, ValidationError):
        problems = list(_flatten(error.detail, ""))
        return {
            **_problem(HTTPStatus.BAD_REQUEST, "Some values cannot be taken."),
            "errors": [{"field": path, "message": text} for path, text in problems],
        }
    if isinstance(error, Http404):
        return _problem(HTTPStatus.NOT_FOUND, "There is nothing here by this name.")
    if isinstance(error, PermissionDenied):
        return _problem(HTTPStatus.FORBIDDEN, "This is not allowed.")
    detail = error.detail if isinstance(error, APIException) else ""
    return _problem(HTTPStatus(status), str(detail))


def _problem(status: HTTPStatus, detail: str) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
    }


def _flatten(detail: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(detail, dict):
        for name, inner in detail.items():
            inner_path = path if name == "non_field_errors" else _join(path, name)
            yield from _flatten(inner, inner_path)
    elif isinstance(detail, list):
        for position, inner in enumerate(detail):
            is_leaf = isinstance(inner, (str, ErrorDetail))
            yield from _flatten(inner, path if is_leaf else _join(path, position))
    else:
        yield path, str(detail)


def _join(path: str, name: str | int) -> str:
    return f"{path}.{name}" if path else str(name)
