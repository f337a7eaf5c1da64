"""The pages in a real browser: sign in, read, act; two languages, two themes, phone and desk; nothing from outside."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from parkwright.show.words import catalogue

pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]

DEMO = Path(__file__).parents[1] / "show" / "demo.py"
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
]  # fmt: skip
UNIT = "/passport/TP-260715-L-NB1-000040"
PAGES = {
    "/": ".figure .value",
    "/plan": ".pw-gantt canvas",
    "/energy": ".nicegui-echart canvas",
    "/energy/ahead": ".nicegui-echart canvas",
    "/energy/try?building=B1&glass=triple": "form.find select",
    "/buildings": ".nicegui-echart canvas",
    "/carbon": ".nicegui-echart canvas",
    "/zero-carbon": "table.t",
    "/greening": "table.t",
    "/factors": "table.t",
    "/passport": "table.t a.mono",
    "/report": ".nicegui-echart canvas",
    UNIT: ".sum",
    f"{UNIT}/paper": "svg",
}
OWN_BYTES = 300_000


class Site:
    """The fixture's park served by a process of its own, and a signed-in browser."""

    def __init__(self, browser: Browser, link: str) -> None:
        self.browser, self.link = browser, link
        self.base = link.partition("/sign-in")[0]
        self.cookies: list[dict[str, object]] = []

    def context(self, width: int = 1280, language: str = "en", theme: str = "light") -> BrowserContext:
        context = self.browser.new_context(viewport={"width": width, "height": 800})
        context.add_cookies(self.cookies)
        for name, value in (("parkwright_language", language), ("parkwright_theme", theme)):
            context.add_cookies([{"name": name, "value": value, "url": self.base}])
        return context


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    command = [sys.executable, str(DEMO), "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=DEMO.parent) as server:
        assert server.stdout is not None
        link = server.stdout.readline().strip()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            site = Site(browser, link)
            context = browser.new_context()
            page = context.new_page()
            _open_when_up(page, link)
            site.cookies = context.cookies()
            context.close()
            yield site
            browser.close()
        server.terminate()


def _open_when_up(page: Page, link: str) -> None:
    for _ in range(100):
        try:
            page.goto(link)
        except Exception:  # the server is still starting
            time.sleep(0.2)
        else:
            return
    raise AssertionError("the server did not start")


def opened(context: BrowserContext, url: str, seen: str) -> tuple[Page, list[str]]:
    """Open a page and wait for its content; return it and what its console complained about."""
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(url)
    page.wait_for_selector(seen, timeout=20_000)
    return page, said


def test_the_one_time_link_opened_home_and_does_not_open_it_again(site: Site) -> None:
    context = site.browser.new_context()
    page = context.new_page()
    page.goto(site.link)
    assert page.url.endswith("/sign-in?failed=1")
    page.wait_for_selector(".sum.bad")
    page.goto(f"{site.base}/plan")
    assert "/sign-in?next=/plan" in page.url
    context.close()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (360, "dark")])
def test_every_page_shows_its_content_in_its_language_and_fits_the_screen(
    site: Site, language: str, width: int, theme: str
) -> None:
    context = site.context(width, language, theme)
    for path, seen in PAGES.items():
        page, said = opened(context, site.base + path, seen)
        text = page.inner_text("body")
        chinese = len(re.findall(r"[\u4e00-\u9fff]", text))
        assert (chinese > 20) == (language == "zh"), f"{path}: {chinese} Chinese characters"
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide == 0, f"{path} is {wide} px wider than {width}"
        assert "�" not in text
        assert not said, f"{path}: {said}"
        page.close()
    context.close()


LOADED = """() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
  .map((one) => [one.name, one.encodedBodySize])"""


def test_nothing_is_asked_of_anybody_outside_and_pages_are_small(site: Site) -> None:
    context = site.context()
    for path, seen in PAGES.items():
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(site.base + path)
        page.wait_for_selector(seen, timeout=20_000)
        page.wait_for_timeout(500)
        assert [url for url in asked if not url.startswith((site.base, "data:", "blob:"))] == []
        mine = sum(size for url, size in page.evaluate(LOADED) if "/_nicegui/" not in url)
        assert 1_000 < mine <= OWN_BYTES, f"{path}: {mine} B of its own"
        page.close()
    context.close()


