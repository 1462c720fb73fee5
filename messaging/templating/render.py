"""Filling in a compiled version for one customer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jinja2
from django.utils.translation import gettext as _

from marketing_os.lib.errors import DomainError
from messaging.models import MessageTemplateVersion
from messaging.templating import limits
from messaging.templating.problems import TemplateProblems
from messaging.templating.programs import Program, read_program
from messaging.templating.runtime import STRAIGHT, RenderLimit, Route
from messaging.templating.sandbox import HTML, TEXT
from messaging.templating.values import freeze

RENDERER_VERSION = f"2+jinja2-{jinja2.__version__}"

# Line and paragraph separators and all control characters would let a customer's
# name begin a new header.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
# A condition that does not hold leaves its empty lines behind.
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")
_CACHED_VERSIONS = 256


class RenderError(DomainError):
    """A message that cannot be filled in; the sentence holds none of its data."""


@dataclass(frozen=True)
class Rendered:
    """One customer's message; what a channel has no use for is empty.

    `page` is the HTML in pieces; a long one that is the same for everybody is the same
    object for everybody.
    """

    subject: str
    page: tuple[str, ...]
    text: str
    action_url: str = ""

    @property
    def html(self) -> str:
        return "".join(self.page)


@dataclass(frozen=True)
class Programs:
    """The parts of a version, read and checked, ready to be filled in."""

    subject: Program
    html: Program
    text: Program
    action_url: Program


def render_version(
    version: MessageTemplateVersion,
    values: Mapping[str, Any],
    route: Route = STRAIGHT,
) -> Rendered:
    """Fill in a version with a customer's values, or raise RenderError."""
    return render_programs(_programs_of(version), values, route)


def render_programs(
    programs: Programs, values: Mapping[str, Any], route: Route = STRAIGHT
) -> Rendered:
    """Fill in programs with a customer's values, or raise RenderError."""
    try:
        frozen = freeze(values)
    except TypeError as error:
        raise RenderError(_("A value of the customer is not plain data.")) from error
    return Rendered(
        subject=one_line(_render(programs.subject, frozen)),
        page=_render_pieces(programs.html, frozen, route),
        text=_BLANK_LINES.sub("\n\n", _render(programs.text, frozen)).lstrip("\n"),
        action_url=one_line(_render(programs.action_url, frozen), 500),
    )


def read_programs(subject: str, html: str, text: str, action_url: str) -> Programs:
    """Read the compiled parts of a version, or raise TemplateProblems."""
    return Programs(
        subject=read_program(subject, TEXT, "subject"),
        html=read_program(html, HTML, "message"),
        text=read_program(text, TEXT, "body_text"),
        action_url=read_program(action_url, TEXT, "action_url"),
    )


def one_line(text: str, length: int = limits.SUBJECT_CHARACTERS) -> str:
    """Make a header of a rendered text: no line breaks, no control characters."""
    return " ".join(_CONTROL.sub(" ", text).split())[:length]


def render_link(url: str, values: Mapping[str, Any]) -> str:
    """Fill in the address of a counted link, or raise RenderError."""
    return one_line(_render(read_program(url, TEXT, "message"), freeze(values)), 2000)


def render_text(source: str, values: Mapping[str, Any]) -> str:
    """Fill in a plain text of a page; raises TemplateProblems or RenderError."""
    return _render(read_program(source, TEXT, "message"), freeze(values))


def _render(program: Program, values: dict[str, Any]) -> str:
    return "".join(_render_pieces(program, values))


def _render_pieces(
    program: Program, values: dict[str, Any], route: Route = STRAIGHT
) -> tuple[str, ...]:
    try:
        return program.render(values, route)
    except RenderLimit:
        raise RenderError(_("The message grows too large when filled in.")) from None
    except Exception as error:
        # The error's own text may quote a customer's value.
        raise RenderError(_("The message could not be filled in.")) from error


_cache: dict[tuple[int, datetime], Programs] = {}


def _programs_of(version: MessageTemplateVersion) -> Programs:
    """Return the programs of a saved version, read once per process.

    A version never changes; its time tells it from one of the same number in a
    database that was restored meanwhile.
    """
    key = (version.pk, version.created_at)
    known = _cache.get(key) if version.pk else None
    if known is not None:
        return known
    action_url = str(version.source.get("action_url", ""))
    try:
        programs = read_programs(
            version.subject, version.html, version.text, action_url
        )
    except TemplateProblems as error:
        raise RenderError(_("The template of this message is not valid.")) from error
    if version.pk:
        while len(_cache) >= _CACHED_VERSIONS:
            _cache.pop(next(iter(_cache)), None)
        _cache[key] = programs
    return programs
