"""What customers are classified as: new, little engaged, about to leave, or healthy.

One SELECT decides, for a segment of everybody and for the page of one customer alike.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone
from psycopg import sql

from customers.models import Customer
from segments.conditions.comparisons import during
from segments.conditions.moments import Clock, Moment
from segments.models import ScoreSettings, Standing
from segments.scores.names import CountedNames, counted_names

_FACTS = """
SELECT k.id, p.last_purchase, coalesce(p.purchases, 0) AS purchases,
       coalesce(p.spend, 0) AS spend, coalesce(o.opens, 0) AS opens,
       CASE WHEN k.email = '' THEN {new}
            WHEN coalesce(o.opens, 0) < {few_opens}
                 AND coalesce(p.purchases, 0) < {few_purchases} THEN {low_engagement}
            WHEN {is_long_ago} AND p.spend >= {high_spend} THEN {churn_risk}
            ELSE {healthy} END AS standing
FROM customers k
LEFT JOIN (
    SELECT customer_id, max(occurred_at) AS last_purchase, count(*) AS purchases,
           coalesce(sum(amount), 0) AS spend
    FROM activities
    WHERE name = ANY({names}) AND occurred_at <= {now}
    GROUP BY customer_id
) p ON p.customer_id = k.id
LEFT JOIN (
    SELECT customer_id, count(*) AS opens
    FROM deliveries
    WHERE channel = 'email' AND opened_at <= {now}
    GROUP BY customer_id
) o ON o.customer_id = k.id
"""

_ROWS = 10_000


def _clock() -> Clock:
    return Clock(timezone.now(), settings.TIME_ZONE)


@dataclass(frozen=True)
class Rules:
    """The thresholds of the classification, and the purchases that they are about."""

    settings: ScoreSettings
    names: CountedNames

    @classmethod
    def current(cls) -> "Rules":
        chosen = ScoreSettings.current()
        return cls(chosen, counted_names(chosen))

    def facts(self, clock: Clock) -> sql.Composable:
        """SELECT per customer what the rules look at, and which one holds.

        Opens are e-mails that a person, not a program, opened or clicked in.
        """
        last = Moment(sql.SQL("p.last_purchase"), ("k", "id"))
        days = self.settings.purchase_days
        return sql.SQL(_FACTS).format(
            new=sql.Literal(Standing.NEW.value),
            low_engagement=sql.Literal(Standing.LOW_ENGAGEMENT.value),
            churn_risk=sql.Literal(Standing.CHURN_RISK.value),
            healthy=sql.Literal(Standing.HEALTHY.value),
            few_opens=sql.Literal(self.settings.few_opens),
            few_purchases=sql.Literal(self.settings.few_purchases),
            is_long_ago=during(last, "days_ago", days, clock),
            high_spend=sql.Literal(self.settings.high_spend),
            names=sql.SQL("{}::text[]").format(sql.Literal(list(self.names.purchases))),
            now=clock.now_sql,
        )


@dataclass(frozen=True)
class Classified:
    """What one customer is classified as, and why."""

    standing: Standing
    last_purchase: dt.datetime | None = None
    purchases: int = 0
    spend: Decimal = Decimal(0)
    opens: int = 0


def classified_as(standing: Standing) -> Iterator[int]:
    """Yield the IDs of everybody who is classified as this now."""
    query = sql.SQL("SELECT f.id FROM ({}) AS f WHERE f.standing = {}").format(
        Rules.current().facts(_clock()), sql.Literal(standing.value)
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        while rows := cursor.fetchmany(_ROWS):
            yield from (row[0] for row in rows)


def classify(customer: Customer | None) -> Classified:
    """Classify one customer now; somebody who is no customer is new."""
    if customer is None:
        return Classified(Standing.NEW)
    facts = Rules.current().facts(_clock())
    query = sql.SQL(
        "SELECT standing, last_purchase, purchases, spend, opens"
        " FROM ({}) AS f WHERE f.id = {}"
    ).format(facts, sql.Literal(customer.pk))
    with connection.cursor() as cursor:
        cursor.execute(query)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return Classified(Standing(row[0]), *row[1:]) if row else Classified(Standing.NEW)
