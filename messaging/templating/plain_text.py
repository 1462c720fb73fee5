"""The text part of a mail, made from its compiled HTML with the tags left in."""

import re
from html.parser import HTMLParser

from messaging.templating.elements import BLOCKS, INVISIBLE, PARAGRAPHS, VOID

_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_TAG_START = re.compile(r"\{(?=[{%#])")
_BREAK = "\n"
_PARAGRAPH = "\n\n"
# Zero-width padding that hides what would follow a preheader.
_PADDING = re.compile("[\u00ad\u034f\u200b-\u200f\u2060\ufeff]")


def _begins(tag: str, values: dict[str, str]) -> str:
    """Return what stands in a text where this element begins."""
    if tag == "img":
        return values.get("alt", "").strip()
    if tag == "li":
        return "\n- "
    if tag in ("br", "hr"):
        return _BREAK
    if tag in BLOCKS:
        return _PARAGRAPH if tag in PARAGRAPHS else _BREAK
    return " " if tag in ("td", "th") else ""


class _TextReader(HTMLParser):
    def __init__(self, words: re.Pattern[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.words = words
        self.parts: list[str] = []
        self.hidden: list[str] = []
        self.links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if self.hidden or self._is_hidden(tag, values):
            if tag not in VOID:
                self.hidden.append(tag)
            return
        if tag == "a":
            self.links.append((values.get("href", ""), len(self.parts)))
        else:
            self.parts.append(_begins(tag, values))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def _is_hidden(self, tag: str, values: dict[str, str]) -> bool:
        return tag in INVISIBLE or bool(_HIDDEN.search(values.get("style", "")))

    def handle_endtag(self, tag: str) -> None:
        if self.hidden:
            if tag in self.hidden:
                while self.hidden.pop() != tag:
                    pass
            return
        if tag == "a" and self.links:
            self._end_link(*self.links.pop())
        elif tag in BLOCKS:
            self.parts.append(_PARAGRAPH if tag in PARAGRAPHS else _BREAK)

    def _end_link(self, address: str, start: int) -> None:
        label = "".join(self.parts[start:]).strip()
        address = address.strip()
        if not address or address.startswith("#"):
            return
        shown = address.removeprefix("mailto:").removeprefix("tel:")
        if label in (address, shown):
            return
        self.parts.append(f" ({shown})" if label else shown)

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            # What reads as a tag only after its entities are read was none.
            self.parts.append(_TAG_START.sub("{ ", re.sub(r"\s+", " ", data)))

    def handle_comment(self, data: str) -> None:
        if not self.hidden and self.words.fullmatch(data):
            self.parts.append(data)


def text_of(html: str, words: re.Pattern[str]) -> str:
    """Return the readable text of a protected HTML, its links written out."""
    reader = _TextReader(words)
    reader.feed(html)
    reader.close()
    text = _PADDING.sub("", "".join(reader.parts).replace("\xa0", " "))
    lines = [re.sub(r"[ \t]+", " ", line).strip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"
