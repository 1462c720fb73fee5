"""What the group writes to its members. No subject tells of anybody's health."""

from pathlib import Path

from marketing_os.packs.brand import Brand
from marketing_os.packs.content import Notice

_BRAND = Brand(
    name="Open Circle",
    folder=Path(__file__).parent / "templates",
    accent="#5b3f8c",
    glow="#c3adee",
    page="#efebf5",
    reason="You get this mail because you signed up to Open Circle.",
)

SIGNUP = _BRAND.letter(
    "Circle: signup",
    "signup.mjml",
    subject="Welcome to Open Circle, {{ customer['username']|default('friend') }}",
    preheader="Your first session is free; choose a time that you can keep.",
    headline="Good that you are here",
)
FIRST_SESSION = _BRAND.letter(
    "Circle: first session",
    "attend_first_session.mjml",
    subject="How was your first session?",
    preheader="What helps most is to come again while it is fresh.",
    headline="You came",
)
UPGRADE = _BRAND.letter(
    "Circle: upgrade",
    "upgrade.mjml",
    subject="Your membership begins today",
    preheader="Three steps to a circle of your own.",
    headline="Your place is kept",
)
FIRST_PAID_SESSION = _BRAND.letter(
    "Circle: first session as a member",
    "attend_first_paid_session.mjml",
    subject="One of us now",
    preheader="Two habits that regulars tell us about.",
    headline="One of us now",
)
LEADER = _BRAND.letter(
    "Circle: would you lead",
    "leader.mjml",
    subject="Would you open a circle, {{ customer['username']|default('friend') }}?",
    preheader="Two evenings to learn it, with somebody experienced.",
    headline="Would you lead a circle?",
)
LETTERS = (SIGNUP, FIRST_SESSION, UPGRADE, FIRST_PAID_SESSION, LEADER)

LEADER_NOTICE = Notice(
    "Circle app: would you lead",
    title="Would you lead a circle?",
    message="New members ask for somebody who knows how it goes. We thought of you.",
    icon="star",
    action_url="https://example.org/circle/lead",
)
NOTICES = (LEADER_NOTICE,)
