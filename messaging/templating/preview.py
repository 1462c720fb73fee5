"""What an author sees while writing, whatever the state of the source."""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from messaging.models import MessageTemplateVersion
from messaging.templating.compiler import Source, compile_message
from messaging.templating.problems import Problem, TemplateProblems
from messaging.templating.render import (
    Rendered,
    RenderError,
    render_programs,
    render_version,
)
from messaging.templating.runtime import show
from messaging.templating.values import freeze

logger = logging.getLogger(__name__)

# A preview runs in a frame without rights; this also keeps its requests to pictures,
# styles and fonts. Its links lead nowhere: a frame without rights opens no window.
_POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
    " img-src https: http: data:; style-src 'unsafe-inline' https:;"
    ' font-src https: data:"><meta name="referrer" content="no-referrer">'
    '<base target="_blank">'
)


@dataclass(frozen=True)
class Preview:
    """A filled-in message, or the problems that keep it from being one."""

    rendered: Rendered | None = None
    problems: list[Problem] = field(default_factory=list)


def preview_source(
    source: Source, values: Mapping[str, Any], attributes: Collection[str]
) -> Preview:
    """Compile and fill in what an author has written so far; never raises."""
    try:
        compiled = compile_message(source)
        warnings = compiled.warnings(attributes, values.keys())
        return Preview(render_programs(compiled.programs, values), warnings)
    except TemplateProblems as error:
        return Preview(problems=error.problems)
    except RenderError as error:
        return Preview(problems=[Problem(0, 0, str(error))])
    except Exception:
        logger.exception("A template could not be previewed.")
        message = _("This message cannot be compiled.")
        return Preview(problems=[Problem(0, 0, message)])


def preview_version(
    version: MessageTemplateVersion, values: Mapping[str, Any]
) -> Preview:
    """Fill in a saved version; never raises."""
    try:
        return Preview(render_version(version, values))
    except RenderError as error:
        return Preview(problems=[Problem(0, 0, str(error))])


def framed(html: str) -> str:
    """Return a mail's HTML for a frame's srcdoc, which may load only what is seen."""
    if not html:
        return ""
    start = html.lower().find("<head")
    end = html.find(">", start) + 1 if start >= 0 else 0
    if end:
        return html[:end] + _POLICY + html[end:]
    return _POLICY + html


def shown_values(values: Mapping[str, Any]) -> dict[str, str]:
    """Return each value as it would stand in a text, by the path that reads it."""
    paths: dict[str, Any] = {}
    for name, value in freeze(values).items():
        if isinstance(value, Mapping):
            paths |= {f"{name}.{key}": inner for key, inner in value.items()}
        else:
            paths[name] = value
    return {path: str(show(value))[:200] for path, value in paths.items()}
