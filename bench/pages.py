"""How soon a page paints first (budget 2 s) in headless Chromium, opened anew each time; and what it loads of its own.

The pages are those of the fixture that the tests show. Browsers and machines differ, so no test asserts the time; run
it on a quiet machine. Needs chromium and the test tools. Repeat with:

    .venv/bin/python bench/pages.py --runs 5
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from playwright.sync_api import Browser, Error, sync_playwright

DEMO = Path(__file__).parents[1] / "tests" / "show" / "demo.py"
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
BUDGET_MS = 2_000
PAGES = ("/", "/plan", "/energy", "/passport", "/wall")
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
OWN = """() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
  .filter((one) => !one.name.includes('/_nicegui/')).reduce((sum, one) => sum + one.encodedBodySize, 0)"""


def measured(browser: Browser, link: str, runs: int) -> dict[str, tuple[list[float], int]]:
    """Return path -> (first paints [ms], bytes of its own)."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    for _ in range(300):
        try:
            page.goto(link)
            break
        except Error:
            time.sleep(0.2)
    base, found = link.partition("/sign-in")[0], {}
    for path in PAGES:
        paints, size = [], 0
        for _ in range(runs):
            one = context.new_page()
            one.goto(base + path, wait_until="load")
            one.wait_for_timeout(500)
            paints.append(float(one.evaluate(PAINT)))
            size = int(one.evaluate(OWN))
            one.close()
        found[path] = (paints, size)
    return found


def main() -> int:
    """Print the median first paint of each page; 1 when one is above the budget."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--runs", type=int, default=5, help="how often each page is opened")
    runs = asked.parse_args().runs
    with subprocess.Popen([sys.executable, str(DEMO), "0"], stdout=subprocess.PIPE, text=True, cwd=DEMO.parent) as site:
        link = site.stdout.readline().strip() if site.stdout else ""
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            found = measured(browser, link, runs)
            browser.close()
        site.terminate()
    late = 0
    for path, (paints, size) in found.items():
        middle = statistics.median(paints)
        late += middle > BUDGET_MS
        told = f"first paint {middle:6.0f} ms (of {len(paints)}: {min(paints):.0f} to {max(paints):.0f})"
        print(f"{path:12} {told}  {size:8,} B")
    print(f"load of the machine in the last minute: {os.getloadavg()[0]:.1f}")
    return int(late > 0)


if __name__ == "__main__":
    sys.exit(main())
