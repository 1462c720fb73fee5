"""Which MJML components there are, where each may stand and what it takes."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from mjml.core.registry import (
    components,
    register_components,
    register_core_components,
)

from messaging.templating.elements import named
from messaging.templating.mjml_components import OWN_COMPONENTS

_BLOCKS = named(
    "mj-accordion mj-button mj-carousel mj-divider mj-image mj-navbar mj-raw mj-social"
    " mj-spacer mj-table mj-text"
)
# A component's children; what is missing here holds HTML or text.
CHILDREN: dict[str, frozenset[str]] = {
    "": frozenset(("mjml",)),
    "mjml": frozenset(("mj-head", "mj-body")),
    "mj-head": named(
        "mj-attributes mj-breakpoint mj-font mj-html-attributes mj-preview mj-raw"
        " mj-style mj-title"
    ),
    "mj-body": named("mj-hero mj-raw mj-section mj-wrapper"),
    "mj-wrapper": named("mj-hero mj-raw mj-section"),
    "mj-section": named("mj-column mj-group mj-raw"),
    "mj-group": frozenset(("mj-column", "mj-raw")),
    "mj-column": _BLOCKS,
    "mj-hero": _BLOCKS,
    "mj-accordion": frozenset(("mj-accordion-element", "mj-raw")),
    "mj-accordion-element": frozenset(
        ("mj-accordion-title", "mj-accordion-text", "mj-raw")
    ),
    "mj-carousel": frozenset(("mj-carousel-image",)),
    "mj-navbar": frozenset(("mj-navbar-link", "mj-raw")),
    "mj-social": frozenset(("mj-social-element", "mj-raw")),
    "mj-html-attributes": frozenset(("mj-selector",)),
    "mj-selector": frozenset(("mj-html-attribute",)),
    "mj-image": frozenset(),
    "mj-divider": frozenset(),
    " mj-spacer": frozenset(),
    "mj-carousel-image": frozenset(),
    "mj-font": frozenset(),
    "mj-breakpoint": frozenset(),
}
# Between these, a template tag is kept by writing it as a comment.
KEEPS_COMMENTS = named("mj-body mj-wrapper mj-section mj-group mj-column mj-hero")
_COMMON = frozenset(("css-class", "mj-class"))
_EXTRA: dict[str, frozenset[str]] = {
    "mjml": frozenset(("lang", "dir", "owa")),
    "mj-raw": frozenset(("position",)),
    "mj-selector": frozenset(("path",)),
    "mj-html-attribute": frozenset(("name",)),
    "mj-body": frozenset(("id",)),
}
_WITHOUT_RENDERER = named("mjml mj-all mj-class mj-selector mj-html-attribute")


@cache
def attributes_of(name: str) -> frozenset[str] | None:
    """Return the attributes that a component takes, None for an unknown one."""
    if name in _WITHOUT_RENDERER:
        return _COMMON | _EXTRA.get(name, frozenset())
    component = _components().get(name)
    if component is None:
        return None
    own = {*component.allowed_attrs(), *component.default_attrs()}
    return _COMMON | own | _EXTRA.get(name, frozenset())


@cache
def component_names() -> tuple[str, ...]:
    """Return the names of all components that a template may use."""
    return tuple(sorted({*_components(), *_WITHOUT_RENDERER}))


def _components() -> Mapping[str, Any]:
    register_core_components()
    register_components(OWN_COMPONENTS)
    return {**components}
