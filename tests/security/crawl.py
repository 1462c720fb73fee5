"""A walk through the back office: every page that there is, and where it leads."""

import re
from collections import Counter, deque
from html import unescape
from urllib.parse import parse_qs, urljoin, urlsplit

from django.contrib import admin
from django.urls import Resolver404, get_resolver, resolve

from tests.admin_urls import urls_of

_END = "/admin/logout/"
# Of more objects of one kind the page is only read, for markup and links.
_MOST_OPENED = 5
_LINK = re.compile(r'<a[^>]* href="([^"]*)"')


class Crawl:
    """Asks for each page for up to `most` objects; `names` are those of the pages.

    The browser opens the pages in which a part of an attack stands, or all.
    """

    def __init__(self, inspector, most, *, opens_all):
        self.inspector, self.most, self.opens_all = inspector, most, opens_all
        self.waiting = deque()
        self.seen = set()
        self.kinds = Counter()
        self.names, self.opened = set(), Counter()

    def add(self, address):
        """Walk to a page too, unless enough of its kind have been seen."""
        parts = urlsplit(address)
        path = f"{parts.path}?{parts.query}".rstrip("?")
        if address.startswith("http") and not address.startswith(self.inspector.site):
            return
        if path in self.seen or parts.path == _END:
            return
        try:
            name = resolve(parts.path).view_name
        except Resolver404:
            return
        asked = sorted(parse_qs(parts.query))
        kind = (name, *asked) if self.opens_all else (name, bool(asked))
        if self.kinds[kind] < self.most:
            self.kinds[kind] += 1
            self.seen.add(path)
            self.waiting.append((name, path))

    def walk(self):
        """Visit what waits, and all to which that leads."""
        while self.waiting:
            name, path = self.waiting.popleft()
            answer = self.inspector.context.request.get(path, max_redirects=0)
            self.names.add(name)
            if "location" in answer.headers:
                self.add(answer.headers["location"])
            elif _is_page(answer):
                self._look_at(name, path, answer)

    def _look_at(self, name, path, answer):
        html = answer.text()
        for link in _LINK.findall(html):
            self.add(urljoin(path, unescape(link)))
        if not (self.opens_all or "ran()" in html or "planted" in html):
            return
        self.opened[name] += 1
        is_mail = "sandbox" in answer.headers.get("content-security-policy", "")
        if is_mail or self.opened[name] > _MOST_OPENED:
            self.inspector.read(html)
        else:
            self.inspector.visit(path)


def addresses_of_objects(number):
    """Return each page of each model's admin, for its object of this number."""
    for model in admin.site._registry:
        keys = list(model.objects.order_by("pk").values_list("pk", flat=True))
        yield from urls_of(model, keys[number % len(keys)] if keys else 1)


def names_of_pages():
    """Return the name of every address of the back office."""
    office = get_resolver().namespace_dict["admin"][1]
    return {f"admin:{name}" for name in office.reverse_dict if isinstance(name, str)}


def _is_page(answer):
    is_html = answer.headers.get("content-type", "").startswith("text/html")
    return answer.status == 200 and is_html
