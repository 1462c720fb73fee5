import pytest

from messaging.templating.compiler import Source, TemplateProblems, compile_message
from messaging.templating.context import EXAMPLE_VALUES
from messaging.templating.render import render_programs

SENDER = {"unsubscribe_url": "https://example.org/u/1", "company_name": "Next Campus"}


def document(body, head=""):
    return f"<mjml>\n<mj-head>{head}</mj-head>\n<mj-body>\n{body}\n</mj-body>\n</mjml>"


def section(content):
    return f"<mj-section><mj-column>{content}</mj-column></mj-section>"


def compiled(body, head="", **fields):
    source = Source(subject="Hello", message=document(body, head), **fields)
    return compile_message(source)


def rendered(body, head="", values=None, **fields):
    programs = compiled(body, head, **fields).programs
    return render_programs(programs, EXAMPLE_VALUES | SENDER | (values or {}))


def problems_of(body, **fields):
    with pytest.raises(TemplateProblems) as refusal:
        compiled(body, **fields)
    return [(problem.line, problem.message) for problem in refusal.value.problems]


@pytest.mark.parametrize(
    ("body", "shown", "hidden"),
    [
        (section("<mj-text>{% if yes %}A{% else %}B{% endif %}</mj-text>"), "A", "B"),
        ("{% if yes %}" + section("<mj-text>AA</mj-text>") + "{% endif %}", "AA", "BB"),
        ("{% if no %}" + section("<mj-text>BB</mj-text>") + "{% endif %}", "", "BB"),
        (
            "<mj-section>{% if no %}<mj-column><mj-text>BB</mj-text></mj-column>"
            "{% endif %}<mj-column><mj-text>AA</mj-text></mj-column></mj-section>",
            "AA",
            "BB",
        ),
        (section("{% if no %}<mj-text>BB</mj-text>{% endif %}"), "", "BB"),
        (
            "<mj-wrapper>{% if no %}"
            + section("<mj-text>BB</mj-text>")
            + "{% endif %}</mj-wrapper>",
            "",
            "BB",
        ),
        (section("<mj-raw>{% if no %}<p>BB</p>{% endif %}</mj-raw>"), "", "BB"),
    ],
)
def test_a_condition_works_wherever_it_stands(body, shown, hidden):
    mail = rendered(body, values={"yes": True, "no": False})

    assert shown in mail.html
    assert shown in mail.text
    assert hidden not in mail.html
    assert hidden not in mail.text


def test_a_comparison_sign_is_not_taken_for_markup():
    body = section("<mj-text>{% if customer['age'] < 30 %}young{% endif %}</mj-text>")

    assert "young" in rendered(body, values={"customer": {"age": 29}}).html
    assert "young" not in rendered(body, values={"customer": {"age": 31}}).html


def test_a_comparison_written_for_xml_is_read_the_same():
    body = section("<mj-text>{% if customer.age &lt; 30 %}young{% endif %}</mj-text>")

    assert "young" in rendered(body, values={"customer": {"age": 29}}).html


def test_loops_fill_the_rows_of_a_table_also_with_inlined_styles():
    row = (
        "{% for n in [1, 2, 3] %}<tr><td class='big'>row {{ n }}</td></tr>{% endfor %}"
    )
    head = "<mj-style inline='inline'>.big { font-size: 40px }</mj-style>"

    mail = rendered(section(f"<mj-table>{row}</mj-table>"), head)

    table = mail.html[mail.html.index("row 1") - 200 :]
    assert table.index("row 1") < table.index("row 2") < table.index("row 3")
    assert mail.html.count("font-size: 40px") == 3
    assert mail.text.count("row ") == 3


def test_tags_in_addresses_and_colours_are_kept():
    body = section(
        "<mj-text color='{{ colour }}'>x</mj-text>"
        "<mj-button href='https://example.org/?n={{ name|urlencode }}&b=1'>Go</mj-button>"
    )

    mail = rendered(body, values={"colour": "#123456", "name": "a b&c"})

    assert "#123456" in mail.html
    assert 'href="https://example.org/?n=a%20b%26c&amp;b=1"' in mail.html
    assert "Go (https://example.org/?n=a%20b%26c&b=1)" in mail.text


def test_quotation_marks_in_an_attribute_stay_inside_it():
    image = "<mj-image src='https://example.org/a.png' alt='He said \"hi\" &lt;b&gt;'/>"

    mail = rendered(section(image))

    assert 'alt="He said &quot;hi&quot; &lt;b&gt;"' in mail.html
    assert 'He said "hi" <b>' in mail.text


def test_built_in_fonts_may_be_named_again():
    head = (
        "<mj-font name='Roboto' href='https://example.org/roboto.css' />"
        "<mj-font name='Lato' href='https://example.org/lato.css'></mj-font>"
        "<mj-font name='Inter' href='https://example.org/inter.css' />"
    )

    text = "<mj-text font-family='Inter, sans-serif'>x</mj-text>"
    mail = rendered(section(text), head)

    assert "https://example.org/inter.css" in mail.html