@pytest.mark.parametrize("width", [1024, 1280])
def test_a_long_name_of_the_park_leaves_the_header_its_width(site: Site, width: int) -> None:
    context = site.context(width)
    page, _ = opened(context, site.base + "/report", ".figure .value")
    page.evaluate("document.querySelector('.site').textContent = 'Tianjin smart manufacturing park '.repeat(3)")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide == 0
    context.close()


def test_every_figure_explains_itself_in_a_dialog_that_escape_closes(site: Site) -> None:
    context = site.context()
    page, _ = opened(context, site.base + "/", ".figure .value")
    page.click(".figure >> nth=2 >> .why")
    page.wait_for_selector("dialog.explain[open]")
    assert "divided by the good finished units" in page.inner_text("dialog.explain")
    page.keyboard.press("Escape")
    assert page.query_selector("dialog.explain[open]") is None
    context.close()


def test_a_need_is_taken_and_leaves_the_list(site: Site) -> None:
    context = site.context()
    page, _ = opened(context, site.base + "/", ".needs li")
    before = page.locator(".needs li").count()
    page.click(".needs li >> nth=0 >> .act")
    page.wait_for_function(f"document.querySelectorAll('.needs li').length < {before}", timeout=15_000)
    assert page.locator(".needs li").count() == before - 1
    context.close()


def test_the_plan_is_approved_with_one_button(site: Site) -> None:
    context = site.context()
    page, _ = opened(context, site.base + "/plan", "[data-post]")
    page.click("[data-post]")
    page.wait_for_selector(".head .badge.good", timeout=15_000)
    assert "Approved" in page.inner_text(".head .badge.good")
    context.close()


def test_switching_the_language_keeps_the_page(site: Site) -> None:
    context = site.context()
    page, _ = opened(context, f"{site.base}/energy?day=2026-07-15", ".figure .value")
    page.click("a[href^='/language/zh']")
    page.wait_for_selector(".figure .value")
    assert page.url == f"{site.base}/energy?day=2026-07-15"
    assert "全厂用电" in page.inner_text("body")
    context.close()


def test_the_search_finds_a_unit_and_its_steps_add_up(site: Site) -> None:
    context = site.context()
    page, _ = opened(context, f"{site.base}/passport?q=000040", "table.t a.mono")
    page.click("table.t a.mono")
    page.wait_for_selector(".sum", timeout=15_000)
    assert "difference 0" in page.inner_text(".sum")
    page.click("text=4. Purchased materials")
    assert "Panel 14" in page.inner_text("details[open] >> nth=1")
    context.close()


def test_the_printed_passport_is_one_sheet(site: Site) -> None:
    context = site.context()
    page, _ = opened(context, f"{site.base}{UNIT}/paper", "svg")
    document = page.pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", document)) == 1
    context.close()


def test_the_days_typed_on_a_carbon_page_stay_where_nothing_is_closed(site: Site) -> None:
    context = site.context()
    for path in ("/carbon", "/zero-carbon"):
        page, said = opened(context, site.base + path, "form.find")
        page.fill('form.find input[name="from"]', "2024-01-01")
        page.fill('form.find input[name="to"]', "2024-12-31")
        page.click("form.find button")
        page.wait_for_selector(".state")
        assert "from=2024-01-01&to=2024-12-31" in page.url
        assert page.input_value('form.find input[name="from"]') == "2024-01-01"
        assert page.input_value('form.find input[name="to"]') == "2024-12-31"
        assert not said, said
        page.close()
    context.close()


def test_every_figure_of_the_carbon_page_opens_its_explanation(site: Site) -> None:
    context = site.context()
    page, said = opened(context, f"{site.base}/carbon", ".figure .value")
    titles = []
    for number in range(page.locator(".figure").count()):
        page.click(f".figure >> nth={number} >> .why")
        page.wait_for_selector("dialog.explain[open]")
        titles.append(page.inner_text("dialog.explain h2"))
        assert len(page.inner_text("dialog.explain p")) > 20
        page.keyboard.press("Escape")
        assert page.query_selector("dialog.explain[open]") is None
    assert len(set(titles)) == len(titles) == 5
    assert not said, said
    context.close()


