"""What must hold for any template, whatever it is written in."""

import re
from collections.abc import Collection, Iterable, Iterator

from django.utils.translation import gettext as _

from messaging.templating import limits
from messaging.templating.context import (
    MEMBER_LINKS,
    MEMBER_NAMES,
    SENDER_NAMES,
    WORKFLOW_EXAMPLES,
)
from messaging.templating.problems import Problem, TemplateProblems
from messaging.templating.programs import Use, read_tree
from messaging.templating.sandbox import TEXT
from messaging.templating.tags import Scan, Tag

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_COMPLETIONS = {
    "if": "{tag}{{% endif %}}",
    "elif": "{{% if 1 %}}{tag}{{% endif %}}",
    "else": "{{% if 1 %}}{tag}{{% endif %}}",
    "endif": "{{% if 1 %}}{tag}",
    "for": "{tag}{{% endfor %}}",
    "endfor": "{{% for a in b %}}{tag}",
}


def character_problems(scan: Scan) -> Iterator[Problem]:
    """Report what makes a source too long or unfit to be stored and sent."""
    if len(scan.source) > limits.SOURCE_CHARACTERS:
        message = _("This is longer than %(count)s characters.") % {
            "count": f"{limits.SOURCE_CHARACTERS:,}"
        }
        yield Problem(0, 0, message, scan.field)
    if scan.source.count("<") > limits.ANGLE_BRACKETS:
        message = _("This has more than %(count)s “<”.") % {
            "count": f"{limits.ANGLE_BRACKETS:,}"
        }
        yield Problem(0, 0, message, scan.field)
    odd = _UNPRINTABLE.search(scan.source)
    if odd:
        line, column = scan.places.place(odd.start())
        message = _("There is an invisible control character here; delete it.")
        yield Problem(line, column, message, scan.field)


def expression_problems(scan: Scan) -> Iterator[Problem]:
    """Read each tag by itself, so that every mistake is told, not only the first."""
    seen: dict[str, list[Problem]] = {}
    for tag in scan.tags:
        if tag.text not in seen:
            seen[tag.text] = list(_problems_of(tag))
        for problem in seen[tag.text]:
            yield tag.problem(problem.message, problem.line)


def _problems_of(tag: Tag) -> Iterator[Problem]:
    whole = tag.text
    if tag.opener == "{#":
        return
    if tag.opener == "{%":
        completion = _COMPLETIONS.get(tag.statement)
        if completion is None:
            return
        whole = completion.format(tag=tag.text)
    try:
        read_tree(whole, TEXT, tag.field)
    except TemplateProblems as error:
        yield from error.problems


def unknown_names(
    uses: Iterable[tuple[str, Use]],
    scans: dict[str, Scan],
    attributes: Collection[str],
    names: Collection[str],
) -> list[Problem]:
    """Point at names that no customer has; they would stay empty for everyone.

    `names` are known beside those that every message has.
    """
    problems = []
    own = {*MEMBER_NAMES, *SENDER_NAMES, *MEMBER_LINKS}
    known = {*own, *WORKFLOW_EXAMPLES, *names}
    uses = list(uses)
    expected = {use.path for _field, use in uses if use.expected}
    for field, use in uses:
        message = "" if use.path in expected else _unknown(use.path, attributes, known)
        if message:
            column = _column_of(scans[field], use)
            problems.append(Problem(use.line, column, message, field, "warning"))
    return sorted(set(problems))


def _unknown(
    path: tuple[str, ...], attributes: Collection[str], known: Collection[str]
) -> str:
    if path[0] == "customer":
        if len(path) > 1 and path[1] not in attributes:
            return _("No customer has “%(name)s”; it stays empty.") % {"name": path[1]}
        return ""
    if path[0] in known:
        return ""
    return _(
        "“%(name)s” is not known; it stays empty unless a workflow provides it."
    ) % {"name": path[0]}


def _column_of(scan: Scan, use: Use) -> int:
    lines = scan.source.split("\n")
    if use.line > len(lines):
        return 1
    return lines[use.line - 1].find(use.path[-1]) + 1 or 1
