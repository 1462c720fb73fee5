"""From the source of an e-mail to its HTML, with the template tags as words."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from messaging.templating import footer
from messaging.templating.markup import MarkupReader
from messaging.templating.mjml_compile import compile_mjml
from messaging.templating.mjml_source import Edit, MjmlReader
from messaging.templating.plain_text import text_of
from messaging.templating.problems import TemplateProblems
from messaging.templating.tags import (
    Protected,
    Scan,
    Tag,
    restore,
    scan_tags,
    unconditional,
    words_of,
)
from messaging.templating.tracked import PIXEL_TAG, Link, LinkFinder

_UNSUBSCRIBE = re.compile(r"\{\{[-+]?\s*unsubscribe_url\s*[-+]?\}\}")
_COMMENT = re.compile(r"<!--(?!\[if|<!\[endif|-->|>)(?:(?!<!\[endif\]).)*?-->", re.S)
_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
_BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)
_HIDDEN = (
    '<div style="display:none;max-height:0;max-width:0;overflow:hidden;opacity:0">'
    "{}</div>"
)
_LINK = re.compile(
    r"(?<![\w-])((?:xlink:)?href|src|background|action|formaction|poster)"
    r"(\s*=\s*)(\"[^\"]*\"|'[^']*')",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Page:
    """Compiled HTML whose tags are still words."""

    text: str
    tags: Mapping[str, Tag] = field(default_factory=dict)

    def restored(self) -> tuple[str, list[Link]]:
        """Return the HTML with its tags, and the links in it that can be counted.

        Links are guarded, and those counted are marked.
        """
        finder = LinkFinder(self.tags)
        marked = _guard_links(finder.mark(self.text), self.tags)
        before, body_end, after = marked.rpartition("</body>")
        page = (before or after) + PIXEL_TAG + (body_end + after if body_end else "")
        return restore(page, self.tags), finder.links

    def as_text(self) -> str:
        """Return the plain text with its tags."""
        return restore(text_of(self.text, words_of(self.tags)), self.tags)


def compile_page(
    message: Scan, preheader: Scan, *, is_mjml: bool, is_marketing: bool, prefix: str
) -> Page:
    """Compile the message, or raise TemplateProblems with the author's lines."""
    reader = read_markup(message, is_mjml=is_mjml, prefix=prefix)
    protected = reader.protected
    hidden = Protected(preheader, f"{prefix}p")
    closing = Protected(_footer_scan(is_mjml), f"{prefix}f")
    if reader.problems:
        raise TemplateProblems(reader.problems)
    parts = _Parts(
        preheader=_escape_text(hidden) if preheader.source.strip() else "",
        footer="" if not is_marketing or _can_unsubscribe(reader) else closing.text,
    )
    text = (
        _compile_mjml(reader, parts)
        if isinstance(reader, MjmlReader)
        else _complete_html(reader, parts)
    )
    return Page(text, protected.tags | hidden.tags | closing.tags)


def read_markup(message: Scan, *, is_mjml: bool, prefix: str) -> MarkupReader:
    """Read the source of a mail; `problems` of the result says what is wrong."""
    reader = (MjmlReader if is_mjml else MarkupReader)(Protected(message, f"{prefix}m"))
    reader.read()
    return reader


@dataclass(frozen=True)
class _Parts:
    preheader: str
    footer: str


def _footer_scan(is_mjml: bool) -> Scan:
    return scan_tags(footer.MJML if is_mjml else footer.HTML, "message")


def _escape_text(protected: Protected) -> str:
    return html.escape(" ".join(protected.text.split()), quote=False)


def _can_unsubscribe(reader: MarkupReader) -> bool:
    """Say whether everyone who gets the message can see a link to unsubscribe."""
    everyone = set(unconditional(reader.protected.tags.values()))
    return any(
        tag in everyone
        and _UNSUBSCRIBE.fullmatch(tag.text)
        and (reader.contexts.get(word) == "text" or word in reader.link_words)
        for word, tag in reader.protected.tags.items()
    )


def _compile_mjml(reader: MjmlReader, parts: _Parts) -> str:
    extra: list[Edit] = []
    if parts.preheader:
        extra += [reader.drop(start, end) for start, end in reader.preview_spans]
        preview = f"<mj-preview>{parts.preheader}</mj-preview>"
        if reader.head_end >= 0:
            extra.append(Edit(reader.head_end, reader.head_end, preview))
        else:
            head = f"<mj-head>{preview}</mj-head>"
            extra.append(Edit(reader.root_end, reader.root_end, head))
    if parts.footer:
        extra.append(Edit(reader.body_end, reader.body_end, parts.footer))
    return compile_mjml(reader, extra)


def _complete_html(reader: MarkupReader, parts: _Parts) -> str:
    text = _COMMENT.sub("", reader.protected.text)
    if parts.preheader:
        body = _BODY.search(text)
        start = body.end() if body else 0
        text = text[:start] + _HIDDEN.format(parts.preheader) + text[start:]
    if parts.footer:
        ends = list(_BODY_END.finditer(text))
        end = ends[-1].start() if ends else len(text)
        text = text[:end] + parts.footer + text[end:]
    return text


def _guard_links(text: str, tags: Mapping[str, Tag]) -> str:
    """Put a guard around each address that a customer's values take part in."""
    words = words_of(tags)

    def guard(match: re.Match[str]) -> str:
        value = match[3]
        if not words.search(value):
            return match[0]
        quote, address = value[0], value[1:-1]
        return f"{match[1]}{match[2]}{quote}{{% link %}}{address}{{% endlink %}}{quote}"

    return _LINK.sub(guard, text)