@pytest.mark.parametrize(("place", "figures"), [("/zero-carbon", 5), ("/greening", 2)])
def test_every_indicator_and_the_stock_of_the_trees_open_their_explanation(
    site: Site, place: str, figures: int
) -> None:
    context = site.context()
    page, said = opened(context, f"{site.base}{place}", "table.t .why")
    assert page.locator("table.t .why").count() == figures
    for number in range(figures):
        page.click(f"table.t .why >> nth={number}")
        page.wait_for_selector("dialog.explain[open]")
        assert len(page.inner_text("dialog.explain p >> nth=0")) > 20
        page.keyboard.press("Escape")
    assert not said, said
    context.close()


def test_an_empty_day_says_so_and_what_comes_first(site: Site) -> None:
    context = site.context()
    page, _ = opened(context, f"{site.base}/plan?day=2026-01-01", ".state")
    assert "no plan yet" in page.inner_text("body")
    page, _ = opened(context, f"{site.base}/passport?q=zzzz", ".state")
    assert "No unit found" in page.inner_text("body")
    context.close()


def test_a_set_point_is_asked_of_the_run_from_the_page_and_refused_without_a_reason(site: Site) -> None:
    context = site.context()
    page, said = opened(context, f"{site.base}/buildings?building=B1", ".setting select")
    page.wait_for_selector(".setting option[value=B1-light]", state="attached")
    page.select_option(".setting select", "B1-light")
    page.fill(".setting input[type=number]", "80")
    page.click(".setting .act.primary")
    page.wait_for_selector("text=Give a reason")
    page.fill(".setting input:not([type=number])", "bright day")
    page.click(".setting .act.primary")
    page.wait_for_selector("text=Sent to the run")
    page.fill(".setting input[type=number]", "500")
    page.click(".setting .act.primary")
    page.wait_for_selector("text=outside the limits")
    assert not said
    context.close()


def typed_in(page: Page, first: str, last: str, language: str) -> None:
    """Fill the form that enters certificates and send it."""
    form = page.locator("form.find", has=page.locator("[name=technology]"))
    given = {"registry": f"B-{language}", "first": first, "last": last, "start_day": "2026-06-01",
             "end_day": "2026-06-30", "technology": "wind"}  # fmt: skip
    for name, value in given.items():
        form.locator(f"[name={name}]").fill(value)
    form.locator("button").click()


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("zh", 360)])
def test_certificates_are_entered_by_the_form_held_and_retired_each_number_once(
    site: Site, language: str, width: int
) -> None:
    context, say = site.context(width, language), catalogue(language)
    page, said = opened(context, f"{site.base}/zero-carbon", "[name=technology]")
    typed_in(page, "1", "100", language)
    done = say["certificate_enter.done"].format(serials=f"B-{language} 1–100")
    page.wait_for_selector(f"text={done}", timeout=15_000)
    row = page.locator("tr", has_text=f"B-{language} 1–100")
    row.get_by_text(say["certificate.issued"]).wait_for(timeout=15_000)
    typed_in(page, "90", "120", language)
    overlap = {"serials": f"B-{language} 90-120", "other": f"B-{language} 1-100", "state": say["certificate.issued"]}
    why = say["certificate_finding.overlap"].format(**overlap)
    page.wait_for_selector(f"[role=alert]:has-text('{why}')", timeout=15_000)
    row.get_by_text(say["centre.hold"]).click()
    row.locator(f".badge:has-text('{say['certificate.held']}')").wait_for(timeout=15_000)

    form = page.locator("form.find", has=page.locator("[name=sure]"))
    for name, value in (("registry", f"B-{language}"), ("first", "1"), ("last", "15"), ("start_day", "2026-07-01"),
                        ("end_day", "2026-07-31")):  # fmt: skip
        form.locator(f"[name={name}]").fill(value)
    form.locator("[name=state]").select_option("retired")
    form.locator("button").click()
    page.wait_for_selector(f"text={say['certificate_move.not_sure'].format(state=say['certificate.retired'])}")
    form.locator("[name=sure]").check()
    form.locator("button").click()
    done = say["certificate_move.done"].format(serials=f"B-{language} 1–15", state=say["certificate.retired"])
    page.wait_for_selector(f"text={done}", timeout=15_000)
    page.locator("tr", has_text=f"B-{language} 16–100").wait_for(timeout=15_000)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    assert said == []
    context.close()
