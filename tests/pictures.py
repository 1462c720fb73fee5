"""Pictures of pages for the documentation; `make pictures` takes them."""

import io
import os
from pathlib import Path

from PIL import Image

DOCS = Path(__file__).parents[1] / "docs"
ARE_WANTED = bool(os.environ.get("PICTURES"))
_COLOURS = 128  # of a page; more are not seen, and a picture is read on phones too


def take(page, path, height, *, ready=None, at=None):
    """Keep what a window of this height shows, once all of it has come.

    `at` is the heading that it begins with, where it does not begin at the top.
    """
    size = page.viewport_size
    page.set_viewport_size({"width": size["width"], "height": height})
    if ready:
        page.locator(ready).first.wait_for()
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    page.evaluate("document.activeElement.blur()")
    if at:
        heading = page.get_by_role("heading", name=at).first
        heading.evaluate("heading => heading.parentElement.scrollIntoView()")
    shot = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    path.parent.mkdir(parents=True, exist_ok=True)
    shot.convert("RGB").quantize(_COLOURS).save(path, optimize=True)
    page.set_viewport_size(size)
