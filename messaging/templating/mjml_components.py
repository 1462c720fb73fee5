"""Components of MJML that the compiler knows less of than MJML's reference does.

Each adds what is missing to the compiler's own class; all else stays as it is there.
"""

from collections.abc import Mapping
from typing import Any

from mjml import elements
from mjml.elements.mj_social_element import IMG_BASE_URL
from mjml.helpers import borderParser

_X = {"src": f"{IMG_BASE_URL}twitter-x.png", "background-color": "#000000"}
_SHARE_ON_X = "https://twitter.com/intent/tweet?url="


class Button(elements.MjButton):
    """A button with a title."""

    @classmethod
    def allowed_attrs(cls) -> Mapping[str, str | None]:
        return {**super().allowed_attrs(), "title": "string"}

    def html_attrs(self, **attrs: Any) -> str:
        if "rel" in attrs:
            attrs["title"] = self.get_attr("title")
        return str(super().html_attrs(**attrs))


class Image(elements.MjImage):
    """A picture that tells how wide it is shown."""

    @classmethod
    def allowed_attrs(cls) -> Mapping[str, str | None]:
        return {**super().allowed_attrs(), "sizes": "string"}

    def html_attrs(self, **attrs: Any) -> str:
        if "src" in attrs:
            attrs["sizes"] = self.get_attr("sizes")
        return str(super().html_attrs(**attrs))


class Table(elements.MjTable):
    """A table that can say that it is one for looks only."""

    @classmethod
    def allowed_attrs(cls) -> Mapping[str, str | None]:
        return {**super().allowed_attrs(), "role": "enum(none,presentation)"}

    def html_attrs(self, **attrs: Any) -> str:
        if "cellpadding" in attrs:
            attrs["role"] = self.get_attr("role")
        return str(super().html_attrs(**attrs))


class Hero(elements.MjHero):
    """A hero that may stand in a wrapper, which asks for its class."""

    @classmethod
    def allowed_attrs(cls) -> Mapping[str, str | None]:
        return {**super().allowed_attrs(), "css-class": "string"}


class Column(elements.MjColumn):
    """A column whose inner border may be written as any border is."""

    def getShorthandAttrValue(  # noqa: N802 - the compiler's name
        self, attribute: str, direction: Any, attr_with_direction: bool = True
    ) -> int:
        if attribute == "inner-border":
            own = self.get_attr(f"inner-border-{direction}")
            return int(borderParser(own or self.get_attr(attribute) or "0"))
        return int(
            super().getShorthandAttrValue(attribute, direction, attr_with_direction)
        )


class AccordionTitle(elements.MjAccordionTitle):
    """A title in bold letters, or thin ones."""

    @classmethod
    def allowed_attrs(cls) -> Mapping[str, str | None]:
        return {**super().allowed_attrs(), "font-weight": "string"}

    def get_styles(self) -> dict[str, Any]:
        styles: dict[str, Any] = super().get_styles()
        return styles | {
            "td": styles["td"] | {"font-weight": self.get_attr("font-weight")}
        }


class Social(elements.MjSocial):
    """Icons that may all have the same border."""

    @classmethod
    def allowed_attrs(cls) -> Mapping[str, str | None]:
        return {**super().allowed_attrs(), "border": "string"}

    def getSocialElementAttributes(self) -> dict[str, Any]:  # noqa: N802
        given: dict[str, Any] = super().getSocialElementAttributes()
        border = self.get_attr("border")
        return given | ({"border": border} if border else {})


class SocialElement(elements.MjSocialElement):
    """An icon that may stand to the right of its words, or be that of X."""

    @classmethod
    def allowed_attrs(cls) -> Mapping[str, str | None]:
        return {
            **super().allowed_attrs(),
            "border": "string",
            "icon-position": "enum(left,right)",
        }

    def get_styles(self) -> dict[str, Any]:
        styles: dict[str, Any] = super().get_styles()
        return styles | {"img": styles["img"] | {"border": self.get_attr("border")}}

    def getSocialAttributes(self) -> dict[str, Any]:  # noqa: N802
        given: dict[str, Any] = super().getSocialAttributes()
        name = str(self.get_attr("name") or "")
        if name.removesuffix("-noshare") != "x":
            return given
        if name == "x" and given["href"]:
            given["href"] = f"{_SHARE_ON_X}{given['href']}"
        return given | {key: given[key] or value for key, value in _X.items()}

    def render(self) -> str:
        row = str(super().render())
        words = row.find(f"<td {self.html_attrs(style='tdText')}>")
        if self.get_attr("icon-position") != "right" or words < 0:
            return row
        icon, end = row.index("<td "), row.rindex("</tr>")
        return row[:icon] + row[words:end] + row[icon:words] + row[end:]


OWN_COMPONENTS = (
    AccordionTitle,
    Button,
    Column,
    Hero,
    Image,
    Social,
    SocialElement,
    Table,
)
