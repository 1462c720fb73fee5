from pathlib import Path

import pytest
from django.conf import settings

from messaging.models import MessageTemplate
from messaging.templating.compiler import Source, compile_message
from messaging.templating.starting import DESIGNS

GOOD = """\
<body><p>Hello {{ customer.first_name }}</p>
<p><a href="https://example.org/a">Read on</a>
<img src="https://example.org/a.png" alt="A tree">
<a href="https://example.org/b"><img src="https://example.org/b.png" alt="Home"></a>
<a href="{{ unsubscribe_url }}">Unsubscribe</a></p></body>"""


def warnings(message=GOOD, kind="html", **overrides):
    """What the editor would warn of: (line, field, words)."""
    values = {
        "templating_type": kind,
        "subject": "Our open day",
        "preheader": "What there is to see.",
    } | overrides
    compiled = compile_message(Source(message=message, **values))
    found = compiled.warnings({"first_name"})
    assert {problem.level for problem in found} <= {"warning"}
    return [(problem.line, problem.field, problem.message) for problem in found]


def page(line):
    """A mail without fault, but for this line, which is its third."""
    return GOOD.replace("<p><a", f"<p>Text</p>\n{line}\n<p><a")


def test_a_mail_without_fault_gets_no_warning():
    assert warnings() == []


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.name)
def test_no_design_that_is_offered_gets_a_warning(design):
    values = design.initial()
    source = Source.read(values)

    assert compile_message(source).warnings({"first_name", "last_name"}) == []


def test_a_picture_without_words_is_told_with_its_line():
    [(line, field, words)] = warnings(page('<img src="https://example.org/c.png">'))

    assert (line, field) == (3, "message")
    assert "<img> needs alt=" in words


def test_a_picture_that_only_decorates_may_say_so():
    assert warnings(page('<img src="https://example.org/c.png" alt="">')) == []


@pytest.mark.parametrize(
    "link",
    [
        '<a href="https://example.org/c"></a>',
        '<a href="https://example.org/c">  </a>',
        '<a href="https://example.org/c"><img src="https://x.org/i.png" alt=""></a>',
    ],
)
def test_a_link_without_words_is_told(link):
    [(line, _field, words)] = warnings(page(link))

    assert (line, words) == (3, "This link has no words to click on.")


@pytest.mark.parametrize("address", ["#", "", "https://", "http://", "https://#", "#!"])
def test_a_link_that_leads_nowhere_yet_is_told(address):
    [(line, _field, words)] = warnings(page(f'<a href="{address}">Read</a>'))

    assert line == 3
    assert "leads nowhere yet" in words


def test_a_link_without_any_address_is_told_but_not_a_target():
    assert len(warnings(page("<a>Read</a>"))) == 1
    assert warnings(page('<a name="top">Top</a>')) == []


def test_a_button_is_a_link():
    message = """<mjml><mj-head><mj-preview>See</mj-preview></mj-head><mj-body>
<mj-section><mj-column><mj-text>Hello {{ unsubscribe_url }}</mj-text>
<mj-button href="#">Go</mj-button>
<mj-button href="https://example.org/"></mj-button>
<mj-image src="https://example.org/a.png" />
</mj-column></mj-section></mj-body></mjml>"""

    told = warnings(message, "mjml", preheader="")

    assert [line for line, _field, _words in told] == [3, 4, 5]


def test_marketing_without_a_link_to_unsubscribe_is_told():
    message = "<body><p>Hello</p></body>"

    assert "unsubscribe_url" in warnings(message)[0][2]
    assert warnings(message, purpose="transactional") == []


def test_a_mail_that_gmail_would_cut_off_is_told():
    filler = "<p>" + "many words " * 10_000 + "</p>"

    [(_line, _field, words)] = warnings(page(filler))

    assert "102 KB" in words
    assert warnings(page("<p>" + "many words " * 8_000 + "</p>")) == []


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        ("x " * 39, ""),
        ("x " * 40, "characters"),
        ("{{ customer.first_name|default('a name that is rather long') }} " * 3, ""),
        ("LAST CHANCE TODAY", "capitals"),
        ("Last chance TODAY", ""),
        ("UNESCO", ""),
        ("日本語の件名です、どうぞ", ""),
    ],
)
def test_the_subject_is_judged(subject, told):
    found = warnings(subject=subject)

    assert [field for _line, field, _words in found] == ["subject"] * bool(told)
    assert all(told in words for _line, _field, words in found)


def test_a_missing_preheader_is_told_unless_the_mjml_has_one():
    assert [field for _line, field, _words in warnings(preheader=" ")] == ["preheader"]


def test_a_mail_of_pictures_alone_has_an_empty_text_version():
    picture = (
        "<body><style>p { color: red }</style>"
        '<img src="https://example.org/a.png" alt=""></body>'
    )

    receipt = {"purpose": "transactional"}
    assert [field for _l, field, _w in warnings(picture, **receipt)] == ["body_text"]
    assert warnings(picture, body_text="Hello", **receipt) == []
    assert warnings(picture.replace('alt=""', 'alt="Hello"'), **receipt) == []


def test_a_name_that_nobody_has_is_told():
    [(line, _field, words)] = warnings(page("<p>{{ customer.colour }}</p>"))

    assert line == 3
    assert "“colour”" in words


def test_a_plain_text_is_judged_by_its_subject_and_link_only():
    told = warnings("Hello {{ unsubscribe_url }}", "text", preheader="")

    assert told == []


def test_every_rule_stands_in_the_docs():
    docs = Path(settings.BASE_DIR, "docs", "templates.md").read_text()

    for words in ("alt=", "leads nowhere", "102 KB", "78 characters", "preheader"):
        assert words in docs
    assert MessageTemplate.Purpose.MARKETING in docs
