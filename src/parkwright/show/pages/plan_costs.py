"""What a plan costs, on the page Plan: by component, its changeovers, and cost against carbon."""

from __future__ import annotations

from nicegui import ui

from parkwright.make.park_floor import PRESSING, SPARE_MS
from parkwright.plan.revise import NERVOUS
from parkwright.show.answers.planning import Objective, SetupMatrix, Trades
from parkwright.show.door import Visit
from parkwright.show.pages.charts import same_plan, trades_chart
from parkwright.show.pages.frame import block, draw
from parkwright.show.pages.live_chart import LiveChart
from parkwright.show.pages.parts import card, e, heads, section_head, state, table
from parkwright.show.words import MISSING, Words

PARTS = (
    "tardiness", "energy", "carbon", "demand", "setup", "overtime", "left_out", "nervousness", "excess",
)  # fmt: skip


def objective_card(words: Words, objective: Objective) -> str:
    """Return what the plan in force costs, by component."""
    parts = [(name, getattr(objective, f"{name}_cny")) for name in PARTS]
    rows = [(e(words.say(f"plan.part_{name}")), e(words.amount(value, "CNY", 5))) for name, value in parts]
    total = (e(words.say("plan.part_total")), e(words.amount(objective.total_cny, "CNY", 5)))
    return card(words.say("plan.objective"), table(heads(words, "=", "=CNY>"), rows, total), kind="fill")


def setups_card(visit: Visit, words: Words, setups: SetupMatrix) -> str:
    """Return the changeovers between the families that a line makes, one table a line that has any."""
    park, body = visit.context.park, ""
    for line in setups.lines:
        center = park.work_center[line.line_id]
        made = {one.family_id for one in park.products if one.segment_id in center.segment_ids}
        used = [n for n, family in enumerate(setups.families) if family in made]
        if not any(line.minutes[a][b] for a in used for b in used):
            continue
        columns = heads(words, "plan.from_to", *(f"={setups.families[n]}>" for n in used))
        rows = [(e(setups.families[a]), *(e(words.number(line.minutes[a][b], 3)) for b in used)) for a in used]
        name = e(getattr(center.name, visit.language))
        body += f'<details class="ask"><summary>{name}</summary>{table(columns, rows)}</details>'
    return card(words.say("plan.setups"), body or state(words.say("state.empty"), ""), kind="fill")


class TradesCard:
    """Cost against carbon: swept when somebody asks, and filled in while the sweep goes on."""

    def __init__(self, visit: Visit, words: Words) -> None:
        """Lay the card."""
        self._visit, self._words = visit, words
        self.wanted = False
        with ui.element("section").classes("card"):
            self._head = block(24)
            self._ask = ui.html(e(words.say("plan.trades_ask")), sanitize=False, tag="button").classes("act")
            self._ask.on("click", self._want)
            self._chart = LiveChart(visit.theme, "chart", 0)
            self._table = block()

    def _want(self) -> None:
        self.wanted = True
        self._ask.set_visibility(False)

    def show(self, trades: Trades | None) -> None:
        """Draw the points that are there."""
        words = self._words
        text = words.say("plan.trades_note")
        if trades is not None and trades.state == "searching":
            text = words.say("plan.trades_searching", n=trades.searched, all=trades.searches or MISSING)
        elif trades is not None and trades.state == "failed":
            text = words.say("plan.failed", why=trades.detail)
        draw(self._head, section_head(words.say("plan.trades"), "", f'<p class="muted small">{e(text)}</p>'))
        if trades is not None and trades.points:
            self._chart.show(trades_chart(words, trades, self._visit.theme), empty=False, words=words)
            draw(self._table, trades_table(words, trades))


def trades_table(words: Words, trades: Trades) -> str:
    """Return the points of a sweep and the plan in force as a table; what they cost is without carbon."""
    columns = heads(words, "plan.trades_price", "=CNY>", "=kg CO₂e>", "plan.row_late>~")
    rows = [(names, first.cost_cny, first.co2e_kg, first.late_orders) for names, first in same_plan(trades.points)]
    if trades.in_force is not None:
        now = trades.in_force
        rows.append((words.say("plan.trades_in_force"), now.cost_cny, now.co2e_kg, now.late_orders))
    cells = [
        (e(name), e(words.number(cost, 6)), e(words.number(co2e, 6)), e(words.whole(late)))
        for name, cost, co2e, late in rows
    ]
    return table(columns, cells)


def curve_html(words: Words, curve: list[float]) -> str:
    """Return what a search weighs as a line with its first value and its last, and what that counts."""
    if len(curve) < 2:
        return ""
    low, high = min(curve), max(curve)
    span, step = (high - low) or 1.0, 300.0 / (len(curve) - 1)
    points = " ".join(f"{n * step:.1f},{4 + 48 * (high - value) / span:.1f}" for n, value in enumerate(curve))
    first, last = (words.amount(value, "CNY", 6) for value in (curve[0], curve[-1]))
    label = f"{words.say('plan.falls')}: {first} → {last}"
    note = words.say(
        "plan.falls_note", spare=f"{SPARE_MS / 60_000:g}", times=f"{PRESSING:g}", moved=f"{NERVOUS.moved_cny:g}",
        shifted=f"{NERVOUS.shifted_cny_per_h:g}",
    )  # fmt: skip
    return (
        f'<p class="small muted">{e(words.say("plan.falls"))}</p><div class="falling"><span>{e(first)}</span>'
        '<svg class="fall" viewBox="0 0 300 56" preserveAspectRatio="none" '
        f'role="img" aria-label="{e(label)}"><polyline points="{points}"/></svg><span>{e(last)}</span></div>'
        f'<p class="small muted">{e(note)}</p>'
    )
