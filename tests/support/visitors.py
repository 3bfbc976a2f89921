"""People at the site without a browser: they fill in forms, and act only on what they are told."""

from __future__ import annotations

import http.client
import re
from urllib.parse import urlencode

from patience import patient, patiently


class Visitor:
    """A browser as far as forms go: it keeps cookies, and acts only on what it is answered."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._cookies: dict[str, str] = {}

    def form(self, path: str) -> dict[str, str]:
        """Return the hidden fields of the first form on a page."""

        def read() -> str:
            status, _location, page = self._ask("GET", path)
            if status != 200:
                raise ConnectionError(f"{path}: {status}")
            return page

        page = patiently(read)
        hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page)
        return dict(reversed(hidden))

    def send(self, path: str, fields: dict[str, str], **more: str) -> str:
        """Send a form; the page it leads to. Raises `ConnectionError` where it is not confirmed."""
        status, location, page = self._ask("POST", path, {**fields, **more})
        if status not in (302, 303):
            raise ConnectionError(f"{path}: {status}: {page[-2000:]}")
        return location

    def status(self, path: str) -> tuple[int, str]:
        """Return the status of a page, and where it leads instead."""
        status, location, _page = self._ask("GET", path)
        return status, location

    @property
    def headers(self) -> dict[str, str]:
        """The headers of each request: whose site it is for, and the cookies."""
        return {
            "Host": f"localhost:{self._port}",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()),
        }

    def _ask(
        self, method: str, path: str, fields: dict[str, str] | None = None
    ) -> tuple[int, str, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=patient(30))
        headers = dict(self.headers)
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, urlencode(fields or {}), headers)
            answer = connection.getresponse()
            page = answer.read().decode()
        finally:
            connection.close()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer.status, answer.headers.get("Location", ""), page
