"""The page in a real browser: Debian's Chromium, driven by Playwright, without a network."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect, sync_playwright

from reports.document import ReportDocument
from reports.html import page as html_page
from reports.render_options import RenderOptions

pytestmark = pytest.mark.full

_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Opened:
    """A page that was opened, with everything that it tried besides showing itself."""

    def __init__(self, browser: Browser, path: Path, **context: Any) -> None:
        self.context = browser.new_context(**context)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("dialog", self._refuse)
        self.page.on("popup", lambda _: self.complaints.append("popup"))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())
        self.own = path.as_uri()

    def _refuse(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def addresses(self) -> list[str]:
        """The addresses of the rows that are shown, in order."""
        return self.page.locator("tr.device .toggle bdi").all_inner_texts()

    def status(self) -> str:
        """What the table says about how many rows it shows."""
        return self.page.locator("#shown").inner_text()

    def assert_quiet(self) -> None:
        """No script error, no message, no dialog, no request but for the file itself."""
        assert self.complaints == []
        assert [url for url in self.requests if url.split("#")[0] != self.own] == []


Open = Callable[..., Opened]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=_ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    opened: list[Opened] = []

    def make(document: ReportDocument, **context: Any) -> Opened:
        path = tmp_path / f"report{len(opened)}.html"
        path.write_bytes(html_page.render(document, RenderOptions()))
        opened.append(Opened(browser, path, **context))
        return opened[-1]

    yield make
    for one in opened:
        one.context.close()


def test_it_renders_without_error_or_request(open_page: Open, document: ReportDocument) -> None:
    opened = open_page(document)
    assert opened.page.title() == "Network equipment report: Springfield Depot"
    assert opened.addresses()[:2] == ["10.20.0.5", "10.20.0.31"]
    assert len(opened.addresses()) == len(document.devices)
    assert opened.status() == "14 devices"
    assert opened.page.locator("tr.details").count() == 0
    opened.assert_quiet()


@pytest.mark.parametrize("name", ["panel_document", "empty_document", "partial_document", "imported_document"])
def test_every_kind_of_document_renders_quietly(
    open_page: Open, name: str, request: pytest.FixtureRequest
) -> None:
    opened = open_page(request.getfixturevalue(name))
    assert opened.page.locator("h1").inner_text().startswith("Network equipment report")
    opened.assert_quiet()


def test_it_filters_by_text_and_by_choice(open_page: Open, document: ReportDocument) -> None:
    opened = open_page(document)
    page = opened.page
    page.fill("#filter-text", "axis  10.20")
    expect(page.locator("#shown")).to_have_text("2 of 14 devices")
    assert opened.addresses() == ["10.20.0.61", "2001:db8:20::64"]
    page.select_option("#filter-class", label="recorder (2)")
    expect(page.locator("#shown")).to_have_text("1 of 14 devices")
    assert opened.addresses() == ["2001:db8:20::64"]
    page.select_option("#filter-maker", "Hikvision")
    assert opened.status() == "No device matches; clear the filter to see all 14"
    page.click("#clear")
    assert opened.status() == "14 devices"
    page.select_option("#filter-covered", "possible")
    assert opened.addresses() == ["10.20.0.52", "10.20.0.53"]
    page.click(".tile[data-value=unknown] a")
    assert opened.addresses() == ["10.20.0.71"]
    opened.assert_quiet()


def test_a_serial_number_or_an_excerpt_finds_its_device(open_page: Open, document: ReportDocument) -> None:
    opened = open_page(document)
    opened.page.fill("#filter-text", "i2162020091600example")
    expect(opened.page.locator("tr.device")).to_have_count(1)
    opened.page.fill("#filter-text", "dnvrs-webs")
    expect(opened.page.locator("tr.device")).to_have_count(4)


def test_it_sorts_by_every_column_and_tells_so(open_page: Open, document: ReportDocument) -> None:
    opened = open_page(document)
    page = opened.page
    buttons = page.locator(".sort")
    assert buttons.count() == 8
    for place in range(8):
        heading = page.locator("table.devices thead th").nth(place)
        buttons.nth(place).click()
        assert heading.get_attribute("aria-sort") == "ascending"
        assert page.locator("[aria-sort]").count() == 1
        upward = opened.addresses()
        buttons.nth(place).click()
        assert heading.get_attribute("aria-sort") == "descending"
        assert sorted(opened.addresses()) == sorted(upward)
        assert opened.addresses() != upward
    page.click(".sort[data-key=address_order]")
    assert opened.addresses()[:3] == ["10.20.0.5", "10.20.0.21", "10.20.0.22"]
    assert opened.addresses()[-1] == "2001:db8:20::64"
    page.click(".sort[data-key=confidence]")
    assert opened.addresses()[0] == "10.20.0.71"
    opened.assert_quiet()


def test_details_open_and_close_by_keyboard(open_page: Open, document: ReportDocument) -> None:
    opened = open_page(document)
    page = opened.page
    toggle = page.locator("#device-1 .toggle")
    assert toggle.get_attribute("aria-expanded") == "false"
    toggle.focus()
    page.keyboard.press("Enter")
    assert toggle.get_attribute("aria-expanded") == "true"
    details = page.locator(f"#{toggle.get_attribute('aria-controls')}")
    assert "the web server calls itself DNVRS-Webs" in details.inner_text()
    assert "conditional since 2020-08-13" in details.inner_text()
    assert page.evaluate("document.activeElement.closest('tr').id") == "device-1"
    page.keyboard.press("Space")
    assert toggle.get_attribute("aria-expanded") == "false"
    assert page.locator("tr.details").count() == 0
    page.click("#expand")
    assert page.locator("tr.details").count() == len(document.devices)
    page.click("#expand")
    assert page.locator("tr.details").count() == 0
    opened.assert_quiet()


def test_a_link_to_a_device_opens_it_even_if_it_was_filtered_out(
    open_page: Open, document: ReportDocument
) -> None:
    opened = open_page(document)
    opened.page.select_option("#filter-covered", "no")
    opened.page.click("#replacements a >> text=198.51.100.44")
    opened.page.wait_for_selector("tr.details")
    assert opened.status() == "14 devices"
    assert opened.page.evaluate("document.activeElement.innerText").strip().endswith("198.51.100.44")


def test_a_link_to_answers_of_the_law_opens_them(open_page: Open, document: ReportDocument) -> None:
    page = open_page(document).page
    page.click("#device-14 .toggle")
    assert not page.locator("#law-3").evaluate("one => one.open")
    page.click("text=All answers with rules, dates and citations: group 3")
    expect(page.locator("#law-3 .quiet").first).to_be_visible()


def test_everything_can_be_reached_by_tab(open_page: Open, document: ReportDocument) -> None:
    page = open_page(document).page
    seen = set()
    for _ in range(120):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.id || document.activeElement.className"))
    assert {
        "skip",
        "filter-text",
        "filter-covered",
        "filter-class",
        "filter-maker",
        "clear",
        "sort",
        "toggle",
    } <= seen


def test_many_devices_are_paged(open_page: Open, large_document: Callable[[int], ReportDocument]) -> None:
    opened = open_page(large_document(2_000))
    page = opened.page
    assert page.locator("tr.device").count() == 100
    assert page.locator("#page").inner_text() == "Rows 1 to 100 of 2,000"
    page.click("#next")
    assert page.locator("#page").inner_text() == "Rows 101 to 200 of 2,000"
    page.select_option("#page-size", "500")
    assert page.locator("tr.device").count() == 500
    milliseconds = page.evaluate(
        "() => { const began = performance.now(); document.querySelector('.sort[data-key=name]').click();"
        " return performance.now() - began; }"
    )
    assert milliseconds < 1_000
    opened.assert_quiet()


def test_the_table_can_be_read_without_scripts(open_page: Open, document: ReportDocument) -> None:
    opened = open_page(document, java_script_enabled=False)
    assert opened.addresses()[:2] == ["10.20.0.5", "10.20.0.31"]
    assert "the web server calls itself DNVRS-Webs" in opened.page.locator("tr.details").first.inner_text()
    assert not opened.page.locator("#controls").is_visible()
    assert not opened.page.locator("#expand").is_visible()
    opened.assert_quiet()


def test_hostile_text_runs_nothing_and_breaks_nothing(open_page: Open, hostile_document: ReportDocument) -> None:
    opened = open_page(hostile_document)
    page = opened.page
    page.select_option("#page-size", "500")
    page.click("#expand")
    assert page.locator("tr.details").count() == len(hostile_document.devices)
    page.click(".sort[data-key=name]")
    page.fill("#filter-text", "<script>")
    expect(page.locator("#shown")).to_contain_text(" of ")
    page.click("#clear")
    for choice in ("#filter-class", "#filter-maker"):
        page.select_option(choice, index=3)
    page.click("#clear")
    page.mouse.move(400, 400)
    assert page.evaluate("window.ran") is None
    assert page.evaluate("document.scripts.length") == 3
    assert page.locator("img, iframe, object, embed, base, [onerror], [onload], [onmouseover]").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    opened.assert_quiet()


def test_the_policy_stops_a_script_that_got_in(open_page: Open, document: ReportDocument) -> None:
    opened = open_page(document)
    opened.page.evaluate(
        "() => { const image = new Image(); image.src = 'http://127.0.0.1:9/x.png'; document.body.append(image);"
        " const script = document.createElement('script'); script.append('window.ran = 1');"
        " try { document.body.append(script); } catch (error) { window.caught = 1; } }"
    )
    opened.page.wait_for_timeout(200)
    assert opened.page.evaluate("window.ran") is None
    assert any("Content Security Policy" in complaint for complaint in opened.complaints)


@pytest.mark.parametrize("width", [360, 390, 768, 1024, 1400, 2200])
def test_nothing_is_wider_than_the_screen(open_page: Open, panel_document: ReportDocument, width: int) -> None:
    page = open_page(panel_document, viewport={"width": width, "height": 900}).page
    page.click("#expand")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


_CONTRAST = """
() => {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const paint = canvas.getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => {
    paint.clearRect(0, 0, 1, 1); paint.fillStyle = colour; paint.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = paint.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const luminance = (colour) => {
    const [r, g, b] = colour.map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const colour = rgba(getComputedStyle(one).backgroundColor);
      if (colour[3] === 1) return colour;
    }
    return rgba('Canvas');
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const element = text.parentElement;
    if (!text.data.trim() || !element.checkVisibility() || element.closest('option, script, .skip, :disabled')) continue;
    const style = getComputedStyle(element);
    const [light, dark] = [luminance(rgba(style.color)), luminance(behind(element))].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) poor.push(`${text.data.trim().slice(0, 40)} ${ratio.toFixed(2)}`);
  }
  return poor;
}
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_enough_contrast(open_page: Open, partial_document: ReportDocument, scheme: str) -> None:
    opened = open_page(partial_document, color_scheme=scheme)
    opened.page.click("#expand")
    opened.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    opened.page.mouse.move(0, 0)
    assert opened.page.evaluate(_CONTRAST) == []
    opened.page.evaluate("document.querySelector('h2').style.color = 'var(--line)'")
    assert len(opened.page.evaluate(_CONTRAST)) == 1


