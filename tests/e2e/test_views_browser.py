"""The Gantt and the park as NiceGUI elements in a real browser."""

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright
from test_wall_browser import CHROMIUM, FLAGS

pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]
PATIENCE_S = 240.0
"""How long the site may take to answer on a busy machine."""
GANTT = "document.querySelector('.pw-gantt').pwGantt"


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([sys.executable, str(Path(__file__).parent / "views_site.py"), str(port)])
    address = f"http://127.0.0.1:{port}"
    limit = time.monotonic() + PATIENCE_S
    while True:
        assert server.poll() is None, f"the site ended by itself, exit code {server.returncode}"
        assert time.monotonic() < limit, "the site does not answer"
        try:
            urllib.request.urlopen(f"{address}/plan.json", timeout=5).close()
            break
        except OSError:
            time.sleep(0.1)
    yield address
    server.terminate()
    server.wait(15)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def gantt(browser: Any, site: str) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 520})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{site}/gantt?lang=en")
    page.wait_for_function("document.querySelector('.pw-gantt')?.pwGantt?.stats.draws > 0", timeout=120_000)
    yield page
    assert errors == []
    page.close()


def span(page: Page) -> float:
    view = page.evaluate(f"{GANTT}.view")
    return float(view[1] - view[0])


def test_three_thousand_jobs_are_drawn_in_a_frame(gantt: Page) -> None:
    assert gantt.evaluate(f"{GANTT}.stats.jobs") == 3500
    costs = gantt.evaluate(
        f"(() => {{ const g = {GANTT}; return [1, 2, 3, 4, 5].map(() => {{ g.frame(); return g.stats.drawMs; }}); }})()"
    )
    assert min(costs) < 100, costs


def test_keys_zoom_find_the_next_late_order_tell_it_and_pick_it(gantt: Page) -> None:
    whole = span(gantt)
    gantt.focus(".pw-gantt canvas")
    gantt.keyboard.press("+")
    gantt.wait_for_function(f"{GANTT}.view[1] - {GANTT}.view[0] < {0.6 * whole}", timeout=20_000)
    gantt.keyboard.press("l")
    gantt.wait_for_function(
        "document.querySelector('.pw-gantt [aria-live]').textContent.includes('late by')", timeout=20_000
    )
    assert "Job J-" in gantt.inner_text(".pw-gantt [aria-live]")
    gantt.keyboard.press("Enter")
    gantt.wait_for_function("document.querySelector('#picked').textContent.startsWith('J-')", timeout=20_000)
    gantt.keyboard.press("Home")
    gantt.wait_for_function(f"{GANTT}.view[1] - {GANTT}.view[0] > {0.95 * whole}", timeout=20_000)


def test_a_drag_moves_the_day_and_it_never_leaves_its_range(gantt: Page) -> None:
    gantt.evaluate(f"{GANTT}.glide([36000, 39600], true)")
    box = gantt.query_selector(".pw-gantt canvas").bounding_box()
    gantt.mouse.move(box["x"] + 700, box["y"] + 100)
    gantt.mouse.down()
    gantt.mouse.move(box["x"] + 500, box["y"] + 100, steps=4)
    gantt.mouse.up()
    assert gantt.evaluate(f"{GANTT}.view[0]") > 36100
    gantt.evaluate(f"{GANTT}.pan(1e6)")
    assert gantt.evaluate(f"{GANTT}.view[1] <= {GANTT}.range[1]")


def test_hovering_a_job_tells_its_order_quantity_and_due_time(gantt: Page) -> None:
    gantt.evaluate(f"{GANTT}.glide([36000, 37800], true)")
    gantt.wait_for_timeout(500)
    box = gantt.query_selector(".pw-gantt canvas").bounding_box()
    gantt.mouse.move(box["x"] + 600, box["y"] + 55)
    gantt.wait_for_selector(".pw-gantt-tip", state="visible", timeout=20_000)
    tip = gantt.inner_text(".pw-gantt-tip")
    assert "Order O-0-" in tip
    assert "due" in tip


def test_dark_and_chinese_follow_the_page(browser: Any, site: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 520})
    page.goto(f"{site}/gantt?theme=dark&lang=zh")
    page.wait_for_function("document.querySelector('.pw-gantt')?.pwGantt?.ink", timeout=120_000)
    assert page.evaluate(f"{GANTT}.ink.ink") == "#e4e9ee"
    assert "全天" in page.inner_text(".pw-gantt")
    page.close()


def test_the_park_element_draws_and_a_name_can_be_picked_with_the_keyboard(browser: Any, site: str) -> None:
    page = browser.new_page(viewport={"width": 960, "height": 520})
    page.goto(f"{site}/park")
    page.wait_for_function("document.querySelector('.pw-park')?.pwPark?.stats.frames > 2", timeout=120_000)
    assert page.evaluate("document.querySelector('.pw-park').pwPark.stats.calls") <= 200
    page.focus(".pw-park .park-label-line")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('#picked').textContent !== '-'", timeout=60_000)
    assert page.inner_text("#picked").startswith("L-")
    page.close()
