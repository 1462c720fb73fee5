from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from marketing_os.lib.errors import DomainError


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
    response.content_type = "application/problem+json"
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
