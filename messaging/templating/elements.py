"""The names of HTML's elements by what they do."""


def named(text: str) -> frozenset[str]:
    """Return the words of `text` as a set."""
    return frozenset(text.split())


VOID = named("area base br col embed hr img input link meta source track wbr")
# HTML lets these stay open; the next of their kind, or their parent's end, closes.
CLOSES_ITSELF = named("p li dt dd tr td th thead tbody tfoot option colgroup")
BLOCKS = named(
    "address article aside blockquote body caption center dd div dl dt fieldset figure"
    " footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section table tbody"
    " tfoot thead title tr ul"
)
PARAGRAPHS = named("p h1 h2 h3 h4 h5 h6 ul ol table blockquote")
INVISIBLE = named("head style script title template svg")
# Mail programs drop these, or take them for an attack.
FORBIDDEN = named("script iframe frame frameset object embed applet base portal")
# Their content is not parsed as elements, so no comment can stand in for a tag.
RAW_TEXT = named("style script title textarea mj-style mj-title mj-preview")
