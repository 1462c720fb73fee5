"""What the shop writes to its customers: mails, and notifications on their page."""

from pathlib import Path

from marketing_os.packs.brand import Brand
from marketing_os.packs.content import Notice
from marketing_os.packs.retail_portal.catalogue import SHOP
from messaging.models import MessageTemplate

_BRAND = Brand(
    name=SHOP,
    folder=Path(__file__).parent / "templates",
    accent="#8a3b1e",
    glow="#f0ac8d",
    page="#f5eee8",
    reason="You get this mail as a customer of Everyday Shelf.",
)
_ADDRESS = "https://example.org/shelf"

PAGE = _BRAND.letter(
    "Shop: your personal page",
    "page.mjml",
    subject="Your page at Everyday Shelf",
    preheader="News, offers and your settings, without a password.",
    headline="A page of your own",
    purpose=MessageTemplate.Purpose.TRANSACTIONAL,
)
FIRST_PURCHASE = _BRAND.letter(
    "Shop: first purchase",
    "first_purchase.mjml",
    subject="Thank you{% if member_first_name %}, {{ member_first_name }}{% endif %}:"
    " your order is being packed",
    preheader="What happens now, and how to make it last.",
    headline="Thank you for your first order",
)
IDEAS = _BRAND.letter(
    "Shop: three ideas",
    "ideas.mjml",
    subject="Three ideas for your {{ customer.favourite_range|default('home') }}",
    preheader="Small things that we like ourselves.",
    headline="Three small ideas",
)
QUIET = _BRAND.letter(
    "Shop: what would you like",
    "quiet.mjml",
    subject="What would you like to hear about?",
    preheader="One answer, and we write about nothing else.",
    headline="Tell us what you like",
)
BACK = _BRAND.letter(
    "Shop: a reason to come back",
    "back.mjml",
    subject="{{ member_first_name|default('Hello') }}, the next one is on a better price",
    preheader="A code for your next order, and what is new.",
    headline="It has been a while",
)
DEVICE = _BRAND.letter(
    "Shop: made for your screen",
    "device.mjml",
    subject="{% if customer.device == 'Mobile' %}The shelf in your pocket"
    "{% elif customer.device == 'Tablet' %}Leaf through the shelf"
    "{% else %}See it in your room{% endif %}",
    preheader="How to look around with what you have in your hands.",
    headline="Look around your way",
)
LETTERS = (PAGE, FIRST_PURCHASE, IDEAS, QUIET, BACK, DEVICE)

THANKS_NOTICE = Notice(
    "Shop page: thank you",
    title="Thank you for your order",
    message="We tell you here when it is on its way"
    "{% if member_first_name %}, {{ member_first_name }}{% endif %}.",
    icon="heart",
    action_url=f"{_ADDRESS}/orders",
)
OFFER_NOTICE = Notice(
    "Shop page: an offer for you",
    title="A code for your next order",
    message="{{ offer_code|default('BACK15') }} takes 15 % off"
    "{% if offer_expiry_date %}, until {{ offer_expiry_date|date('j F') }}{% endif %}.",
    icon="offer",
    action_url=f"{_ADDRESS}/new",
)
NOTICES = (THANKS_NOTICE, OFFER_NOTICE)