def test_names_and_roles_are_there_for_a_screen_reader(open_page: Open, document: ReportDocument) -> None:
    page = open_page(document).page
    unnamed = page.evaluate(
        "() => [...document.querySelectorAll('button, a, select, input, svg[role=img], table, nav, section')]"
        ".filter((one) => !(one.textContent.trim() || one.getAttribute('aria-label') || one.getAttribute('aria-labelledby')"
        " || one.labels?.length)).map((one) => one.outerHTML.slice(0, 80))"
    )
    assert unnamed == []
    levels = page.evaluate(
        "() => [...document.querySelectorAll('h1,h2,h3,h4')].map((one) => Number(one.tagName[1]))"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("[role=status]").count() == 1
    ids = page.evaluate("() => [...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) == len(set(ids))


def test_on_paper_heads_repeat_details_are_open_and_controls_are_gone(
    open_page: Open, document: ReportDocument, read_pdf: Callable[[bytes], list[str]]
) -> None:
    opened = open_page(document)
    pages = read_pdf(opened.page.pdf(prefer_css_page_size=True))
    whole = "".join(pages)
    with_table = [text for text in pages if "sure, because" in text]
    assert len(with_table) >= 2
    for text in with_table:
        assert "Confidence" in text
        assert "For the owner" in text
    assert whole.count("sure, because") == 13
    assert "answers that bar nothing" in whole
    assert "The rule binds others, not this operator." in whole
    for control in ("Search", "Open all shown", "Clear", "Skip to the report"):
        assert control not in whole
    assert pages[0].startswith(f"1 / {len(pages)}")
    assert opened.page.locator("tr.details").count() == 0
    opened.assert_quiet()
