import pytest

from messaging.templating.compiler import Source, TemplateProblems, compile_message
from messaging.templating.context import EXAMPLE_VALUES
from messaging.templating.render import render_programs

PAGE = "<html><body><p>Hi {{ member_first_name }}</p></body></html>"
LINK = '<a href="{{ unsubscribe_url }}">Stop</a>'
SENDER = {
    "unsubscribe_url": "https://example.org/u/1",
    "company_name": "Next Campus",
    "postal_address": "1 Example Road\nLondon",
}


def mail(message=PAGE, values=None, **fields):
    defaults = {"subject": "Hello", "templating_type": "html"}
    source = Source(message=message, **(defaults | fields))
    values = EXAMPLE_VALUES | SENDER | (values or {})
    return render_programs(compile_message(source).programs, values)


def test_a_marketing_mail_without_a_link_to_unsubscribe_gets_one():
    sent = mail()

    assert 'href="https://example.org/u/1"' in sent.html
    assert "1 Example Road<br>\nLondon" in sent.html
    assert sent.html.index("Unsubscribe") < sent.html.index("</body>")
    assert "Unsubscribe (https://example.org/u/1)" in sent.text


def test_a_mail_with_its_own_link_to_unsubscribe_is_left_alone():
    sent = mail(PAGE.replace("<p>", LINK + "<p>"))

    assert sent.html.count("https://example.org/u/1") == 1
    assert "Unsubscribe" not in sent.html


@pytest.mark.parametrize(
    "hidden",
    [
        "{% if customer.vip %}" + LINK + "{% endif %}",
        f"<!-- {LINK} -->",
        '<img src="{{ unsubscribe_url }}">',
        "{% if unsubscribe_url %}x{% endif %}",
    ],
)
def test_a_link_that_not_everyone_sees_does_not_count(hidden):
    assert ">Unsubscribe</a>" in mail(PAGE.replace("<p>", hidden + "<p>")).html


def test_a_transactional_mail_gets_no_footer():
    assert "Unsubscribe" not in mail(purpose="transactional").html


def test_a_text_of_ones_own_gets_the_link_too():
    sent = mail(body_text="Hello {{ member_first_name }}")

    assert sent.text.startswith("Hello Ada")
    assert "Unsubscribe: https://example.org/u/1" in sent.text


def test_an_e_mail_of_plain_text_has_no_html():
    sent = mail("Hi {{ member_first_name }} & co", templating_type="text")

    assert sent.html == ""
    assert sent.text.startswith("Hi Ada & co")
    assert "Unsubscribe: https://example.org/u/1" in sent.text


@pytest.mark.parametrize("templating_type", ["html", "mjml"])
def test_the_preheader_stands_first_and_hidden(templating_type):
    mjml = "<mjml><mj-body><mj-section><mj-column><mj-text>Main</mj-text></mj-column>"
    message = {
        "html": "<body class='a'>Main</body>",
        "mjml": mjml + "</mj-section></mj-body></mjml>",
    }[templating_type]

    sent = mail(
        message,
        templating_type=templating_type,
        preheader="News <for> {{ member_first_name }}",
    )

    assert sent.html.index("News &lt;for&gt; Ada") < sent.html.index("Main")
    assert "News" not in sent.text


def test_the_preheader_replaces_the_one_in_the_source():
    message = (
        "<mjml><mj-head><mj-preview>Old {{ a }}</mj-preview></mj-head><mj-body>"
        "<mj-section><mj-column><mj-text>Main</mj-text></mj-column></mj-section>"
        "</mj-body></mjml>"
    )

    sent = mail(message, templating_type="mjml", preheader="New")

    assert "New" in sent.html
    assert "Old" not in sent.html


def test_the_text_reads_like_the_mail():
    sent = mail(
        "<style>p { color: red }</style><h1>News</h1><p>Hello&nbsp;<b>you</b>,</p>"
        "<ul><li>one</li><li>two</li></ul>"
        '<p><a href="https://example.org/a?b=1&amp;c=2">Read on</a> or '
        '<a href="mailto:a@example.org">a@example.org</a></p>'
        '<table><tr><td>a</td><td>b</td></tr></table><img src="https://example.org/i"'
        ' alt="A picture"><div style="display: none">hidden</div><!-- note -->',
        purpose="transactional",
    )

    assert sent.text == (
        "News\n\nHello you,\n\n- one\n\n- two\n\n"
        "Read on (https://example.org/a?b=1&c=2) or a@example.org\n\n"
        "a b\n\nA picture\n"
    )