def test_notes_of_the_author_do_not_reach_the_customer():
    body = "<!-- ask {{ nobody }} -->" + section("<mj-text>A<!-- b --></mj-text>")

    assert "ask" not in rendered(body).html
    assert "<!-- b -->" not in rendered(body).html


@pytest.mark.parametrize(
    ("body", "line", "words"),
    [
        ("\n<mj-txt>", 5, "no component <mj-txt>"),
        (section("\n<mj-text colour='red'>x</mj-text>"), 5, "no attribute “colour”"),
        ("<mj-text>x</mj-text>", 4, "<mj-text> cannot stand in <mj-body>"),
        (section("<mj-text>x"), 4, "<mj-text> is never closed"),
        (section("<mj-text>\n<b>x</mj-text>"), 5, "<b> is never closed"),
        ("\n\n</mj-section>", 6, "</mj-section> closes nothing"),
        (section("\nhello"), 5, "Text cannot stand in <mj-column>"),
        ("\n<mj-include path='/etc/passwd' />", 5, "<mj-include> is not available"),
        (section("\n<mj-text>{{ name }</mj-text>"), 5, "“{{” is never closed"),
        (section("\n<mj-text>{% if a %}</mj-text>"), 5, "“if” is never closed"),
        (section("<mj-text>\n\n{{ a| }}</mj-text>"), 6, "cannot be read"),
        (section("<mj-text>{{ a\n|nope }}</mj-text>"), 5, "no filter “nope”"),
        (section("\n<mj-text padding='{{ a }}'>x</mj-text>"), 5, "takes a fixed size"),
        (section("\n<mj-social>{{ a }}</mj-social>"), 5, "cannot stand in <mj-social>"),
        (section("\n<mj-text><a href={{ a }}>x</a></mj-text>"), 5, "quotation marks"),
        (
            section("\n<mj-text><p {% if a %}id='b'{% endif %}>x</p></mj-text>"),
            5,
            "inside",
        ),
        (
            section("\n<mj-text><a href='javascript:a()'>x</a></mj-text>"),
            5,
            "A link may",
        ),
        (
            section("\n<mj-button href='java&#9;script:a()'>x</mj-button>"),
            5,
            "A link may",
        ),
        (
            section("\n<mj-button href='data:text/html,{{ a }}'>x</mj-button>"),
            5,
            "A link",
        ),
        (
            section("\n<mj-button href='//example.org'>x</mj-button>"),
            5,
            "whole address",
        ),
        (
            section("\n<mj-button href='www.example.org'>x</mj-button>"),
            5,
            "whole address",
        ),
        (section("\n<mj-text><script>1</script></mj-text>"), 5, "refuse <script>"),
        (section("\n<mj-text><p onclick='a()'>x</p></mj-text>"), 5, "refuse “onclick”"),
        ("\n<mj-hero><mj-text>x</mj-text></mj-hero>", 5, "cannot work with this part"),
    ],
)
def test_a_mistake_is_told_with_its_line(body, line, words):
    problems = problems_of(body)

    assert any(at == line and words in message for at, message in problems), problems


def test_the_line_of_a_mistake_survives_tags_over_several_lines():
    body = "{#\n\n#}" + section("<mj-text>{{\n\nname\n}}</mj-text>\n<mj-nope />")

    assert problems_of(body) == [(10, "There is no component <mj-nope>.")]


def test_attributes_can_be_put_on_elements_by_a_simple_path():
    head = (
        "<mj-html-attributes><mj-selector path='.a div'><mj-html-attribute name="
        "'data-id'>42</mj-html-attribute></mj-selector></mj-html-attributes>"
    )

    mail = rendered(section("<mj-text css-class='a'>x</mj-text>"), head)

    assert 'data-id="42"' in mail.html
    with pytest.raises(TemplateProblems, match="A path is made of"):
        rendered(section("<mj-text>x</mj-text>"), head.replace(".a", ":has(div)"))
    with pytest.raises(TemplateProblems, match="20 at most"):
        rendered(section("<mj-text>x</mj-text>"), head * 21)


def test_several_mistakes_are_told_at_once():
    body = section("<mj-text>{{ a.b() }}\n{% set x = 1 %}\n{{ x|nope }}</mj-text>")

    assert [line for line, _message in problems_of(body)] == [4, 5, 6]


@pytest.mark.parametrize("message", ["", "  ", "hello", "<p>x</p>", "<mjml></mjml>"])
def test_what_is_no_mjml_is_refused_with_a_sentence(message):
    with pytest.raises(TemplateProblems, match=r"\.$"):
        compile_message(Source(subject="Hello", message=message))


def test_the_part_that_the_compiler_cannot_calculate_is_found():
    fine = section("<mj-text>{{ name }}</mj-text>")
    broken = "\n<mj-hero><mj-text>x</mj-text></mj-hero>\n"

    assert [line for line, _message in problems_of(fine + broken + fine)] == [5]
