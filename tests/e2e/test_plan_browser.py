"""The page Plan in a real browser: why a job stands there, a change tried and sent to the run, nothing for a viewer."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page
from test_pages_browser import Site, opened, site

pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]
__all__ = ["site"]
GANTT = "document.querySelector('.pw-gantt').pwGantt"
WAIT_MS = 60_000


def plan_page(context: BrowserContext, base: str) -> tuple[Page, list[str], int]:
    """Open the plan; return the page, what its console complained about, and a job that may be moved."""
    page, said = opened(context, f"{base}/plan", ".pw-gantt canvas")
    page.wait_for_function(f"{GANTT}?.stats.draws > 0", timeout=WAIT_MS)
    k = page.evaluate(f"{GANTT}.bars.job_id.map((_, k) => k).filter((k) => {GANTT}.movable(k) >= 0).at(-1)")
    return page, said, int(k)


@pytest.mark.parametrize(("width", "language", "theme"), [(1280, "en", "light"), (360, "zh", "dark")])
def test_a_job_tells_why_it_stands_there_and_a_change_what_it_costs(
    site: Site, width: int, language: str, theme: str
) -> None:
    context = site.context(width, language, theme)
    page, said, k = plan_page(context, site.base)
    page.evaluate(f"{GANTT}.choose({k}); {GANTT}.pick({k})")
    page.wait_for_selector("text=" + ("It waits for" if language == "en" else "等待条件"), timeout=WAIT_MS)
    page.evaluate(f"{GANTT}.carry({k}, {GANTT}.bars.line[{k}], {GANTT}.bars.start_s[{k}] + 7200); {GANTT}.putDown()")
    page.wait_for_selector("ul.told", timeout=WAIT_MS)
    page.wait_for_function(f"{GANTT}.changes.size > 0", timeout=WAIT_MS)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.click("button.act:text-is('" + ("Pin" if language == "en" else "锁定") + "')")
    page.wait_for_selector(
        "text=" + ("1 moved, 0 new, 1 pinned" if language == "en" else "移动 1，新增 0，锁定 1"), timeout=WAIT_MS
    )
    assert page.evaluate(f"{GANTT}.changes.size > 0 && {GANTT}.pins.size === 1")
    page.click("text=" + ("Discard" if language == "en" else "放弃"))
    page.wait_for_function(f"{GANTT}.changes.size === 0", timeout=WAIT_MS)
    assert said == []
    context.close()


@pytest.mark.parametrize(("width", "language", "theme"), [(1280, "zh", "light"), (360, "en", "dark")])
def test_a_new_order_is_typed_and_priced_and_a_wrong_one_told(
    site: Site, width: int, language: str, theme: str
) -> None:
    context = site.context(width, language, theme)
    page, said, _ = plan_page(context, site.base)
    page.click("text=" + ("New order" if language == "en" else "新订单"))
    form = page.locator("details.ask form").first
    form.locator("[name=quantity]").fill("12")
    form.locator("[name=due]").fill("2026-07-15T05:00")
    form.locator("button").click()
    page.wait_for_selector("[role=alert]", timeout=WAIT_MS)
    later = "give a later due time" if language == "en" else "请改为更晚的交期"
    assert later in page.inner_text("[role=alert]")
    form.locator("[name=due]").fill("2026-07-15T21:30")
    form.locator("button").click()
    page.wait_for_selector("ul.told", timeout=WAIT_MS)
    assert "R-260715-001" in page.inner_text("ul.told")
    page.wait_for_function(f"{GANTT}.changes.has('J-R-260715-001')", timeout=WAIT_MS)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert said == []
    context.close()


@pytest.mark.parametrize(("width", "language", "theme"), [(1280, "en", "dark"), (360, "zh", "light")])
def test_a_line_is_taken_out_with_its_reason_and_the_chart_shows_it(
    site: Site, width: int, language: str, theme: str
) -> None:
    context = site.context(width, language, theme)
    page, said, _ = plan_page(context, site.base)
    page.click("text=" + ("Take a line out" if language == "en" else "停用产线"))
    form = page.locator("details.ask form").nth(1)
    form.locator("[name=reason]").fill("no crew <b>")
    form.locator("[name=until]").fill("2026-07-14T05:00")
    form.locator("button").click()
    page.wait_for_selector("[role=alert]", timeout=WAIT_MS)
    form.locator("[name=until]").fill("2026-07-15T16:00")
    form.locator("button").click()
    page.wait_for_selector("ul.told", timeout=WAIT_MS)
    assert "no crew <b>" in page.inner_text("ul.told")
    page.wait_for_function(f"{GANTT}.outDraft.length === 1", timeout=WAIT_MS)
    box = page.locator(".pw-gantt canvas").bounding_box()
    assert box is not None
    x, y = page.evaluate(
        f"(() => {{ const g = {GANTT}, o = g.outages()[0], [top, h] = g.lane(o.line);"
        " return [118 + ((o.from + o.to) / 2 - g.view[0]) / g.perPixel(), top + h / 2]; })()"
    )
    page.mouse.move(box["x"] + x, box["y"] + y)
    page.wait_for_selector(".pw-gantt-tip:has-text('no crew <b>')", timeout=WAIT_MS)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert said == []
    context.close()


def test_planning_the_rest_again_shows_the_objective_falling_and_then_the_outcome(site: Site) -> None:
    context = site.context()
    page, said, _ = plan_page(context, site.base)
    page.click("text=Plan the rest again")
    page.wait_for_selector("svg.fall polyline", timeout=WAIT_MS)
    page.wait_for_selector("ul.told", timeout=WAIT_MS)
    assert page.inner_text("ul.told").startswith("Jobs moved:")
    assert said == []
    context.close()
