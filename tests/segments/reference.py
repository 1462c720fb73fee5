"""The condition language once more, naively, over plain Python values.

It shares nothing with the product: each condition is asked of one customer, a dict.
"""

import datetime as dt
from zoneinfo import ZoneInfo

DAY = dt.timedelta(days=1)


def matches(node, who, world):
    if "all" in node:
        return all(matches(one, who, world) for one in node["all"])
    if "any" in node:
        return any(matches(one, who, world) for one in node["any"])
    if "not" in node:
        return not matches(node["not"], who, world)
    return CONDITIONS[node["type"]](node, who, world)


def zone_of(who, world):
    known = who["timezone"] in ("Asia/Tokyo", "America/New_York", "Pacific/Kiritimati")
    return ZoneInfo(who["timezone"] if known else world["zone"])


def today(who, world):
    return world["now"].astimezone(zone_of(who, world)).date()


def local_day(moment, who, world):
    return moment.astimezone(zone_of(who, world)).date()


def in_period(day, operator, value, who, world):
    """Whether a calendar day of the customer lies in a period of days."""
    here = today(who, world)
    if operator in ("on", "before", "after"):
        other = dt.date.fromisoformat(value)
        return {"on": day == other, "before": day < other, "after": day > other}[
            operator
        ]
    if operator == "between":
        first, last = map(dt.date.fromisoformat, value)
        return first <= day <= last
    if operator == "last_days":
        return here - value * DAY <= day <= here
    if operator == "next_days":
        return here <= day <= here + value * DAY
    return day < here - value * DAY  # days_ago


def in_window(moment, window, who, world):
    if window is None:
        return True
    operator = window["operator"]
    if operator == "last_days" and moment > world["now"]:
        return False
    if operator == "next_days" and moment < world["now"]:
        return False
    day = local_day(moment, who, world)
    return in_period(day, operator, window["value"], who, world)


NEGATIONS = {
    "not_equals": "equals",
    "not_in": "in",
    "not_contains": "contains",
    "is_not_set": "is_set",
    "has_none": "has_any",
}


def compares(value, value_type, node, who, world):
    operator = node["operator"]
    if operator in NEGATIONS:
        positive = node | {"operator": NEGATIONS[operator]}
        return not compares(value, value_type, positive, who, world)
    if operator == "is_set":
        return value is not None
    if value is None or not of_type(value, value_type):
        return False
    return COMPARISONS[value_type](value, node, who, world)


def items_compare(value, node, who, world):
    quantifier = any if node["operator"] == "has_any" else all
    return quantifier(one in value for one in node["value"])


def moment_compares(value, node, who, world):
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value)
        world = world | {"now": world["now"].replace(microsecond=0)}
    return in_window(value, node, who, world)


def is_yes_or_no(value, node, who, world):
    return value is (node["operator"] == "is_true")


def of_type(value, value_type):
    if value_type == "timestamp":
        return isinstance(value, str | dt.datetime)
    if value_type == "numeric":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, {"boolean": bool, "array": list}.get(value_type, str))


def text_compares(value, node, who, world):
    operator, wanted = node["operator"], node["value"]
    if node.get("ignore_case"):
        value = value.lower()
        wanted = [one.lower() for one in wanted] if operator == "in" else wanted.lower()
    return {
        "equals": lambda: value == wanted,
        "in": lambda: value in wanted,
        "contains": lambda: wanted in value,
        "starts_with": lambda: value.startswith(wanted),
    }[operator]()


def number_compares(value, node, who, world):
    operator, wanted = node["operator"], node["value"]
    return {
        "equals": lambda: value == wanted,
        "less": lambda: value < wanted,
        "at_most": lambda: value <= wanted,
        "more": lambda: value > wanted,
        "at_least": lambda: value >= wanted,
        "between": lambda: wanted[0] <= value <= wanted[1],
        "in": lambda: value in wanted,
    }[operator]()


def day_compares(value, node, who, world):
    day = dt.date.fromisoformat(value)
    operator, wanted = node["operator"], node["value"]
    if operator != "birthday":
        return in_period(day, operator, wanted, who, world)
    then = today(who, world) + wanted * DAY
    if (day.month, day.day) == (2, 29):
        is_leap = then.year % 4 == 0 and (then.year % 100 or then.year % 400 == 0)
        return (then.month, then.day) == (2, 29 if is_leap else 28)
    return (day.month, day.day) == (then.month, then.day)


def attribute(node, who, world):
    value_type = world["attributes"][node["attribute"]]
    value = who["attributes"].get(node["attribute"])
    return compares(value, value_type, node, who, world)


def field(node, who, world):
    value = who[node["field"]]
    if isinstance(value, dt.datetime):
        return compares(value, "timestamp", node, who, world)
    # An empty text column means unknown, and is a text all the same.
    if node["operator"] in ("is_set", "is_not_set"):
        value = value or None
    return compares(value, "string", node, who, world)


def tag(node, who, world):
    has = any(one in who["tags"] for one in node["tags"])
    return has == (node["operator"] == "has")


def offer(node, who, world):
    def fits(one):
        if node.get("codes") and one["code"] not in node["codes"]:
            return False
        has_ended = one["expiry"] is not None and one["expiry"] < today(who, world)
        return {
            "any": True,
            "used": one["used"],
            "open": not one["used"] and not has_ended,
            "expired": not one["used"] and has_ended,
        }[node.get("state", "any")]

    return any(map(fits, who["offers"])) == (node["operator"] == "has")


