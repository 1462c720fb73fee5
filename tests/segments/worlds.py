"""Random customers with all that conditions ask about, and random trees to ask."""

import datetime as dt

from hypothesis import strategies as st

ZONE = "Europe/Berlin"
NOWS = [
    dt.datetime(2026, 2, 28, 23, 30, 0, 250, dt.UTC),
    dt.datetime(2028, 2, 28, 4, 59, 59, 0, dt.UTC),
    dt.datetime(2026, 3, 29, 12, 0, tzinfo=dt.UTC),
    dt.datetime(2026, 10, 25, 10, 5, tzinfo=dt.UTC),
]
ZONES = ["", "", "Asia/Tokyo", "America/New_York", "Pacific/Kiritimati", "Not/A zone"]
ATTRIBUTES = {
    "course %": "string",
    "visits": "numeric",
    "born": "date",
    "seen": "timestamp",
    "vip": "boolean",
    "likes": "array",
}
TEXTS = ["MBA", "mba", "M", "É", "é%_", "'\"\\", "10"]
NUMBERS = [-1, 0, 1, 1.5, 2, 10]
STAGES = ["Lead", "Won", "Lost"]
CODES = ["A", "B"]
KINDS = ["opened", "clicked", "delivered"]
RISKS = [0, 0.3, 0.7, 1]
RULES = {"few_opens": 1, "few_purchases": 2, "purchase_days": 3, "high_spend": 5}


def some(values, least=0, most=3):
    return st.lists(st.sampled_from(values), min_size=least, max_size=most)


