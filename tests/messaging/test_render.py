import json

import pytest

from customers.models import Customer
from messaging.models import MessageTemplateVersion
from messaging.templating.compiler import Source, compile_message
from messaging.templating.context import merge_values
from messaging.templating.render import RenderError, render_programs, render_version
from tests import make

CUSTOMER = {
    "username": "ada <3",
    "age": 29,
    "device": "Mobile",
    "score": 10.0,
    "price": 12500.5,
    "tags": ["red", "green"],
    "items": "a key named like a method",
    "nothing": None,
    "active": True,
    "joined": "2026-03-01",
    "seen": "2026-03-01T09:30:00+00:00",
    "address": "1 Road\nTown",
    "Lead Origin": "Landing page",
}


def text(template, **values):
    source = Source(
        message=template, subject="x", templating_type="text", purpose="transactional"
    )
    return render_programs(
        compile_message(source).programs, {"customer": CUSTOMER} | values
    ).text


@pytest.mark.parametrize(
    ("template", "result"),
    [
        ("Hi {{ customer['username'] }}", "Hi ada <3"),
        ("Hi {{ customer.username }}", "Hi ada <3"),
        ("Hi {{member_first_name}}!", "Hi !"),
        ("{% if customer['age'] < 30 %}young{% else %}wise{% endif %}", "young"),
        ("{% if customer['device'] in ['Mobile', 'Tablet'] %}app{% endif %}", "app"),
        ("{% if customer.device not in ['Desktop'] %}app{% endif %}", "app"),
        ("{% if 18 <= customer.age < 30 and not customer.x %}y{% endif %}", "y"),
        ("{{ customer['Lead Origin'] }}", "Landing page"),
        ("{{ customer.items }}", "a key named like a method"),
        ("{{ customer.keys }}{{ customer.x.y.z }}", ""),
        ("{{ customer.nothing }}{{ customer }}", ""),
        ("{{ customer.score }} {{ customer.active }}", "10 yes"),
        ("{{ customer.tags }} {{ customer.tags[0] }}", "red, green red"),
        (
            "{% for t in customer.tags %}{{ loop.index }}{{ t }} {% endfor %}",
            "1red 2green ",
        ),
        ("{% for t in customer.x %}a{% else %}none{% endfor %}", "none"),
        ("{% for t in customer.username %}a{% endfor %}", ""),
        ("{{ 'a' if customer.active else 'b' }}", "a"),
        ("{% if customer.x is defined %}a{% else %}b{% endif %}", "b"),
        ("{# a note #}{{- ' x ' -}}", " x "),
    ],
)
def test_a_template_reads_plain_data(template, result):
    assert text(template) == result


@pytest.mark.parametrize(
    "condition",
    [
        "customer.x < 30",
        "customer.x > 30",
        "customer.x == 30",
        "customer.x == ''",
        "customer.nothing <= 0",
        "customer.username < 30",
        "customer.x in ['a']",
        "'a' in customer.x",
        "'a' in customer.age",
        "customer.active == 1",
        "customer.x.y",
    ],
)
def test_what_is_unset_or_cannot_be_compared_compares_false(condition):
    assert text(f"{{% if {condition} %}}yes{{% else %}}no{{% endif %}}") == "no"


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("customer.x|default('friend')", "friend"),
        ("customer.nothing|default('friend')", "friend"),
        ("''|default('friend')", "friend"),
        ("customer.username|upper", "ADA <3"),
        ("'hELLO you'|title", "HELLO You"),
        ("'hello YOU'|capitalize", "Hello you"),
        ("'  a '|trim", "a"),
        ("'a long text'|truncate(6)", "a lon…"),
        ("'a-b'|replace('-', '+')", "a+b"),
        ("customer.tags|join(' and ')", "red and green"),
        ("customer.tags|first", "red"),
        ("customer.tags|last", "green"),
        ("customer.tags|length", "2"),
        ("customer.x|length", "0"),
        ("customer.price|number", "12,500.5"),
        ("customer.price|number(2)", "12,500.50"),
        ("customer.price|round", "12501"),
        ("customer.price|int", "12500"),
        ("'3.50'|float", "3.5"),
        ("customer.joined|date", "1 March 2026"),
        ("customer.joined|date('d/m/Y')", "01/03/2026"),
        ("customer.seen|date('j M, H:i')", "1 Mar, 09:30"),
        ("customer.joined|date('H:i')", "1 March 2026"),
        ("customer.username|date", ""),
        ("customer.x|upper|date|number", ""),
        ("customer.username|urlencode", "ada%20%3C3"),
        ("customer.username|escape", "ada &lt;3"),
        ("customer.address|linebreaks", "1 Road\nTown"),
    ],
)
def test_a_filter_writes_a_value_as_people_do(expression, result):
    assert text(f"{{{{ {expression} }}}}") == result


