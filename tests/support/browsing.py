"""People at real browsers, a look at every page they come by, and the emails that they get."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import servers
from axe_playwright_python.sync_playwright import Axe, AxeResults
from patience import patient, wait_until
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    Playwright,
    TimeoutError,
    expect,
)

#: Assertions about pages wait for what they assert.
expect.set_options(timeout=patient(60_000))

#: What a first view of any page may weigh on the wire, in bytes.
MOST_BYTES = 100_000
#: A screen and a telephone.
WIDTHS = (1280, 390)
#: The rules of axe for which it matters whether a page is light or dark.
RULES_OF_COLOURS = ("color-contrast", "link-in-text-block")
#: Fonts whose letters are as wide as those that most people have, and the packages they are in:
#: Arial and Helvetica, that of Android, and the widest of those that Linux has.
FONTS = {
    "Liberation Sans": "fonts-liberation2",
    "Roboto": "fonts-roboto-unhinted",
    "DejaVu Sans": "fonts-dejavu-core",
}
#: Returns whether a font is here: then what it would be replaced by does not matter.
_HAS_FONT = """font => {
    const pen = document.createElement("canvas").getContext("2d");
    const [one, other] = ["monospace", "serif"].map(instead => {
        pen.font = `40px "${font}", ${instead}`;
        return pen.measureText("Preceptor will match").width;
    });
    return one === other;
}"""
#: Returns what axe found wrong; the rest of what it says takes long to hand over, and where it is
#: takes long to say.
_VIOLATIONS = """async options => {
    const run = more => axe.run({ ...options, ...more, resultTypes: ["violations"] });
    const { violations: found } = await run({ selectors: false });
    return found.length ? { violations: (await run()).violations } : { violations: [] };
}"""

#: Returns the words of cells that stand on more than one line. Dates and addresses count as one
#: word; others may break at their hyphens, as in 0-5 years. A word must break where it is wider
#: than its cell can be, and only then.
_BROKEN_WORDS = """font => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`* { font-family: "${font}" !important; }`);
    document.adoptedStyleSheets = [sheet];
    const broken = [];
    for (const cell of document.querySelectorAll("td, th")) {
        const style = getComputedStyle(cell);
        // On a telephone, a cell is a line of its own, or shares it with a status.
        const widest = style.display === "block" ? cell : cell.closest("table").parentElement;
        const padding = parseFloat(style.paddingLeft) + parseFloat(style.paddingRight);
        const room = widest.clientWidth - padding;
        const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
        for (let node; node = texts.nextNode();) {
            for (const word of node.data.matchAll(/\\S+@\\S+|\\d+-\\d+-\\d+|[^\\s\\-–—\\/]+/g)) {
                const range = document.createRange();
                range.setStart(node, word.index);
                range.setEnd(node, word.index + word[0].length);
                const boxes = [...range.getClientRects()].filter(box => box.width > 0);
                const lines = new Set(boxes.map(box => Math.round(box.top)));
                const width = boxes.reduce((sum, box) => sum + box.width, 0);
                if (lines.size > 1 && width <= room)
                    broken.push(`${word[0]} (${Math.round(width)} px)`);
            }
        }
    }
    document.adoptedStyleSheets = [];
    return broken;
}"""


def launch(playwright: Playwright) -> Browser:
    """Debian's Chromium, headless, or the one that CHROMIUM names."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        servers.missing("Chromium", "apt-get install chromium, or name one in CHROMIUM")
    quiet = [
        "--no-sandbox",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    return playwright.chromium.launch(executable_path=path, args=quiet)


def check_fonts(page: Page) -> None:
    """Skip a test, or fail it in CI, where a font is missing."""
    for font, package in FONTS.items():
        if not page.evaluate(_HAS_FONT, font):
            servers.missing(f"The font {font}", f"apt-get install {package}")


class Visitor:
    """Someone at a browser of their own, and everything that the browser complained about.

    Pages that another visitor looks at by `axe` need not be looked at again.
    """

    def __init__(self, browser: Browser, site: str, *, axe: bool = True, **options: Any) -> None:
        self.site = site
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        self.expected: tuple[str, ...] = ()
        options = {"viewport": {"width": 1280, "height": 900}, "locale": "en-GB"} | options
        self.context: BrowserContext = browser.new_context(**options)
        self.context.set_default_timeout(patient(60_000))
        self.page: Page = self.context.new_page()
        self.page.on("console", lambda message: self._hear(message.text))
        self.page.on("pageerror", lambda error: self._hear(str(error)))
        self.page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))
        self._uses_axe = axe and options.get("java_script_enabled", True)

    def _hear(self, words: str) -> None:
        if not any(part in words for part in self.expected):
            self.complaints.append(words)

    def open(self, path: str) -> None:
        self.page.goto(path if path.startswith("http") else f"{self.site}{path}")

    def leave_by(self, target: Locator) -> None:
        """Click what leads to another page, and wait until that one has come.

        A click alone ends before the old page is left, whose words and address are read then.
        """
        with self.page.expect_navigation():
            target.click()

    def press(self, name: str) -> None:
        """Press a button of the page's main part, and wait for what comes."""
        button = self.page.get_by_role("main").get_by_role("button", name=name, exact=True).first
        if button.get_attribute("type") == "button":
            # It opens a question on the same page.
            button.click()
        else:
            self.leave_by(button)

    def follow(self, name: str) -> None:
        """Follow a link, and wait for its page."""
        self.leave_by(self.page.get_by_role("link", name=name, exact=True).first)

    def choose(self, question: str, *words: str) -> None:
        """Find entries of a searchable list by words that people use, with the keyboard."""
        box = self.page.locator("fieldset", has_text=question).locator(".type input")
        for word in words:
            box.fill(word)
            box.press("Enter")

    def sees(self, words: str) -> bool:
        """Return whether words are shown, once a page that is on its way has come as a whole."""
        try:
            self.page.get_by_text(words).first.wait_for()
        except TimeoutError:
            return False
        self.page.wait_for_load_state()
        return True

    def look(self, name: str, rules: Sequence[str] = ()) -> None:
        """Look at a page as a machine can: axe, overflow, hosts, nothing on the console.

        Of the rules of axe it looks at these alone, or at all.
        """
        if self._uses_axe:
            options = {"runOnly": {"type": "rule", "values": rules}} if rules else {}
            if not self.page.evaluate("'axe' in window"):
                self.page.evaluate(Axe().axe_script)
            found = AxeResults(self.page.evaluate(_VIOLATIONS, options))
            assert found.violations_count == 0, f"{name}: {found.generate_report()}"
            wide = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert wide <= 0, f"{name} is {wide} px wider than the window"
        assert self.complaints == [], name
        assert self.hosts <= {self.site.split("/")[2]}, (name, self.hosts)
        if folder := os.environ.get("SCREENSHOTS"):
            self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
            # For checkers of HTML, with what the script made of it.
            (Path(folder) / f"{name}.html").write_text(self.page.content())

    def look_at_every_width_light_and_dark(self, name: str) -> None:
        """Look at the page, which is loaded once, in every appearance that it can have."""
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.emulate_media(color_scheme="light")
            self.look(f"{name}-{width}-light")
            self.page.emulate_media(color_scheme="dark")
            self.look(f"{name}-{width}-dark", RULES_OF_COLOURS)

    def broken_words(self, font: str) -> list[str]:
        """Return the words in cells of tables that break although they need not, in a font."""
        broken = []
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 900})
            broken += [f"{width} px: {word}" for word in self.page.evaluate(_BROKEN_WORDS, font)]
        return broken

    @contextmanager
    def weighing(self) -> Iterator[Callable[[str], int]]:
        """Weigh pages while they are open: the bytes on the wire since one was opened."""
        session = self.context.new_cdp_session(self.page)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        weights: list[float] = []
        session.on(
            "Network.loadingFinished", lambda event: weights.append(event["encodedDataLength"])
        )

        def weigh() -> int:
            self.page.wait_for_load_state("networkidle")
            weight = int(sum(weights))
            weights.clear()
            return weight

        yield weigh
        session.detach()

    def close(self) -> None:
        self.context.close()


@contextmanager
def visiting(browser: Browser, site: str, **options: Any) -> Iterator[Visitor]:
    """Someone at a browser, who leaves at the end."""
    visitor = Visitor(browser, site, **options)
    try:
        yield visitor
    finally:
        visitor.close()


#: Returns all emails that were caught, each time the same objects.
Emails = Callable[[], list[EmailMessage]]


def wait_for_email(emails: Emails, address: str, subject: str) -> EmailMessage:
    """The newest email to someone whose subject matches."""
    # Headers are parsed whenever they are read, so of each email only once.
    read: set[int] = set()

    def matching() -> list[EmailMessage]:
        unread = [message for message in emails() if id(message) not in read]
        read.update(map(id, unread))
        return [
            message
            for message in unread
            if address in str(message["To"]) and re.search(subject, str(message["Subject"]))
        ]

    # It may stand behind those of a whole round.
    found = wait_until(f"an email to {address} about {subject!r}", matching, 240)
    return max(found, key=lambda message: message["Date"].datetime)


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())
