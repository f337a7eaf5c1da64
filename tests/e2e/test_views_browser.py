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


def test_five_thousand_jobs_are_drawn_in_a_frame_and_scrolled_by_what_is_in_view(gantt: Page) -> None:
    assert gantt.evaluate(f"{GANTT}.stats.jobs") == 5000
    whole = gantt.evaluate(f"(() => {{ const g = {GANTT}; g.frame(); return g.stats.bars; }})()")
    assert whole < 1000, "a whole day is drawn as density"
    scrolled = gantt.evaluate(
        f"""new Promise((done) => {{
          const g = {GANTT}, bars = [], costs = [];
          g.glide([36000, 39600], true);
          const step = () => {{
            g.frame(); bars.push(g.stats.bars); costs.push(g.stats.drawMs); g.pan(60);
            if (bars.length < 60) requestAnimationFrame(step);
            else done([Math.max(...bars), costs.sort((a, b) => a - b)]);
          }};
          step();
        }})"""
    )
    most, costs = scrolled
    assert 100 < most < 700, most
    print(f"5,000 jobs scrolled: {most} bars a frame, median {costs[30]:.1f} ms, worst {costs[-1]:.1f} ms")
    assert costs[0] < 100, costs


def test_a_job_that_was_begun_ahead_is_in_work_and_one_that_waits_is_planned(gantt: Page) -> None:
    told = gantt.evaluate(
        f"""(() => {{
          const g = {GANTT}, k = g.bars.start_s.findIndex((at, n) => at > g.now + 600 && g.bars.done_s[n] === null);
          const before = g.words(k).join(' ');
          g.bars.begun_s[k] = g.now - 60;
          const ahead = g.words(k).join(' ');
          g.bars.begun_s[k] = null; g.bars.start_s[k] = g.now - 600; g.bars.setup_s[k] = g.now - 610;
          return [before, ahead, g.words(k).join(' ')];
        }})()"""
    )
    assert ["in work" in one for one in told] == [False, True, False]
    assert ["planned" in one for one in told] == [True, False, True]


OVERLAPPING = f"""(() => {{ // a line lets the next job in long before the last unit of the one before is out
  const g = {GANTT}, b = g.bars;
  g.show({{ midnight: new Date(g.midnight).toISOString(), at: new Date(g.midnight + g.now * 1000).toISOString(),
    lines: g.lines, products: g.products, strip: g.strip, bars: {{ ...b, end_s: b.end_s.map((end) => end + 700) }} }});
}})()"""
"""Give every job of the plan ten minutes more in its line, so that some twenty stand over each other."""
SEEN = f"""(() => {{
  const g = {GANTT}, seen = new Set(), bar = g.drawBar, text = {{}}; let most = 0, pans = 0;
  g.drawBar = (c, ink, k, ...more) => {{ seen.add(k); bar(c, ink, k, ...more); }};
  g.fit(); g.glide([...g.range], true); g.frame(); const whole = g.stats.bars;
  g.glide([g.range[0], g.range[0] + 600], true);
  for (let end = -1; g.view[1] > end; pans++) {{
    end = g.view[1]; g.frame(); most = Math.max(most, g.stats.bars); g.pan(580);
  }}
  g.drawBar = bar;
  return [whole, most, seen.size, pans];
}})()"""


