"""What made-up people leave on the public page: visits with a device, and messages."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from customers.models import Device
from customers.services.devices import DeviceReport
from marketing_os.packs.people import drawn


@dataclass(frozen=True)
class Model:
    """A kind of device: its screens in CSS pixels, memory in GB, and its user agent.

    Browsers that tell no memory have none.
    """

    type: str
    weight: int
    screens: tuple[tuple[int, int], ...]
    memories: tuple[str, ...]
    agent: str


_WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0"
MODELS = (
    Model(
        Device.Type.PHONE,
        34,
        ((390, 844), (393, 852), (430, 932), (375, 667)),
        (),
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X)"
        f" {_WEBKIT} Version/18.6 Mobile/15E148 Safari/604.1",
    ),
    Model(
        Device.Type.PHONE,
        30,
        ((360, 800), (384, 832), (412, 915)),
        ("4", "4", "8"),
        f"Mozilla/5.0 (Linux; Android 10; K) {_CHROME} Mobile Safari/537.36",
    ),
    Model(
        Device.Type.TABLET,
        6,
        ((820, 1180), (768, 1024)),
        (),
        "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X)"
        f" {_WEBKIT} Version/18.6 Mobile/15E148 Safari/604.1",
    ),
    Model(
        Device.Type.TABLET,
        4,
        ((800, 1280), (753, 1205)),
        ("2", "4"),
        f"Mozilla/5.0 (Linux; Android 10; K) {_CHROME} Safari/537.36",
    ),
    Model(
        Device.Type.DESKTOP,
        17,
        ((1536, 864), (1920, 1080), (1366, 768), (2560, 1440)),
        ("4", "8", "8"),
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME} Safari/537.36",
    ),
    Model(
        Device.Type.DESKTOP,
        8,
        ((1440, 900), (1512, 982), (1728, 1117)),
        (),
        f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_WEBKIT}"
        " Version/18.6 Safari/605.1.15",
    ),
    Model(
        Device.Type.DESKTOP,
        4,
        ((1920, 1080), (1600, 900)),
        (),
        "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
    ),
)


@dataclass(frozen=True)
class Gadget:
    """One device of one person: it always reports the same."""

    model: Model
    screen: tuple[int, int]
    memory: Decimal | None

    def report(self, at: datetime) -> DeviceReport:
        width, height = self.screen
        return DeviceReport(self.model.type, width, height, self.memory, at)


@dataclass(frozen=True)
class Visit:
    """A visit of a pack's customer, named by the key, or of somebody unknown ("")."""

    at: datetime
    gadget: Gadget
    key: str = ""


@dataclass(frozen=True)
class Written:
    """A message on the public page, from the customer with the key or from nobody."""

    at: datetime
    name: str
    email: str
    text: str
    key: str = ""
    is_signed: bool = False


def visits_at(rng: Random, key: str, moments: Iterable[datetime]) -> list[Visit]:
    """Draw one or two devices of a customer, and with which each visit is made."""
    gadgets = [draw_gadget(rng)]
    if rng.random() < 0.3:
        gadgets.append(draw_gadget(rng))
    return [
        Visit(
            at.replace(microsecond=0),
            gadgets[-1] if rng.random() < 0.25 else gadgets[0],
            key,
        )
        for at in sorted(moments)
    ]


def draw_gadget(rng: Random) -> Gadget:
    """Draw a device as people have them."""
    model = drawn(rng, MODELS)
    memory = Decimal(rng.choice(model.memories)) if model.memories else None
    return Gadget(model, rng.choice(model.screens), memory)


def strangers(rng: Random, count: int, now: datetime, days: int) -> list[Visit]:
    """Draw visits of nobody known within some days, more of them of late."""
    visits = []
    for _ in range(count):
        ago = timedelta(days=days * rng.random() ** 1.4, minutes=1)
        visits.append(Visit((now - ago).replace(microsecond=0), draw_gadget(rng)))
    return visits
