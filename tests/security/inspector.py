"""A browser that notices whatever a text of others brings about in a page."""

from playwright.sync_api import Error

from tests.browser import PATIENCE, refusals

# Whatever an address leads to, read as a browser does: without tabs, in small letters.
_LINKS = """
(html) => {
    const page = html === null
        ? document : new DOMParser().parseFromString(html, "text/html");
    const names = ["href", "src", "action", "formaction", "data"];
    const addresses = [...page.querySelectorAll("*")].flatMap(
        (one) => names.map((name) => one.getAttribute(name)).filter(Boolean));
    const planted = [...page.querySelectorAll("[planted]")];
    return [
        ...planted.map((one) => `Text became markup: ${one.outerHTML}`),
        ...addresses.filter((address) => {
            const url = URL.parse(address, location.href);
            return url && (/^(javascript|vbscript|blob):/.test(url.protocol)
                || url.protocol === "data:" && !url.href.startsWith("data:image/")
                || url.hostname === "planted.test");
        }).map((address) => `Text became a link: ${address}`),
    ];
}
"""


class Inspector:
    """Opens pages of one site and lists in `found` what no text may bring about."""

    def __init__(self, context, site):
        self.context, self.site = context, site
        self.found = []
        self.page = context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.expose_binding("ran", lambda _source: self._note("A script ran."))
        self.page.on("pageerror", self._failed)
        self.page.on("dialog", self._dismiss)
        self.page.on("request", self._asked)
        self.page.on("console", self._heard)

    def close(self):
        self.page.close()

    def visit(self, address):
        """Open a page and look at it; a text may not lead away from it either."""
        try:
            self.page.goto(address, wait_until="load")
            self.look()
        except Error as error:
            self._note(f"The page could not be looked at: {error}")

    def look(self):
        """Look for markup and links that came out of a text, also in frames."""
        for words in self.page.evaluate(_LINKS, None):
            self._note(words)
        for frame in self.page.frames[1:]:
            # No script runs in a mail's frame, ours neither, so its HTML is read here.
            try:
                html = frame.content()
            except Error:
                continue  # a newer preview took its place
            for words in self.page.evaluate(_LINKS, html):
                self._note(f"In a frame: {words}")

    def read(self, html):
        """Look at HTML without opening it, for markup and links that texts became."""
        for words in self.page.evaluate(_LINKS, html):
            self._note(words)

    def _note(self, words):
        try:
            where = self.page.url.removeprefix(self.site)
        except Error:
            where = "?"
        self.found.append(f"{where[:150]}: {words[:300]}")

    def _failed(self, error):
        if error.name == "SyntaxError":
            self._note(f"Text became a part of a script: {error.message}")

    def _dismiss(self, dialog):
        self._note(f"A dialog opened: {dialog.message}")
        dialog.dismiss()

    def _asked(self, request):
        if request.url.startswith("http") and not request.url.startswith(self.site):
            self._note(f"Another host was asked: {request.url}")

    def _heard(self, said):
        for words in refusals(said):
            # The picture that counts openings is to be kept out of our own frames.
            if f"'{self.site}/o/" not in words:
                self._note(words)
