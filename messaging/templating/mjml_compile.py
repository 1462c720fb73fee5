"""The one module that knows the MJML compiler."""

from itertools import pairwise

from django.utils.translation import gettext as _
from mjml import mjml_to_html

from messaging.templating.mjml_components import OWN_COMPONENTS
from messaging.templating.mjml_source import Edit, MjmlReader
from messaging.templating.problems import Problem, TemplateProblems

# White on white costs a mail points in spam filters, and hidden it is anyway.
_WHITE_PREVIEW = "display:none;font-size:1px;color:#ffffff;"


def compile_mjml(reader: MjmlReader, extra: list[Edit]) -> str:
    """Compile the prepared source to HTML, or raise TemplateProblems.

    What the compiler cannot calculate with raises an assertion without a place; the
    part of the message that holds it is found by compiling the parts one by one.
    """
    try:
        html = _html_of(reader.prepared(extra))
        html = html.replace(_WHITE_PREVIEW, "display:none;font-size:1px;", 1)
    except Exception:
        raise TemplateProblems([_compiler_problem(reader)]) from None
    lost = [
        tag.problem(_("This tag has no effect where it stands; move it into a text."))
        for word, tag in reader.protected.tags.items()
        if word not in html and reader.contexts.get(word) != "comment"
    ]
    if lost:
        raise TemplateProblems(lost)
    return html


def _html_of(source: str) -> str:
    return str(mjml_to_html(source, custom_components=list(OWN_COMPONENTS)).html)


def _compiler_problem(reader: MjmlReader) -> Problem:
    message = _(
        "The MJML compiler cannot work with this part. Look at its sizes, paddings,"
        " borders and colours."
    )
    starts = [*reader.sections, reader.body_end]
    for start, end in pairwise(starts):
        # Everything between the first part and this one, and after it, is left out.
        rest = [Edit(starts[0], start, ""), Edit(end, reader.body_end, "")]
        if not _compiles(reader, [*reader.edits, *rest]):
            return reader.protected.problem(start, message)
    return Problem(0, 0, message, reader.protected.scan.field)


def _compiles(reader: MjmlReader, edits: list[Edit]) -> bool:
    try:
        _html_of(reader.apply(edits))
    except Exception:
        return False
    return True
