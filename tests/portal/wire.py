"""What really goes over the wire for a page."""

from urllib.parse import urlsplit


class Wire:
    """Counts what a browser's page asks for; nothing comes from the browser's cache.

    `hosts` are those of all requests since the page was opened. `weight` is how many
    bytes, compressed as they came and with their headers, the document shown now and
    all that it asked for took, pictures left out.
    """

    def __init__(self, page):
        self.hosts, self.weight, self._kinds = set(), 0, {}
        session = page.context.new_cdp_session(page)
        session.on("Network.requestWillBeSent", self._ask)
        session.on("Network.loadingFinished", self._come)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})

    def _ask(self, event):
        request, kind = event["requestId"], event["type"]
        self.hosts.add(urlsplit(event["request"]["url"]).netloc)
        if kind == "Document":
            self.weight, self._kinds = 0, {}
        self._kinds[request] = kind

    def _come(self, event):
        if self._kinds.get(event["requestId"], "Image") != "Image":
            self.weight += int(event["encodedDataLength"])
