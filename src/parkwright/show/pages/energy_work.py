"""The card of movable work: what joint planning saves today, and when each work is done inside its window."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from parkwright.show.answers.ahead import MovedWork, WorkPlan
from parkwright.show.pages.parts import badge, e, heads, key, section_head, state, table
from parkwright.show.words import Words

LANE_H = 22
TOP, HIGH = 2, 12
"""Where the joint plan is drawn in a lane, from above and how high [px]; the other ways are lines below it."""
LINES = {"unshifted": 16, "shifted": 19}


def work_card(words: Words, found: WorkPlan) -> str:
    """Return what joint planning saves today, the ways beside it, and the works in their windows."""
    label = words.say("page.download", form="CSV", what=words.say("table.work"))
    sheet = f'<a class="small" download href="/api/v1/energy/work.csv" aria-label="{e(label)}">CSV</a>'
    head = section_head(words.say("work.title"), sheet)
    return f'<section class="card row-card">{head}{_body(words, found)}</section>'


def _body(words: Words, found: WorkPlan) -> str:
    if found.state == "failed":
        return f'<div class="notice stale" role="alert">{e(words.say("ahead.failed", why=found.detail))}</div>'
    if not found.ways:
        why = "work.soon" if found.state == "working" else "work.none_why"
        return state(words.say("state.empty"), words.say(why))
    joint = found.ways[-1]
    proof = words.say(
        "work.proven",
        gap=words.number(round(100.0 * (found.gap or 0.0), 3), 2),
        left=words.number(round(found.left_cny or 0.0, 2), 2),
    )
    told = words.say("work.saves", saved=words.number(joint.saved_cny), n=words.number(joint.moved_kwh, 4))
    marks = key([
        (words.say("work.window"), "line", "full"), (words.say("work.joint"), "good", "full"),
        (words.say("work.shifted"), "battery", "full"), (words.say("work.unshifted"), "loss", "full"),
    ])  # fmt: skip
    return (
        f'<p>{e(told)} <span class="small muted">{e(proof)}</span></p>'
        f'<div class="row halves">{_ways(words, found)}<div>{marks}{_works(words, found)}</div></div>'
    )


def _ways(words: Words, found: WorkPlan) -> str:
    columns = heads(words, "work.way", "work.saved>", "=kg CO2e>", "work.moved>", "work.cost>~", "work.peak>~")
    rows = [
        (
            e(words.say(f"work.{one.key}")),
            e(words.number(one.saved_cny, 4)),
            e(words.number(one.saved_kg)),
            e(words.number(one.moved_kwh, 4)),
            e(words.number(one.cost_cny, 5)),
            e(words.number(one.peak_kw, 4)),
        )
        for one in found.ways
    ]
    return table(columns, rows)


def _works(words: Words, found: WorkPlan) -> str:
    rows = [
        (
            f"{e(words.name(one))} "
            + badge(words.say("work.portions" if one.interruptible else "work.piece"), "note")
            + _left(words, one)
            + lane(words, found, one),
            e(words.number(one.energy_kwh, 4)),
            e(words.number(one.moved_kwh, 4)),
        )
        for one in found.works
    ]
    return table(heads(words, "work.work", "=kWh>", "work.moved>"), rows)


def _left(words: Words, one: MovedWork) -> str:
    left_kwh = sum(window.energy_kwh for window in one.windows if window.of_yesterday)
    return " " + badge(words.say("work.left", n=words.number(left_kwh, 4)), "note") if left_kwh > 0.0 else ""


def lane(words: Words, found: WorkPlan, one: MovedWork) -> str:
    """Return a day as a strip: its windows outlined, the joint plan filled, the other ways as lines below it."""
    count = len(found.start)
    begin = found.start[0]
    most = max(*one.joint_kw, *one.shifted_kw, *one.unshifted_kw, 1e-9)
    drawn, clocks = "", []
    for window in one.windows:
        first, end = ((at - begin).total_seconds() / found.interval_s for at in (window.earliest, window.latest))
        drawn += f'<rect class="window" x="{first:g}" y="0.5" width="{end - first:g}" height="{LANE_H - 1}"/>'
        clocks.append(f"{words.clock(window.earliest)}–{words.clock(window.latest)}")
    for x, width, kw in _runs(one.joint_kw):
        height = HIGH * kw / most
        drawn += f'<rect class="joint" x="{x}" y="{TOP + HIGH - height:.2f}" width="{width}" height="{height:.2f}"/>'
    for name, power in (("unshifted", one.unshifted_kw), ("shifted", one.shifted_kw)):
        for x, width, _ in _runs(power):
            drawn += f'<line class="{name}" x1="{x}" x2="{x + width}" y1="{LINES[name]}" y2="{LINES[name]}"/>'
    label = words.say("work.lane", work=words.name(one), windows=", ".join(clocks))
    last = round(count * found.interval_s / 3600.0)
    hours = "".join(f"<span>{hour if hour <= 24 else hour - 24}</span>" for hour in range(0, last + 2, 6))
    return (
        f'<svg class="lane" viewBox="0 0 {count} {LANE_H}" preserveAspectRatio="none" role="img" '
        f'aria-label="{e(label)}">{drawn}</svg><div class="lane-hours small muted">{hours}</div>'
    )


def _runs(power_kw: Sequence[float]) -> list[tuple[int, int, float]]:
    """Return the intervals of like power above zero: first, length, power [kW]."""
    found, at = [], 0
    for kw, group in groupby(power_kw):
        length = len(list(group))
        if kw > 0.0:
            found.append((at, length, kw))
        at += length
    return found
