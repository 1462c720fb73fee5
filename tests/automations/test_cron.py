import pytest
from celery.schedules import ParseException, crontab

from automations.cron import CronError, overlooked, parse_cron
from automations.cron_words import describe

EXPRESSIONS = [
    "* * * * *",
    "*/15 * * * *",
    "*/7 */5 * * *",
    "0 9 * * mon-fri",
    "30 22-3 * * *",
    "0,30 9-17/2 1-7,15-21 jan,apr-jun sun",
    "5 4 31 * *",
    "0 0 29 2 1",
    "59 23 */2 */3 */2",
    "0 9 * * fri-mon",
    "*/61 * * * *",
    "1-5/2/3 * * * *",
    "mon * * * *",
]
REFUSED = [
    "",
    "   ",
    "* * * *",
    "* * * * * *",
    "@daily",
    "60 * * * *",
    "* 24 * * *",
    "* * 0 * *",
    "* * * 13 *",
    "* * * * 7",
    "* * * * sun-7",
    "*/0 * * * *",
    "*/ * * * *",
    "1,,2 * * * *",
    "-5 * * * *",
    "5/2 * * * *",
    "0 9 L * *",
    "0 9 15W * *",
    "0 9 ? * *",
    "0 9 * * 1#2",
    "* * * foo *",
    "² * * * *",
    "\0 * * * *",
    "1-99999999999999999999 * * * *",
    "0 9 30 2 *",
    "0 9 31 4,6,9,11 *",
    "0 9 * * *; DROP TABLE automations",
]


def celery_reads(text):
    minute, hour, day, month, weekday = text.split()
    return crontab(minute, hour, weekday, day, month)


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_an_expression_means_what_celery_makes_of_it(text):
    cron, judge = parse_cron(text), celery_reads(text)

    assert set(cron.minutes) == judge.minute
    assert set(cron.hours) == judge.hour
    assert set(cron.days) == judge.day_of_month
    assert set(cron.months) == judge.month_of_year
    assert set(cron.weekdays) == judge.day_of_week


@pytest.mark.parametrize("text", REFUSED)
def test_what_celery_refuses_is_refused_with_a_sentence(text):
    with pytest.raises((ParseException, ValueError)):
        celery_reads(text)
    with pytest.raises(CronError) as refusal:
        parse_cron(text)

    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("* * * * 7", "Sunday is 0 here, not 7"),
        ("0 9 L * *", "no last day (L)"),
        ("@daily", "Short names"),
        ("* * * *", "This one has 4"),
        ("0 9 30 2 *", "This never happens"),
        ("* 25 * * *", "“25” is not a valid hour. It may be 0 to 23"),
    ],
)
def test_the_sentence_names_what_is_wrong(text, part):
    with pytest.raises(CronError) as refusal:
        parse_cron(text)

    assert part in str(refusal.value)


def test_spaces_around_and_between_the_fields_do_not_matter():
    assert parse_cron("  0\t9 *   * 1-5\n").text == "0 9 * * 1-5"


def test_an_expression_too_long_to_keep_is_refused():
    with pytest.raises(CronError, match="at most 200 characters"):
        parse_cron(",".join(["1"] * 150) + " * * * *")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("* * * * *", "Every minute."),
        ("*/15 * * * *", "Every 15 minutes."),
        (
            "*/25 * * * *",
            "At minutes 0, 25 and 50 of every hour.",
        ),
        ("5 * * * *", "At minute 5 of every hour."),
        ("0 */2 * * *", "Every 2 hours from 00:00."),
        ("0 9 * * *", "At 09:00, every day."),
        ("30 9 * * mon-fri", "At 09:30, Monday to Friday."),
        ("0 9,17 * * 1,4", "At 09:00 and 17:00, Monday and Thursday."),
        ("0 9 * * 0,6", "At 09:00, Saturday and Sunday."),
        ("0 9 1,15 * *", "At 09:00, on days 1 and 15 of the month."),
        (
            "0 9 1-7 * 1",
            "At 09:00, only on days 1 to 7 of the month that are also Monday "
            "(both must hold).",
        ),
        (
            "*/10 9-17 * * 1-5",
            "Every 10 minutes, in the hours 9 to 17, Monday to Friday.",
        ),
        ("0 0 1 1 *", "At 00:00, on day 1 of the month, in January."),
        (
            "0 9 31 * *",
            "At 09:00, on day 31 of the month. Months without such a day are left out.",
        ),
    ],
)
def test_the_words_say_what_the_expression_means(text, words):
    assert describe(parse_cron(text)) == words


def test_characters_that_celery_reads_past_are_pointed_out():
    assert overlooked(parse_cron("1-5/2/3 * * * *")) == [
        "Of “1-5/2/3” only “1-5/2” counts; the rest is read past."
    ]
    assert overlooked(parse_cron("*/5 9-17/2 1,2 jan mon-fri")) == []