def consent_order(one):
    # At the same moment the no counts.
    return one["occurred_at"], not one["granted"]


def consent(node, who, world):
    decisions = [
        one["granted"]
        for one in sorted(who["consents"], key=consent_order)
        if (one["channel"], one["topic"])
        == (node.get("channel", "email"), node.get("topic", ""))
    ]
    if not decisions:
        return node["state"] == "undecided"
    return node["state"] == ("granted" if decisions[-1] else "declined")


def stage(node, who, world):
    moves = [one for one in who["moves"] if one["funnel"] == node["funnel"]]
    if node["operator"] == "none":
        return not moves
    if not moves:
        return node["operator"] == "not_in"
    newest = max(enumerate(moves), key=lambda item: (item[1]["at"], item[0]))[1]
    days = (today(who, world) - local_day(newest["at"], who, world)).days
    is_there = (
        newest["to"] in node["stages"]
        and days >= node.get("days_at_least", days)
        and days <= node.get("days_at_most", days)
    )
    return is_there == (node["operator"] == "in")


def moved(node, who, world):
    found = any(
        one["funnel"] == node["funnel"]
        and one["from"] in node.get("from", [one["from"]])
        and one["to"] in node.get("to", [one["to"]])
        and in_window(one["at"], node.get("window"), who, world)
        for one in who["moves"]
    )
    return found == (node["operator"] == "did")


def activity(node, who, world):
    counted = [
        one
        for one in who["activities"]
        if one["name"] == node["name"]
        and in_window(one["at"], node.get("window"), who, world)
        and all(
            compares(
                one["properties"].get(filtered["property"]),
                filtered.get("type", "string"),
                filtered,
                who,
                world,
            )
            for filtered in node.get("where", ())
        )
    ]
    if node["operator"] == "never":
        return not counted
    measured = len(counted)
    if node.get("measure") == "amount":
        measured = sum(one["amount"] or 0 for one in counted)
    if node["operator"] == "at_least":
        return measured >= node["value"]
    return measured <= node["value"]


def message(node, who, world):
    chosen = [
        one
        for one in who["messages"]
        if node.get("template") in (None, one["template"])
        and node.get("channel") in (None, one["channel"])
    ]
    received = [
        one
        for one in chosen
        if one["state"] in ("accepted", "delivered", "complained")
        and one["at"] is not None
        and in_window(one["at"], node.get("window"), who, world)
    ]

    def deeds(one, event):
        kinds = ("opened", "clicked") if event == "opened" else ("clicked",)
        return [e for e in one["events"] if e["human"] and e["kind"] in kinds]

    event = node["event"]
    if event in ("received", "not_received"):
        return bool(received) == (event == "received")
    if event in ("opened", "clicked"):
        return any(
            in_window(deed["at"], node.get("window"), who, world)
            for one in chosen
            for deed in deeds(one, event)
        )
    done = any(deeds(one, event.removeprefix("not_")) for one in received)
    return bool(received) and not done


def standing(who, world):
    rules = world["rules"]
    bought = [
        one
        for one in who["activities"]
        if one["name"] in rules["purchases"] and one["at"] <= world["now"]
    ]
    opened = [
        one
        for one in who["messages"]
        if any(
            e["human"]
            and e["kind"] in ("opened", "clicked")
            and e["at"] <= world["now"]
            for e in one["events"]
        )
    ]
    if not who["email"]:
        return "new"
    if len(opened) < rules["few_opens"] and len(bought) < rules["few_purchases"]:
        return "low_engagement"
    spend = sum(one["amount"] or 0 for one in bought)
    if bought and spend >= rules["high_spend"]:
        last = local_day(max(one["at"] for one in bought), who, world)
        if in_period(last, "days_ago", rules["purchase_days"], who, world):
            return "churn_risk"
    return "healthy"


def inactive(node, who, world):
    moments = [one["at"] for one in who["activities"]] or [who["created_date"]]
    last = local_day(max(moments), who, world)
    return in_period(last, "days_ago", node["days"] - 1, who, world)


def classification(node, who, world):
    return (standing(who, world) == node["standing"]) == (node["operator"] == "is")


def risk(node, who, world):
    found = who["score"] and who["score"]["risk"]
    return compares(found, "numeric", node, who, world)


def activity_level(node, who, world):
    if who["score"] is None:
        return False
    level, wanted = who["score"]["level"], LEVELS.index(node["level"])
    return {
        "is": level == wanted,
        "at_least": level >= wanted,
        "at_most": level <= wanted,
    }[node["operator"]]


def segment(node, who, world):
    found = world["segments"][node["segment"]]
    is_in = who["id"] in found if isinstance(found, set) else matches(found, who, world)
    return is_in == (node["operator"] == "in")


LEVELS = ["low", "medium", "high"]
COMPARISONS = {
    "string": text_compares,
    "numeric": number_compares,
    "boolean": is_yes_or_no,
    "array": items_compare,
    "date": day_compares,
    "timestamp": moment_compares,
}
CONDITIONS = {
    "attribute": attribute,
    "field": field,
    "tag": tag,
    "offer": offer,
    "consent": consent,
    "stage": stage,
    "moved": moved,
    "activity": activity,
    "inactive": inactive,
    "message": message,
    "classification": classification,
    "risk": risk,
    "activity_level": activity_level,
    "segment": segment,
    "everyone": lambda node, who, world: True,
}
