"""The letters of a pack: one frame, and what each says inside it."""

from dataclasses import dataclass
from pathlib import Path

from marketing_os.packs.content import Letter
from messaging.models import MessageTemplate

_FRAME = Path(__file__).parent / "frame.mjml"


@dataclass(frozen=True)
class Brand:
    """Who writes, in which colours, and why the reader gets it.

    `glow` is the accent as a text in the dark. `folder` holds what each letter says, as the inside of an MJML column.
    """

    name: str
    folder: Path
    accent: str
    glow: str
    page: str
    reason: str

    def letter(
        self,
        name: str,
        file: str,
        *,
        subject: str,
        preheader: str,
        headline: str,
        purpose: str = MessageTemplate.Purpose.MARKETING,
    ) -> Letter:
        """Make a letter of the frame and of what the file says."""
        written = (self.folder / file).read_text(encoding="utf-8")
        message = _FRAME.read_text(encoding="utf-8")
        for mark, text in {
            "name": name,
            "brand": self.name,
            "accent": self.accent,
            "glow": self.glow,
            "page": self.page,
            "reason": self.reason,
            "headline": headline,
            "content": written.rstrip("\n").replace("[[accent]]", self.accent),
        }.items():
            message = message.replace(f"[[{mark}]]", text)
        return Letter(name, subject, preheader, message, self.name, purpose)