def test_entities_that_spell_a_tag_stay_text():
    sent = mail("<p>&#123;&#123; member_first_name }}</p>", purpose="transactional")

    assert "Ada" not in sent.text
    assert "{ {" in sent.text


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", " JaVa\tscript:x", "data:a,b"]
)
@pytest.mark.parametrize("attribute", ["href", "src", "background"])
def test_a_customers_value_cannot_make_a_dangerous_link(address, attribute):
    message = f'<p {attribute}="{{{{ customer.site }}}}">x</p>'

    sent = mail(message, {"customer": {"site": address}}, purpose="transactional")

    assert sent.html == f'<p {attribute}="#">x</p>'


def test_the_beginning_of_a_link_cannot_be_completed_to_a_dangerous_one():
    message = '<a href="java{{ customer.site }}">x</a>'

    with pytest.raises(TemplateProblems, match="Write the whole address"):
        mail(message, {"customer": {"site": "script:alert(1)"}})


def test_a_customers_value_can_be_a_whole_link():
    message = '<a href="{{ customer.site }}">x</a>'
    site = "https://example.org/?a=1&b=2"

    sent = mail(message, {"customer": {"site": site}}, purpose="transactional")

    assert sent.html == '<a href="https://example.org/?a=1&amp;b=2">x</a>'


def test_markup_in_a_customers_value_is_written_out():
    sent = mail(values={"member_first_name": "<img src=x onerror=a()>"})

    assert "<img" not in sent.html
    assert "Hi <img src=x onerror=a()>" in sent.text


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"subject": " "}, "subject", "needs a subject"),
        ({"subject": "{{ a"}, "subject", "never closed"),
        ({"preheader": "{{ a|x }}"}, "preheader", "no filter"),
        ({"body_text": "{% if a %}"}, "body_text", "never closed"),
        ({"type": "in_app", "title": ""}, "title", "needs a title"),
        (
            {"type": "in_app", "title": "T", "action_url": "{{ a"},
            "action_url",
            "never closed",
        ),
        ({"message": "a\0b"}, "message", "control character"),
        ({"message": "x" * 200_001}, "message", "longer than 200,000"),
        ({"message": "{{ a }}" * 1_001}, "message", "too many template tags"),
        ({"message": "a {#b{c:d}"}, "message", "write a space after"),
        ({"message": "<div>" * 200}, "message", "nested too deeply"),
        ({"message": "{{ " + "(" * 5_000 + " }}"}, "message", "."),
        ({"message": "{% if a %}" * 30 + "{% endif %}" * 30}, "message", "nested"),
    ],
)
def test_a_mistake_is_told_at_its_field(fields, field, words):
    with pytest.raises(TemplateProblems) as refusal:
        mail(**({"message": PAGE} | fields))

    assert refusal.value.problems[0].field == field
    assert words in refusal.value.problems[0].message


@pytest.mark.parametrize("channel", ["whatsapp", "sms"])
def test_a_short_message_is_plain_text(channel):
    sent = mail("Hi {{ member_first_name }} <3", type=channel, subject="")

    assert (sent.subject, sent.html, sent.text) == ("", "", "Hi Ada <3")


def test_a_notification_has_a_title_and_a_link():
    sent = mail(
        "Hi {{ member_first_name }}",
        type="in_app",
        title="For {{ member_first_name }}",
        action_url="/me/{{ customer.id }}",
    )

    assert (sent.subject, sent.text, sent.action_url) == ("For Ada", "Hi Ada", "/me/1")


def test_unknown_names_are_warned_about_at_their_place():
    message = "<p>{{ member_first_name }}</p>\n<p>{{ customer.colour }} {{ what }}</p>"
    compiled = compile_message(
        Source(
            subject="{{ customer['age'] }}",
            preheader="Hello",
            message=message,
            templating_type="html",
            purpose="transactional",
        )
    )

    warnings = compiled.warnings({"age"})

    assert [(at.line, at.column, at.level) for at in warnings] == [
        (2, 16, "warning"),
        (2, 29, "warning"),
    ]
    assert "“colour”" in warnings[0].message
