"""The mail of the benchmarks, and customers to send it to."""

import re

from django.db import connection

SUBJECT = "News for {{ customer.first_name }}"
TEXT = (
    "Hello {{ customer.first_name }}\n\n"
    + "Courses begin again in spring, in the evening and at weekends.\n" * 20
    + "\nYour plan: {{ customer.plan }}\nUnsubscribe: {{ unsubscribe_url }}\n"
)


def html(paragraphs):
    return (
        "<html><body><h1>Hello {{ customer.first_name }}</h1>\n"
        + "<p>Courses begin again in spring, in the evening and at weekends.</p>\n"
        * paragraphs
        + '<p>{{ customer.plan }} <a href="https://example.org/offer">Offer</a>'
        ' <a href="{{ unsubscribe_url }}">Unsubscribe</a></p></body></html>\n'
    )


HTML = html(40)
# As large as newsletters that come out of MJML: 25 KB.
NEWSLETTER = html(370)
_PLAIN_NAMES = {
    "customer.first_name": "{name}",
    "customer.plan": "{plan}",
    "unsubscribe_url": "{link}",
}
_CUSTOMERS = """
INSERT INTO customers (lms_lead_id, first_name, last_name, email, mobile, timezone,
                       attributes, created_date, updated_date)
SELECT 'lead-' || n, (ARRAY['Anna','Ben','Käthe','Noah','Zoë'])[1 + n %% 5],
       'Number ' || n, 'customer' || n || '@example.org', '', '',
       jsonb_build_object('plan', (ARRAY['free','basic','pro'])[1 + n %% 3], 'age', n %% 90,
                          'city', 'Town ' || n %% 500, 'score', n %% 101,
                          'device', 'Mobile', 'paying_member', n %% 2 = 0),
       now(), now()
FROM generate_series(%s::int, %s::int) AS n
"""


def plain(template):
    """Return the same mail for `str.format`."""
    return re.sub(r"{{ (.+?) }}", lambda tag: _PLAIN_NAMES[tag[1]], template).replace(
        "\n", "\r\n"
    )


def make_customers(count):
    """Have this many customers with six attributes each."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM customers")
        cursor.execute(_CUSTOMERS, [cursor.fetchone()[0] + 1, count])
        cursor.execute("VACUUM ANALYZE customers")
