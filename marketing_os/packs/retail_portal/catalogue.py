"""What the shop sells, when people buy it, and what they ask."""

from dataclasses import dataclass
from decimal import Decimal

SHOP = "Everyday Shelf"
DOMAIN = "shelf.example.org"
ONLINE, IN_SHOP, BOTH = "online", "in the shop", "both"


@dataclass(frozen=True)
class Ware:
    """Something sold: its price in dollars and its share of its range."""

    name: str
    price: Decimal
    weight: int


@dataclass(frozen=True)
class Range:
    """Wares that belong together, and how many want them per month of the year."""

    name: str
    weight: int
    months: tuple[float, ...]
    wares: tuple[Ware, ...]


def _wares(*wares: tuple[str, str, int]) -> tuple[Ware, ...]:
    return tuple(Ware(name, Decimal(price), weight) for name, price, weight in wares)


RANGES = (
    Range(
        "kitchen",
        32,
        (1.1, 1.0, 0.9, 0.9, 0.9, 0.8, 0.8, 0.8, 1.0, 1.1, 1.3, 1.5),
        _wares(
            ("cast iron pan", "64.00", 14),
            ("bread knife", "38.50", 18),
            ("storage jars", "24.00", 30),
            ("tea towels", "16.00", 38),
        ),
    ),
    Range(
        "table",
        26,
        (0.8, 0.9, 0.9, 1.1, 1.0, 1.0, 0.8, 0.8, 0.9, 1.0, 1.4, 2.1),
        _wares(
            ("stoneware bowl", "21.00", 36),
            ("linen napkins", "29.00", 26),
            ("dinner plates", "58.00", 18),
            ("carafe", "34.00", 20),
        ),
    ),
    Range(
        "garden",
        22,
        (0.3, 0.6, 1.4, 2.2, 2.3, 1.7, 1.2, 0.9, 0.8, 0.6, 0.4, 0.4),
        _wares(
            ("seed box", "12.50", 40),
            ("watering can", "42.00", 22),
            ("hand trowel", "19.00", 26),
            ("planter", "76.00", 12),
        ),
    ),
    Range(
        "light",
        20,
        (1.2, 1.0, 0.8, 0.6, 0.5, 0.5, 0.5, 0.7, 1.1, 1.5, 1.8, 2.2),
        _wares(
            ("candles", "14.00", 44),
            ("reading lamp", "89.00", 16),
            ("lantern", "36.00", 24),
            ("string lights", "27.00", 16),
        ),
    ),
)


@dataclass(frozen=True)
class Habit:
    """A way of buying: its share, purchases a week, and the weeks that it lasts.

    Who buys in the last weeks of the year only is seasonal.
    """

    name: str
    weight: int
    per_week: float
    weeks: float
    is_seasonal: bool = False


HABITS = (
    Habit("looks around", 9, 0, 0),
    Habit("buys once", 25, 0, 0),
    Habit("buys presents", 14, 0.4, 120, is_seasonal=True),
    Habit("buys now and then", 30, 0.14, 60),
    Habit("buys often", 22, 0.36, 80),
)

QUESTIONS = (
    "Will the stoneware bowl in blue come again?",
    "Which of your pans work on an induction hob?",
    "Can I bring back a present without the receipt?",
    "How long does delivery take to the islands?",
    "The handle of my watering can is loose. Can you repair it?",
    "Do you sell the lids of the storage jars alone?",
    "Is the reading lamp to be had with a longer cable?",
    "May I change the address of an order from this morning?",
    "When does the shop open on the Sunday before the holidays?",
    "Do the seeds keep until next spring?",
    "Can you wrap the carafe as a present?",
    "Please put my two customer cards together.",
)
