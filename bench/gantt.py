"""How smoothly the Gantt of page Plan moves with 5,000 jobs, in headless Chromium, on a desk and on a phone.

The page is the product's own, its day planned by the product's planner (tests/show/busy_demo.py). The chart is zoomed,
scrolled along the day and, with the page, across it, one step a frame; a frame time is the time between two frames of
the browser. Then one job is dragged to another hour, and the time until its what-if stands in the chart is taken.
Chromium draws without a GPU here, which is slower than a desk. No test asserts a time; the laws that do not depend on
it are in tests/e2e/test_views_browser.py. Needs chromium and the test tools. Repeat with:

    .venv/bin/python bench/gantt.py --jobs 5000 --steps 120
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Error, Page, sync_playwright

DEMO = Path(__file__).parents[1] / "tests" / "show" / "busy_demo.py"
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
SIZES: dict[str, dict[str, Any]] = {
    "wide": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 2, "is_mobile": True},
}
SLOW_MS = 50.0
WAIT_MS = 120_000
GANTT = "document.querySelector('.pw-gantt').pwGantt"
MOVES = {
    "still": "",
    "zoom in and out": "wheel({ deltaY: n % 40 < 20 ? -150 : 150, ctrlKey: true });",
    "along, whole day": "if (!n) g.glide([...g.range], true); g.pan(n % 2 ? 60 : -60);",
    "along, four hours": "if (!n) g.glide([g.now, g.now + 14400], true); wheel({ deltaX: n % 60 < 30 ? 40 : -40 });",
    "along, half an hour": "if (!n) g.glide([g.now, g.now + 1800], true); wheel({ deltaX: n % 60 < 30 ? 40 : -40 });",
    "across, the page": "scrollBy(0, n % 20 < 10 ? 25 : -25); g.ask();",
}
RUN = """([moves, steps]) => new Promise((done) => {
  const g = document.querySelector('.pw-gantt').pwGantt, canvas = g.$refs.canvas, times = [], draws = [];
  let n = 0, last = 0, most = 0;
  canvas.scrollIntoView({ block: 'center' });
  const wheel = (what) => canvas.dispatchEvent(new WheelEvent('wheel', {
    bubbles: true, cancelable: true, clientX: canvas.getBoundingClientRect().left + canvas.clientWidth / 2, ...what }));
  const step = new Function('g', 'n', 'wheel', moves);
  const frame = (at) => {
    if (last) { times.push(at - last); draws.push(g.stats.drawMs); most = Math.max(most, g.stats.bars); }
    last = at;
    if (n > steps) return done([times, draws, most]);
    step(g, n++, wheel); requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
})"""
DRAG = """() => new Promise((done) => {
  const g = document.querySelector('.pw-gantt').pwGantt, b = g.bars;
  const k = b.job_id.findIndex((_, n) => g.movable(n) >= 0 && b.start_s[n] > g.now + 7200);
  const begun = performance.now();
  g.carry(k, b.line[k], b.start_s[k] + 3600); g.putDown();
  const look = () => g.changes.size ? done(performance.now() - begun) : setTimeout(look, 5);
  look();
})"""


def told(times: list[float], draws: list[float], bars: int) -> str:
    """Return a row: frame times, the part of them in which the chart draws, and the bars of the fullest frame."""
    p50, p95, most = np.percentile(times, [50, 95, 100])
    slow = sum(one > SLOW_MS for one in times)
    drawn = np.percentile(draws, [50, 95, 100])
    own = " ".join(f"{one:6.1f}" for one in drawn)
    return f"{p50:7.1f} {p95:7.1f} {most:7.1f}   {slow:3} of {len(times)}   {own}   {bars:5}"


def measured(browser: Browser, link: str, steps: int, sizes: list[str]) -> None:
    """Print the rows of each size of screen."""
    cookies: Any = None
    base = link.partition("/sign-in")[0]
    for size in sizes:
        context = browser.new_context(**SIZES[size])
        page = context.new_page()
        if cookies is None:
            _open(page, link)
            cookies = context.cookies()
        context.add_cookies(cookies)
        page.goto(f"{base}/plan")
        page.wait_for_function("document.querySelector('.pw-gantt')?.pwGantt?.stats.draws > 0", timeout=WAIT_MS)
        page.wait_for_timeout(3000)
        jobs = page.evaluate(f"{GANTT}.stats.jobs")
        print(
            f"{size}: {jobs:,} jobs   frame p50     p95     max   over 50 ms   draw p50    p95    max   most bars  [ms]"
        )
        for name, moves in MOVES.items():
            print(f"  {name:20} {told(*page.evaluate(RUN, [moves, steps]))}", flush=True)
        waits = []
        for _ in range(2):
            waits.append(float(page.evaluate(DRAG)))
            page.locator("button.act:visible", has_text="Discard").click()
            page.wait_for_function(f"{GANTT}.changes.size === 0", timeout=WAIT_MS)
        print(f"  what-if of a drag    {' '.join(f'{one:.0f}' for one in waits)} ms")
        context.close()


def _open(page: Page, link: str) -> None:
    for _ in range(300):
        try:
            page.goto(link)
            return
        except Error:
            time.sleep(0.2)


def main() -> int:
    """Print frame times and the time of a what-if."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--jobs", type=int, default=5000, help="jobs of the day")
    asked.add_argument("--steps", type=int, default=120, help="frames of each movement")
    asked.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES), help="screens")
    given = asked.parse_args()
    command = [sys.executable, str(DEMO), "0", str(given.jobs)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=DEMO.parent) as site:
        link = site.stdout.readline().strip() if site.stdout else ""
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            measured(browser, link, given.steps, given.sizes)
            browser.close()
        site.terminate()
    print(f"load of the machine in the last minute: {os.getloadavg()[0]:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
