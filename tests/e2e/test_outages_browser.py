"""A line out of use on the page Plan of a live run: said, given another end, ended, taken back, as the ledger tells."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, sync_playwright
from run_park import ISO, small_park, write_folder
from test_pages_browser import CHROMIUM, FLAGS, Site, opened

from parkwright.store.journal import Journal
from parkwright.wire.places import Places

pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]
WAIT_MS = 60_000
ZONE = small_park().zone
SPEED = 10.0
GANTT = "document.querySelector('.pw-gantt')?.pwGantt"
QUIET_S = 8 * 3600 + 42 * 60
"""When the short jobs of the morning are through [s]: one long job runs for an hour then, so that no draft is overtaken
by a job that begins meanwhile."""


class Live:
    """The small park, run live by the command line in a process of its own, and a signed-in browser on its pages."""

    def __init__(self, site: Site, places: Places) -> None:
        self.site, self.places = site, places

    def outages(self) -> list[dict[str, object]]:
        """What the ledger holds of outages, as said."""
        with Journal.reader(self.places.journal) as reader:
            return reader.read("outages", ISO).rows(named=True)

    def standing(self) -> int:
        """How many revisions are in force, one after the other."""
        with Journal.reader(self.places.journal) as reader:
            return int(reader.read("revisions", ISO)["revision"].max() or 0)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    place = tmp_path_factory.mktemp("live")
    folder, places = write_folder(place / "park"), Places(place / "var", "P1")
    places.home.mkdir(parents=True)
    (places.home / "live.json").write_text(json.dumps({"first_day": ISO}))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "parkwright.cli", "run", str(folder), "--port", str(port), "--var"]
    command += [str(places.var), "--history", "0", "--speed", str(SPEED)]
    said = place / "said.txt"
    with said.open("w") as out, subprocess.Popen(command, stdout=out, stderr=out, cwd=place) as server:
        try:
            wait(lambda: "live from" in said.read_text())
            link = next(word for word in said.read_text().split() if "/sign-in/" in word)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
                site = Site(browser, link)
                context = browser.new_context()
                context.new_page().goto(link)
                site.cookies = context.cookies()
                context.close()
                yield Live(site, places)
                browser.close()
        finally:
            server.terminate()


def wait(holds: Callable[[], bool]) -> None:
    """Look until something holds."""
    limit = time.monotonic() + 240
    while not holds():
        assert time.monotonic() < limit, "it did not come"
        time.sleep(0.2)


def clock(at: object) -> str:
    """A time as the page writes it."""
    assert isinstance(at, datetime)
    return f"{at.astimezone(ZONE):%H:%M}"


def field(at: datetime) -> str:
    """A time as a field of date and time takes it."""
    return f"{at.astimezone(ZONE):%Y-%m-%dT%H:%M}"


def accept(page: Page, live: Live) -> None:
    """Accept the draft on the page, and wait until the run has it in force and the page says so."""
    before = live.standing()
    page.wait_for_selector("ul.told", timeout=WAIT_MS)
    page.click("button:has-text('Accept')")
    page.wait_for_selector(f"text=revision {before + 1} of the plan is in force", timeout=WAIT_MS)
    assert live.standing() == before + 1


def row(page: Page, start: datetime) -> Locator:
    """The row of an outage on the card."""
    return page.locator("li.find", has_text=f"out {clock(start)}–")


def take_out(page: Page, live: Live, start: datetime | None, until: datetime, reason: str) -> datetime:
    """Take the line out by the form and accept it; return when the ledger has it begin."""
    known = len(live.outages())
    if not page.locator("details.ask[open] [name=reason]").count():
        page.click("summary:has-text('Take a line out')")
    form = page.locator("details.ask form").nth(1)
    form.locator("[name=start]").fill(field(start) if start else "")
    form.locator("[name=until]").fill(field(until))
    form.locator("[name=reason]").fill(reason)
    form.locator("button").click()
    accept(page, live)
    (said,) = live.outages()[known:]
    assert (said["work_center_id"], said["reason"]) == ("L-1", reason)
    assert field(said["end"]) == field(until)
    begin = said["start"]
    assert isinstance(begin, datetime)
    return begin


def test_an_outage_is_given_another_end_ended_and_taken_back_on_the_page(live: Live) -> None:
    context = live.site.context()
    page, said = opened(context, f"{live.site.base}/plan", ".pw-gantt canvas")
    now = small_park().midnight(datetime.fromisoformat(ISO).date()) + timedelta(hours=8)
    page.wait_for_function(f"{GANTT}?.now > {QUIET_S}", timeout=2 * WAIT_MS)
    begin = take_out(page, live, None, now + timedelta(hours=3), "no crew")
    row(page, begin).get_by_text("no crew").wait_for(timeout=WAIT_MS)

    later = now + timedelta(hours=4)
    row(page, begin).locator("[name=until]").fill(field(later))
    row(page, begin).get_by_text("Change the end").click()
    accept(page, live)
    changed = live.outages()[-1]
    assert (changed["start"], field(changed["end"]), changed["reason"]) == (begin, field(later), "no crew")
    row(page, begin).get_by_text(f"{clock(begin)}–{clock(later)}").wait_for(timeout=WAIT_MS)

    row(page, begin).get_by_text("End now").click()
    accept(page, live)
    ended = live.outages()[-1]
    assert (ended["start"], ended["reason"], len(live.outages())) == (begin, "no crew", 3)
    assert begin < ended["end"] < changed["end"]
    row(page, begin).get_by_text("over").wait_for(timeout=WAIT_MS)
    assert row(page, begin).locator("button").count() == 0

    coming = take_out(page, live, now + timedelta(hours=5), now + timedelta(hours=6), "maintenance")
    row(page, coming).get_by_text("Take back").click()
    accept(page, live)
    back = live.outages()[-1]
    assert (back["start"], back["end"]) == (coming, coming)
    row(page, coming).wait_for(state="detached", timeout=WAIT_MS)
    assert row(page, begin).count() == 1
    assert {one["who"] for one in live.outages()} == {live.outages()[0]["who"]} != {""}
    assert said == []
    context.close()


def test_a_drag_of_a_job_that_has_begun_is_refused_on_the_page_at_once(live: Live) -> None:
    context = live.site.context()
    page, said = opened(context, f"{live.site.base}/plan", ".pw-gantt canvas")
    gantt = "document.querySelector('.pw-gantt').pwGantt"
    page.wait_for_function(f"{gantt}?.stats.draws > 0", timeout=WAIT_MS)
    page.evaluate(f"{gantt}.carry(0, {gantt}.bars.line[0], {gantt}.bars.start_s[0] + 36000); {gantt}.putDown()")
    page.wait_for_selector("[role=alert]", timeout=WAIT_MS)
    job = page.evaluate(f"{gantt}.bars.job_id[0]")
    assert f"Job {job} " in page.inner_text("[role=alert]")
    assert "choose one that has not begun" in page.inner_text("[role=alert]")
    assert page.evaluate(f"{gantt}.changes.size") == 0
    assert said == []
    context.close()