@pytest.mark.parametrize(("width", "height"), [(1280, 520), (360, 740)])
def test_jobs_that_stand_over_each_other_are_drawn_where_they_can_be_seen_and_all_can_be_reached(
    browser: Any, site: str, width: int, height: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(f"{site}/gantt?lang=en")
    page.wait_for_function("document.querySelector('.pw-gantt')?.pwGantt?.stats.draws > 0", timeout=120_000)
    page.evaluate(OVERLAPPING)
    whole, most, seen, pans = page.evaluate(SEEN)
    room = 5 * (width - 118) // 4
    assert whole <= room, "a bar needs four pixels of its own"
    assert most <= room
    assert seen == 5000
    assert pans < 200
    page.close()


def test_the_job_that_lies_on_top_is_the_one_that_is_hit(gantt: Page) -> None:
    gantt.evaluate(OVERLAPPING)
    hit, due = gantt.evaluate(
        f"""(() => {{
          const g = {GANTT}, b = g.bars; g.glide([36000, 37800], true); g.frame();
          const k = g.lanes[1].find((n) => b.start_s[n] > 36800), [top, h] = g.lane(1);
          const x = 118 + ((b.setup_s[k] + b.setup_s[k + 1]) / 2 - g.view[0]) / g.perPixel();
          return [g.hit(x, top + h / 2), k];
        }})()"""
    )
    assert hit == due


def handle(page: Page) -> tuple[int, float, float]:
    """Zoom to an hour after the present; return a job that may be moved, and where its middle is drawn."""
    return tuple(
        page.evaluate(
            f"""(() => {{
              const g = {GANTT}; g.glide([g.now + 1200, g.now + 2400], true); g.frame();
              const b = g.bars, far = g.now + 1500;
              const k = g.lanes[1].find((n) => b.start_s[n] > far && b.end_s[n] - b.start_s[n] > 60);
              const [top, h] = g.lane(1), x = 118 + ((b.start_s[k] + b.end_s[k]) / 2 - g.view[0]) / g.perPixel();
              return [k, x, top + h / 2];
            }})()"""
        )
    )


def test_a_job_that_has_not_begun_is_dragged_to_another_line(gantt: Page) -> None:
    k, x, y = handle(gantt)
    job_id, before = gantt.evaluate(f"[{GANTT}.bars.job_id[{k}], {GANTT}.view[0]]")
    box = gantt.query_selector(".pw-gantt canvas").bounding_box()
    gantt.mouse.move(box["x"] + x, box["y"] + y)
    gantt.mouse.down()
    gantt.mouse.move(box["x"] + x + 120, box["y"] + y + 52, steps=6)
    assert gantt.evaluate(f"{GANTT}.held.line") == 2
    gantt.mouse.up()
    gantt.wait_for_function("document.querySelector('#dropped').textContent !== '-'", timeout=20_000)
    told = gantt.inner_text("#dropped").split()
    assert told[:2] == [job_id, gantt.evaluate(f"{GANTT}.lines[2].line_id")]
    assert gantt.evaluate(f"{GANTT}.view[0]") == before, "the day stays where it is while a job is dragged"
    assert gantt.evaluate(f"{GANTT}.held") is None


def test_a_job_is_carried_by_keys_and_can_be_let_go(gantt: Page) -> None:
    k, _, _ = handle(gantt)
    gantt.evaluate(f"{GANTT}.choose({k})")
    gantt.focus(".pw-gantt canvas")
    for key in ("m", "ArrowRight", "ArrowDown"):
        gantt.keyboard.press(key)
    assert "Moving J-1-" in gantt.inner_text(".pw-gantt [aria-live]")
    gantt.keyboard.press("Escape")
    assert gantt.evaluate(f"{GANTT}.held") is None
    assert gantt.inner_text("#dropped") == "-"
    for key in ("m", "ArrowRight", "Enter"):
        gantt.keyboard.press(key)
    gantt.wait_for_function("document.querySelector('#dropped').textContent.startsWith('J-1-')", timeout=20_000)


def test_what_is_done_or_runs_cannot_be_taken_in_hand(gantt: Page) -> None:
    done = gantt.evaluate(f"(() => {{ const g = {GANTT}; return g.lanes[0].map((k) => g.movable(k)).indexOf(-1); }})()")
    assert done == 0
    movable = gantt.evaluate(
        f"(() => {{ const g = {GANTT}; "
        "return g.lanes.flat().filter((k) => g.movable(k) >= 0 && g.bars.setup_s[k] <= g.now); })()"
    )
    assert movable == []


def test_a_draft_is_drawn_over_the_plan(gantt: Page) -> None:
    k, _, _ = handle(gantt)
    found = gantt.evaluate(
        f"""(async () => {{
          const g = {GANTT}, b = g.bars; g.frame(); const plain = g.stats.bars;
          const one = (name) => [b[name][{k}]];
          await g.draft({{ bars: {{
            job_id: one("job_id"), line: [2], setup_s: one("setup_s"), start_s: one("start_s"), end_s: one("end_s"),
          }} }});
          await g.pin([b.job_id[{k}]]); g.frame(); const over = g.stats.bars;
          await g.draft(null); g.frame(); return [plain, over, g.stats.bars];
        }})()"""
    )
    assert found == [found[0], found[0] + 1, found[0]]


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


def test_the_next_late_order_passes_over_none_that_begins_with_another(gantt: Page) -> None:
    seen, late, again, after = gantt.evaluate(
        f"""(() => {{
          const g = {GANTT}, b = g.bars;
          g.late = g.late.slice(0, 5);
          for (const k of g.late.slice(1, 4)) b.start_s[k] = b.start_s[g.late[1]];
          const next = () => {{ g.nextLate(); return g.chosen; }};
          g.chosen = -1;
          const seen = g.late.map(next), again = next();
          const [low, high] = g.late.map((k) => b.start_s[k]);
          g.chosen = b.start_s.findIndex((s, k) => s > low && s <= high && !g.late.includes(k));
          return [seen, g.late, again, g.chosen < 0 ? g.late[1] : next()];
        }})()"""
    )
    assert seen == late
    assert len(set(seen)) == 5
    assert (again, after) == (late[0], late[1])


def test_a_job_that_was_planned_late_and_is_done_in_time_is_not_marked_late(gantt: Page) -> None:
    told = gantt.evaluate(
        f"""(() => {{
          const g = {GANTT}, b = g.bars, k = b.done_s.findIndex((s) => s !== null);
          const as = (late, done) => {{ b.late_s[k] = late; b.done_s[k] = done; return [g.isLate(k), g.lateBy(k)]; }};
          return [as(900, b.due_s[k] - 1), as(900, b.due_s[k] + 60), as(0, b.due_s[k] + 60), as(900, null)];
        }})()"""
    )
    assert told == [[False, 0], [True, 60], [True, 60], [True, 900]]


def test_a_drag_moves_the_day_and_it_never_leaves_its_range(gantt: Page) -> None:
    gantt.evaluate(f"{GANTT}.glide([36000, 39600], true)")
    box = gantt.query_selector(".pw-gantt canvas").bounding_box()
    gantt.mouse.move(box["x"] + 330, box["y"] + 100)
    gantt.mouse.down()
    gantt.mouse.move(box["x"] + 130, box["y"] + 100, steps=4)
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