def test_a_subject_stays_on_one_line():
    source = Source(subject="Hi {{ name }}", message="x", templating_type="text")
    name = "a\r\nBcc: evil@example.org\u2028\0 b" + "c" * 300

    sent = render_programs(compile_message(source).programs, {"name": name})

    assert sent.subject.startswith("Hi a Bcc: evil@example.org b")
    assert sent.subject.isprintable()
    assert len(sent.subject) == 255


def test_an_empty_condition_leaves_no_gap_in_the_text():
    assert text("a\n\n{% if customer.x %}\n\nb\n\n{% endif %}\n\nc") == "a\n\nc"


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes", len])
def test_only_plain_data_can_be_filled_in(value):
    with pytest.raises(RenderError, match="not plain data"):
        text("{{ a }}", a=value)


def test_an_error_tells_nothing_of_the_customer():
    template = "{{ secret }}" * 100

    with pytest.raises(RenderError) as error:
        text(template, secret="canary" * 3000)

    assert "canary" not in str(error.value)


@pytest.mark.django_db
def test_values_that_went_through_json_render_the_same_mail():
    customer = make.customer(
        attributes={
            "age": 29,
            "score": 0.1 + 0.2,
            "tags": ["ü", 1, None],
            "join_date": "2026-03-01",
            "email": "an attribute cannot hide the address",
        }
    )
    template = (
        "{{ customer }}{{ customer.age }} {{ customer.score }} {{ customer.tags }} "
        "{{ join_date|date }} {{ customer.email }} {{ customer.created_date|date }} "
        "{{ member_last_name }} {{ membership_level }} {{ customer.lms_lead_id }}"
    )

    values = merge_values([customer.pk])[customer.pk]
    again = json.loads(json.dumps(values))

    assert again == values
    assert text(template, **again) == text(template, **values)
    assert f"29 0.30000000000000004 ü, 1,  1 March 2026 {customer.email}" in text(
        template, **values
    )


@pytest.mark.django_db
def test_a_batch_of_customers_is_read_in_one_query(django_assert_num_queries):
    ids = [make.customer(first_name=f"Name {n}").pk for n in range(5)]

    with django_assert_num_queries(1):
        values = merge_values([*ids, 999_999_999])

    assert sorted(values) == sorted(ids)
    assert [values[pk]["member_first_name"] for pk in ids] == [
        f"Name {n}" for n in range(5)
    ]


@pytest.mark.django_db
def test_a_customer_without_anything_gets_an_empty_text():
    customer = Customer.objects.create(lms_lead_id="bare")
    values = merge_values([customer.pk])[customer.pk]

    assert text("[{{ member_first_name }}{{ join_date }}]", **values) == "[]"


def test_a_version_renders_its_own_parts():
    version = MessageTemplateVersion(
        subject="Hi {{ name }}",
        html="<p>{{ name }}</p>",
        text="{{ name }}",
        source={"action_url": "/me/{{ name }}"},
    )

    sent = render_version(version, {"name": "a<b"})

    assert (sent.subject, sent.html, sent.text, sent.action_url) == (
        "Hi a<b",
        "<p>a&lt;b</p>",
        "a<b",
        "/me/a<b",
    )


def test_a_stored_version_that_is_not_allowed_is_not_run():
    version = MessageTemplateVersion(html="{{ ''.__class__() }}", source={})

    with pytest.raises(RenderError, match="not valid"):
        render_version(version, {})
