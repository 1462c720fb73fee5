"""What the club writes to its members: mails, and notifications in its app."""

from pathlib import Path

from marketing_os.packs.brand import Brand
from marketing_os.packs.content import Notice
from marketing_os.packs.training_club.catalogue import CLUB

_BRAND = Brand(
    name=CLUB,
    folder=Path(__file__).parent / "templates",
    accent="#0c6b4f",
    glow="#6fd3ae",
    page="#e9f0ec",
    reason="You get this mail as a member of Training Club.",
)
_ADDRESS = "https://example.org/club"

WELCOME = _BRAND.letter(
    "Club: welcome",
    "welcome.mjml",
    subject="Welcome to Training Club{% if member_first_name %}, "
    "{{ member_first_name }}{% endif %}",
    preheader="Three small steps for your first week.",
    headline="Welcome to the club",
)
FIRST_CLASS = _BRAND.letter(
    "Club: first class",
    "first_class.mjml",
    subject="Thirty minutes to begin with",
    preheader="An intro with your trainer, whenever it suits you.",
    headline="Shall we begin together?",
)
TWO_WEEKS = _BRAND.letter(
    "Club: two weeks in",
    "two_weeks.mjml",
    subject="A plan that survives a busy week",
    preheader="Twice a week is enough, and here is how.",
    headline="Two weeks in",
)
MISS_YOU = _BRAND.letter(
    "Club: we miss you",
    "miss_you.mjml",
    subject="{{ member_first_name|default('Hello') }}, how about one class?",
    preheader="One is enough to be back in it.",
    headline="It has been a while",
)
COME_BACK = _BRAND.letter(
    "Club: come back",
    "come_back.mjml",
    subject="A session with a trainer, a fifth less",
    preheader="And a plan for four weeks comes with it.",
    headline="Make the way back shorter",
)
FROM_YOUR_TRAINER = _BRAND.letter(
    "Club: from your trainer",
    "from_your_trainer.mjml",
    subject="Ten minutes for your training?",
    preheader="At the club or on the telephone, as you like.",
    headline="How is it going?",
)
EXPIRES_SOON = _BRAND.letter(
    "Club: membership ends in two weeks",
    "expires_soon.mjml",
    subject="Your membership runs for two more weeks",
    preheader="If you go on, nothing changes.",
    headline="Two more weeks",
)
EXPIRES_NOW = _BRAND.letter(
    "Club: membership ends in three days",
    "expires_now.mjml",
    subject="Three days left on your membership",
    preheader="Renewing takes two minutes.",
    headline="Three days left",
)
MILESTONE = _BRAND.letter(
    "Club: milestone",
    "milestone.mjml",
    subject="{{ trigger.value|default('10') }} classes, well done",
    preheader="A number to be proud of.",
    headline="Look what you did",
)
BIRTHDAY = _BRAND.letter(
    "Club: birthday",
    "birthday.mjml",
    subject="Happy birthday{% if member_first_name %}, "
    "{{ member_first_name }}{% endif %}",
    preheader="A small present is in your account.",
    headline="Happy birthday!",
)
LETTERS = (
    WELCOME,
    FIRST_CLASS,
    TWO_WEEKS,
    MISS_YOU,
    COME_BACK,
    FROM_YOUR_TRAINER,
    EXPIRES_SOON,
    EXPIRES_NOW,
    MILESTONE,
    BIRTHDAY,
)

WELCOME_NOTICE = Notice(
    "Club app: welcome",
    title="Welcome to the club",
    message="Book your first class here. Your trainer is "
    "{{ customer.trainer_name|default('waiting for you') }}.",
    icon="info",
    action_url=f"{_ADDRESS}/classes",
)
OFFER_NOTICE = Notice(
    "Club app: an offer for you",
    title="A trainer session, a fifth less",
    message="Your code is {{ offer_code|default('COMEBACK20') }}"
    "{% if offer_expiry_date %}, until {{ offer_expiry_date|date('j F') }}{% endif %}.",
    icon="offer",
    action_url=f"{_ADDRESS}/training",
)
EXPIRY_NOTICE = Notice(
    "Club app: membership ends",
    title="Three days left",
    message="Your membership ends "
    "{{ customer.membership_expiry_date|date('j F')|default('soon') }}.",
    icon="warning",
    action_url=f"{_ADDRESS}/renew",
)
MILESTONE_NOTICE = Notice(
    "Club app: milestone",
    title="{{ trigger.value|default('10') }} classes!",
    message="Well done{% if member_first_name %}, {{ member_first_name }}{% endif %}."
    "{% if credits_granted %} {{ credits_granted|int }} credits are yours.{% endif %}",
    icon="trophy",
    action_url=f"{_ADDRESS}/me",
)
BIRTHDAY_NOTICE = Notice(
    "Club app: birthday",
    title="Happy birthday",
    message="{{ credits_granted|default(10)|int }} credits are in your account.",
    icon="gift",
    action_url=f"{_ADDRESS}/me",
)
NOTICES = (
    WELCOME_NOTICE,
    OFFER_NOTICE,
    EXPIRY_NOTICE,
    MILESTONE_NOTICE,
    BIRTHDAY_NOTICE,
)
