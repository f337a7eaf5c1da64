"""The wall in a real browser with software rendering: draws, moves, answers clicks, asks nobody outside."""

import socket
import threading
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from live_fixture import LiveFacts
from playwright.sync_api import Page, sync_playwright

from parkwright.show import wall
from parkwright.show.context import Context
from parkwright.store import folder

pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]

PARK = folder.load(Path(__file__).parents[2] / "parks" / "tianjin")
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--use-angle=swiftshader", "--use-gl=angle", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist",
    "--no-sandbox",
]  # fmt: skip
DRAWN = "window.parkwright?.view?.stats.frames > 2 && window.parkwright.view.stats.messages > 3"


class Clock:
    """Park time that runs 60 times as fast as the wall's, from an hour of the day on."""

    def __init__(self, hour: float) -> None:
        self.zero, self.begun = PARK.midnight(date(2026, 7, 15)) + timedelta(hours=hour), time.monotonic()

    def __call__(self) -> datetime:
        return self.zero + timedelta(seconds=60 * (time.monotonic() - self.begun))


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    clock = Clock(10.5)
    app = FastAPI()
    wall.mount(app, Context(PARK, LiveFacts(PARK, clock, clock() - timedelta(hours=1)), None, clock, 60.0))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(15)


class Watched:
    """A page whose errors and outside requests are kept."""

    def __init__(self, page: Page, site: str) -> None:
        self.page, self.errors, self.outside = page, [], []
        page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self._asked(request.url, site))

    def _asked(self, url: str, site: str) -> None:
        if not url.startswith((site, site.replace("http", "ws"), "data:", "blob:")):
            self.outside.append(url)

    def evaluate(self, script: str) -> Any:
        return self.page.evaluate(script)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


def opened(browser: Any, site: str, query: str, width: int = 960, height: int = 600) -> Watched:
    watched = Watched(browser.new_page(viewport={"width": width, "height": height}), site)
    watched.page.goto(f"{site}/wall?tour=0&{query}")
    watched.page.wait_for_function(DRAWN, timeout=120_000)
    return watched


def test_the_wall_draws_the_park_in_few_calls_without_errors_or_outside_requests(browser: Any, site: str) -> None:
    wall_page = opened(browser, site, "lang=en")
    stats = wall_page.evaluate("window.parkwright.view.stats")
    assert 10 <= stats["calls"] <= 200
    assert stats["triangles"] > 10_000
    assert wall_page.evaluate("!window.parkwright.view.renderer.getContext().isContextLost()")
    moved = "JSON.stringify([...window.parkwright.view.robots.next.slice(0, 72)])"
    before = wall_page.evaluate(moved)
    wall_page.page.wait_for_function(f"{moved} !== {before!r}", timeout=30_000)
    assert wall_page.errors == []
    assert wall_page.outside == []
    wall_page.page.close()


def test_six_figures_lines_energy_and_passports_are_there_in_both_languages(browser: Any, site: str) -> None:
    wall_page = opened(browser, site, "lang=en")
    assert wall_page.page.inner_text("#title") == PARK.site.name.en
    assert "Units today" in wall_page.page.inner_text("#figures")
    assert len(wall_page.page.query_selector_all(".figure .value span")) == 6
    assert len(wall_page.page.query_selector_all("#lines .line")) == len(PARK.work_centers)
    assert wall_page.page.query_selector_all(".pass")
    wall_page.page.click("#lang")
    assert wall_page.page.inner_text("#title") == PARK.site.name.zh
    assert "今日产量" in wall_page.page.inner_text("#figures")
    assert "运行" in wall_page.page.inner_text("#lines")
    wall_page.page.close()


def test_a_click_on_a_machine_tells_of_it_and_leads_to_a_passport(browser: Any, site: str) -> None:
    wall_page = opened(browser, site, "lang=en")
    line = PARK.work_centers[1]
    stop = next(n for n, s in enumerate(wall_page.evaluate("parkwright.state.spec.tour")) if s["focus"] == line.id)
    wall_page.evaluate(f"parkwright.view.tour.jump({stop})")
    unit = line.work_unit[len(line.work_unit) // 2].id
    wall_page.page.wait_for_timeout(1500)
    x, y = wall_page.evaluate(f"parkwright.view.project('{unit}')")
    assert wall_page.evaluate(f"parkwright.view.thingAt({x}, {y})")["id"] == unit
    wall_page.page.mouse.click(x, y)
    wall_page.page.wait_for_selector("#panel:not([hidden]) h3", timeout=20_000)
    assert PARK.work_unit[unit].name.en in wall_page.page.inner_text("#panel")
    link = wall_page.page.wait_for_selector("#panel .units a", timeout=20_000)
    assert link is not None
    assert (link.get_attribute("href") or "").startswith("passport/TJ-")
    wall_page.page.keyboard.press("Escape")
    wall_page.page.wait_for_selector("#panel", state="hidden", timeout=20_000)
    wall_page.page.close()


def test_a_lost_connection_is_said_and_healed_without_a_reload(browser: Any, site: str) -> None:
    wall_page = opened(browser, site, "lang=en")
    wall_page.evaluate("parkwright.feed.url = '/wall/gone'; parkwright.feed.ws.close()")
    wall_page.page.wait_for_selector("#notice:not([hidden])", timeout=20_000)
    assert "Connection lost" in wall_page.page.inner_text("#notice")
    wall_page.evaluate("parkwright.feed.url = '/wall/feed'; window.same = true")
    wall_page.page.wait_for_selector("#notice", state="hidden", timeout=60_000)
    assert wall_page.evaluate("window.same")
    wall_page.page.close()


def test_a_phone_sees_figures_park_and_lists_below_each_other(browser: Any, site: str) -> None:
    wall_page = opened(browser, site, "lang=zh", 360, 740)
    assert wall_page.evaluate("document.documentElement.scrollWidth") <= 360
    boxes = [wall_page.page.query_selector(f"#{part}").bounding_box() for part in ("figures", "stage", "left", "right")]
    tops = [box["y"] for box in boxes]
    assert tops == sorted(tops)
    wall_page.page.close()
