"""Our MJML beside what the reference compiler makes of it, see tests/messaging/mjml."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from messaging.templating.compiler import Source, TemplateProblems, compile_message
from messaging.templating.mjml_schema import component_names
from messaging.templating.render import render_programs

FOLDER = Path(__file__).parent / "mjml"
FIXTURES = sorted(path.stem for path in FOLDER.glob("*.mjml"))
# What stands in a conditional comment is markup for the program that it is meant for.
CONDITIONS = re.compile(r"<!--\[if[^\]]*\]>(<!--\s*>)?|(<!--\s*)?<!\[endif\]-->")
# Every reader of HTML puts it around the rows of a table that has none.
IMPLIED = "tbody"


class Outline(HTMLParser):
    """The tags of a page in order, with where they lead, and its texts."""

    def __init__(self, page):
        super().__init__()
        self.lines = []
        self.feed(CONDITIONS.sub("", page))
        self.close()

    def handle_starttag(self, tag, attributes):
        if tag == IMPLIED:
            return
        leads = [
            f"{name}={value}" for name, value in attributes if name in ("href", "src")
        ]
        self.lines.append(" ".join([f"<{tag}>", *sorted(leads)]))

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)

    def handle_data(self, data):
        text = " ".join(data.split())
        if text and self.cdata_elem is None:
            self.lines.append(text)


def compiled(name):
    source = Source(
        purpose="transactional",
        subject="Hello",
        message=(FOLDER / f"{name}.mjml").read_text(),
    )
    return render_programs(compile_message(source).programs, {}).html


def reference(name):
    return (FOLDER / f"{name}.html").read_text()


@pytest.mark.parametrize("name", FIXTURES)
def test_a_mail_compiles_as_the_reference_compiles_it(name):
    assert Outline(compiled(name)).lines == Outline(reference(name)).lines


def test_the_fixtures_use_every_component():
    known = set((FOLDER / "components.txt").read_text().split())
    texts = [(FOLDER / f"{name}.mjml").read_text() for name in FIXTURES]
    used = set(re.findall(r"<(mj-[\w-]+)", "".join(texts)))

    assert known <= used
    assert known <= set(component_names())


@pytest.mark.parametrize(
    ("component", "attribute"),
    [("mj-section", "gutter"), ("mj-wrapper", "gutter"), ("mj-wrapper", "gap")],
)
def test_what_only_the_reference_knows_is_refused_with_its_line(component, attribute):
    message = f"<mjml><mj-body>\n<{component} {attribute}='8px' /></mj-body></mjml>"

    with pytest.raises(TemplateProblems) as refusal:
        compile_message(Source(subject="Hello", message=message))

    [problem] = refusal.value.problems
    assert problem.line == 2
    assert f"no attribute “{attribute}”" in problem.message


def test_another_link_would_be_seen():
    page = reference("mj-button")

    other = page.replace("https://example.org/book", "https://example.org/look")

    assert Outline(other).lines != Outline(page).lines