def moments(now):
    """Instants around the midnights of the days around now."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return st.builds(
        lambda days, hours, seconds: (
            midnight + dt.timedelta(days=days, hours=hours, seconds=seconds)
        ),
        st.integers(-8, 4),
        st.integers(-14, 14),
        st.sampled_from([-1, 0, 0, 1, 1800]),
    )


def days(now):
    return st.one_of(
        st.builds(lambda n: now.date() + dt.timedelta(days=n), st.integers(-9, 9)),
        st.sampled_from([dt.date(1988, 2, 29), dt.date(1990, 3, 1)]),
    )


def attribute_values(now):
    stamped = moments(now).map(lambda at: at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    right = {
        "course %": st.sampled_from(TEXTS),
        "visits": st.sampled_from(NUMBERS),
        "born": days(now).map(dt.date.isoformat),
        "seen": stamped,
        "vip": st.booleans(),
        "likes": some(["a", "b", 1, 2.5]),
    }
    # A value of another type must neither match nor break anything.
    wrong = {"visits": st.sampled_from(["10", True]), "course %": st.just(10)}
    fields = {
        name: st.one_of(value, wrong.get(name, value)) for name, value in right.items()
    }
    return st.fixed_dictionaries({}, optional=fields)


def people(now):
    at = moments(now)
    text = st.sampled_from(["", "Ada", "ada", "Bo%"])
    return st.fixed_dictionaries(
        {
            "timezone": st.sampled_from(ZONES),
            "first_name": text,
            "lms_lead_id": st.sampled_from([None, "x"]),
            "email": st.sampled_from(["", "a@example.org", "a@example.org"]),
            "score": st.one_of(
                st.none(),
                st.fixed_dictionaries(
                    {"risk": st.sampled_from(RISKS), "level": st.integers(0, 2)}
                ),
            ),
            "created_date": at,
            "attributes": attribute_values(now),
            "tags": some(["vip", "new"]).map(lambda found: sorted(set(found))),
            "offers": st.lists(
                st.fixed_dictionaries(
                    {
                        "code": st.sampled_from(CODES),
                        "used": st.booleans(),
                        "expiry": st.one_of(st.none(), days(now)),
                    }
                ),
                max_size=2,
            ),
            "consents": st.lists(
                st.fixed_dictionaries(
                    {
                        "channel": st.sampled_from(["email", "sms"]),
                        "topic": st.sampled_from(["", "news"]),
                        "granted": st.booleans(),
                        "occurred_at": at,
                    }
                ),
                max_size=3,
            ),
            "moves": st.lists(
                st.fixed_dictionaries(
                    {
                        "funnel": st.sampled_from(["sales", "service-delivery"]),
                        "from": st.sampled_from(["", *STAGES]),
                        "to": st.sampled_from(STAGES),
                        "at": at,
                    }
                ),
                max_size=3,
            ),
            "activities": st.lists(
                st.fixed_dictionaries(
                    {
                        "name": st.sampled_from(["visit", "buy"]),
                        "at": at,
                        "amount": st.sampled_from([None, 0, 5, 7, -3]),
                        "properties": st.fixed_dictionaries(
                            {},
                            optional={
                                "course": st.sampled_from(TEXTS),
                                "hours": st.sampled_from(NUMBERS),
                                "on": days(now).map(dt.date.isoformat),
                            },
                        ),
                    }
                ),
                max_size=4,
            ),
            "messages": st.lists(
                st.fixed_dictionaries(
                    {
                        "template": st.sampled_from([0, 1]),
                        "state": st.sampled_from(["accepted", "bounced", "skipped"]),
                        "at": st.one_of(st.none(), at),
                        "events": st.lists(
                            st.fixed_dictionaries(
                                {
                                    "kind": st.sampled_from(KINDS),
                                    "human": st.booleans(),
                                    "at": at,
                                }
                            ),
                            max_size=2,
                        ),
                    }
                ),
                max_size=2,
            ),
            "listed": st.booleans(),
        }
    )


def periods(now):
    day = days(now).map(dt.date.isoformat)
    small = st.integers(0, 8)
    return st.one_of(
        *(
            st.fixed_dictionaries({"operator": st.just(name), "value": value})
            for name, value in {
                "on": day,
                "before": day,
                "after": day,
                "between": st.tuples(day, day).map(list),
                "last_days": small,
                "days_ago": small,
            }.items()
        )
    )


def compared(value_type, now):
    """The operator and value of a comparison of a type."""
    text, number = st.sampled_from(TEXTS), st.sampled_from(NUMBERS)
    next_days = st.fixed_dictionaries(
        {"operator": st.just("next_days"), "value": st.integers(0, 8)}
    )
    birthday = st.fixed_dictionaries(
        {"operator": st.just("birthday"), "value": st.integers(0, 3)}
    )
    presence = with_operator(["is_set", "is_not_set"])
    choices = {
        "string": [
            st.fixed_dictionaries(
                {
                    "operator": st.sampled_from(
                        [
                            "equals",
                            "not_equals",
                            "contains",
                            "not_contains",
                            "starts_with",
                        ]
                    ),
                    "value": text,
                    "ignore_case": st.booleans(),
                }
            ),
            st.fixed_dictionaries(
                {
                    "operator": st.sampled_from(["in", "not_in"]),
                    "value": some(TEXTS, 1),
                    "ignore_case": st.booleans(),
                }
            ),
        ],
        "numeric": [
            with_operator(
                ["equals", "not_equals", "less", "at_most", "more", "at_least"], number
            ),
            with_operator(["between"], st.tuples(number, number).map(list)),
            with_operator(["in", "not_in"], some(NUMBERS, 1)),
        ],
        "date": [periods(now), next_days, birthday],
        "timestamp": [periods(now), next_days],
        "boolean": [with_operator(["is_true", "is_false"])],
        "array": [
            with_operator(
                ["has_any", "has_all", "has_none"], some(["a", "b", 1, 2.5, 3], 1)
            )
        ],
    }
    return st.one_of(presence, *choices[value_type])


def with_operator(names, value=None):
    keys = {"operator": st.sampled_from(names)}
    return st.fixed_dictionaries(keys | ({"value": value} if value is not None else {}))


def merged(fixed, compared_by):
    return compared_by.map(lambda found: fixed | found)


def conditions(now):
    window = {"window": periods(now)}
    stages = some(STAGES, 1)
    funnel = {"funnel": st.sampled_from(["sales", "service-delivery"])}
    filters = st.one_of(
        merged({"property": "course"}, compared("string", now)),
        merged({"property": "hours", "type": "numeric"}, compared("numeric", now)),
        merged({"property": "on", "type": "date"}, compared("date", now)),
    )

    def kind(name, fixed, optional=None):
        keys = {"type": st.just(name)} | fixed
        return st.fixed_dictionaries(keys, optional=optional or {})

    does = st.sampled_from(["has", "has_not"])
    return st.one_of(
        *(
            merged({"type": "attribute", "attribute": name}, compared(value_type, now))
            for name, value_type in ATTRIBUTES.items()
        ),
        merged({"type": "field", "field": "first_name"}, compared("string", now)),
        merged({"type": "field", "field": "created_date"}, compared("timestamp", now)),
        kind("tag", {"operator": does, "tags": some(["vip", "new"], 1)}),
        kind(
            "offer",
            {"operator": does},
            {
                "state": st.sampled_from(["any", "open", "used", "expired"]),
                "codes": some(CODES, 1),
            },
        ),
        kind(
            "consent",
            {"state": st.sampled_from(["granted", "declined", "undecided"])},
            {"channel": st.just("sms"), "topic": st.just("news")},
        ),
        kind("stage", funnel | {"operator": st.just("none")}),
        kind("stage", funnel | {"operator": st.just("not_in"), "stages": stages}),
        kind(
            "stage",
            funnel | {"operator": st.just("in"), "stages": stages},
            {"days_at_least": st.integers(0, 7), "days_at_most": st.integers(0, 7)},
        ),
        kind(
            "moved",
            funnel | {"operator": st.sampled_from(["did", "did_not"])},
            {"from": stages, "to": stages} | window,
        ),
        kind(
            "activity",
            {
                "name": st.sampled_from(["visit", "buy"]),
                "operator": st.sampled_from(["at_least", "at_most"]),
                "value": st.integers(0, 3),
            },
            {"where": st.lists(filters, max_size=2)} | window,
        ),
        kind(
            "activity",
            {
                "name": st.sampled_from(["visit", "buy"]),
                "operator": st.sampled_from(["at_least", "at_most"]),
                "measure": st.just("amount"),
                "value": st.sampled_from([-4, -3, 0, 4.5, 5, 12]),
            },
            window,
        ),
        kind(
            "activity", {"name": st.just("visit"), "operator": st.just("never")}, window
        ),
        kind("inactive", {"days": st.sampled_from([1, 2, 30])}),
        kind(
            "message",
            {
                "event": st.sampled_from(
                    [
                        "received",
                        "not_received",
                        "opened",
                        "not_opened",
                        "clicked",
                        "not_clicked",
                    ]
                )
            },
            {"template": st.sampled_from([0, 1])} | window,
        ),
        kind(
            "segment",
            {
                "operator": st.sampled_from(["in", "not_in"]),
                "segment": st.sampled_from(["listed", "ruled", "found"]),
            },
        ),
        kind(
            "classification",
            {
                "operator": st.sampled_from(["is", "is_not"]),
                "standing": st.sampled_from(
                    ["new", "low_engagement", "churn_risk", "healthy"]
                ),
            },
        ),
        kind(
            "risk",
            {
                "operator": st.sampled_from(["at_least", "at_most"]),
                "value": st.sampled_from(RISKS),
            },
        ),
        kind("risk", {"operator": st.sampled_from(["is_set", "is_not_set"])}),
        kind(
            "activity_level",
            {
                "operator": st.sampled_from(["is", "at_least", "at_most"]),
                "level": st.sampled_from(["low", "medium", "high"]),
            },
        ),
        kind("everyone", {}),
    )


def trees(now):
    return st.recursive(
        conditions(now),
        lambda inner: st.one_of(
            *(
                st.fixed_dictionaries({mode: st.lists(inner, min_size=1, max_size=3)})
                for mode in ("all", "any")
            ),
            st.fixed_dictionaries({"not": inner}),
        ),
        max_leaves=5,
    )
