"""Buildings: who is uncomfortable, what wastes, and what can be done about it."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from nicegui import ui
from starlette.requests import Request

from parkwright.show.answers.buildings import Buildings, OpenAlarm, Point, Zone
from parkwright.show.auth import ACKNOWLEDGE
from parkwright.show.buildings_api import buildings_of
from parkwright.show.door import Visit, visit_of
from parkwright.show.pages.building_charts import comfort_chart, comfort_key, water_chart
from parkwright.show.pages.days import asked_day, day_switch
from parkwright.show.pages.frame import block, draw, keep_current, permitted, shell
from parkwright.show.pages.live_chart import LiveChart
from parkwright.show.pages.parts import (
    badge,
    card,
    downloads,
    e,
    figure_card,
    heads,
    key,
    line_of,
    post_button,
    section_head,
    state,
    table,
)
from parkwright.show.pages.setting import Setting
from parkwright.show.told import thing_named, told
from parkwright.show.words import MISSING, Words

CATEGORY_KIND = {
    "I": "good", "II": "good", "in_range": "good", "III": "", "IV": "warn", "outside": "stop", "out_of_range": "stop",
}  # fmt: skip
STATE_KIND = {"low": "stop", "high": "stop", "missing": "warn", "stuck": "warn", "ok": ""}


@ui.page("/buildings")
def buildings_page(request: Request) -> None:
    """Draw the buildings and keep them current."""
    visit = visit_of(request)
    day = asked_day(request)
    asked = request.query_params.get("building", "")[:64]
    with shell(request, visit, "buildings") as frame:
        if not permitted(visit, frame.words, "buildings"):
            return
        words = frame.words
        heading = block(28, "head")
        figures = block(110)
        with ui.element("div").classes("row split"):
            zones = block(320)
            needs = block(320)
        with ui.element("section").classes("card row-card"):
            comfort_head = block(24)
            comfort = LiveChart(visit.theme, "chart low", 220)
        with ui.element("div").classes("row split"):
            points = block(420)
            with ui.element("section").classes("card"):
                setting = Setting(visit, words)
                changes = block(80)
        with ui.element("div").classes("row halves"):
            with ui.element("section").classes("card"):
                water_head = block(24)
                drawn = LiveChart(visit.theme, "chart low", 220)
            water = block(220)

        def show(found: Buildings) -> None:
            chosen = _chosen(found, asked)
            draw(heading, _heading(words, found))
            cards = "".join(figure_card(words, figure, visit.now) for figure in found.figures)
            draw(figures, f'<div class="row figures six">{cards}</div>')
            draw(zones, zones_card(visit, words, found))
            draw(needs, _needs(visit, words, found))
            name = _building_name(visit, chosen)
            links = _csv(words, "zones", found.day)
            mine = [zone for zone in found.zones if zone.building_id == chosen]
            draw(
                comfort_head,
                section_head(words.say("buildings.rooms", name=name), links, key(comfort_key(words, mine))),
            )
            options = comfort_chart(words, found, mine, visit.theme)
            comfort.show(options, empty=not any(v is not None for z in mine for v in z.trend_c), words=words)
            draw(points, points_card(visit, words, found, chosen))
            setting.offer([one for one in found.points if one.writable], chosen)
            draw(changes, changes_html(visit, words, found))
            title = words.say("buildings.water")
            draw(water_head, section_head(title, downloads(words, "readings", found.day)))
            known = any(value is not None for one in found.water for value in one.by_interval_m3)
            drawn.show(water_chart(words, found, visit.theme), empty=not known, words=words)
            draw(water, water_card(words, found))

        keep_current(frame, lambda: buildings_of(visit, day), show)


def _chosen(found: Buildings, asked: str) -> str:
    """Return the building that is asked for, else the one that needs a look most."""
    if any(one.building_id == asked for one in found.buildings):
        return asked
    worst = next((zone.building_id for zone in found.zones), "")
    away = max(found.buildings, key=lambda one: one.away, default=None)
    return away.building_id if away is not None and (away.away or not worst) else worst


def _heading(words: Words, found: Buildings) -> str:
    until = words.say("buildings.until", at=words.clock(found.told_until, found.at)) if found.told_until else ""
    shifts = ", ".join(f"{words.clock(begin)}–{_end(words, end)}" for begin, end in found.shifts)
    works = words.say("buildings.shifts", spans=shifts) if shifts else words.say("buildings.no_shifts")
    return (
        f'<h1>{e(words.say("nav.buildings"))}</h1><span class="muted">{e(words.say("buildings.question"))}</span>'
        f'<span class="muted small">{e(works)}</span><span class="muted small">{e(until)}</span>'
        f'<span class="grow"></span>{day_switch(words, "/buildings", found.day)}'
    )


def _end(words: Words, end: datetime) -> str:
    """Return the end of a shift; midnight closes a day, it does not open it."""
    shown = words.clock(end)
    return "24:00" if shown == "00:00" else shown


def zones_card(visit: Visit, words: Words, found: Buildings) -> str:
    """Return the zones, the least comfortable first."""
    title = words.say("buildings.zones")
    if not found.zones:
        return card(title, state(words.say("buildings.none"), words.say("buildings.none_why")), kind="fill")
    columns = heads(
        words, "buildings.zone", "buildings.category", "buildings.room>", "buildings.day_trend~", "buildings.air~",
        "buildings.held~", "buildings.outside>",
    )  # fmt: skip
    rows = [_zone(visit, words, zone, found.day) for zone in found.zones]
    note = f'<p class="small muted gap">{e(words.say("buildings.norm"))}</p>'
    return card(title, table(columns, rows) + note, _csv(words, "zones", found.day), kind="fill")


TREND_SPAN_K = 4.0
"""What the height of a room's small trend stands for at least [K]: the width of two categories (EN 16798-1)."""


def _zone(visit: Visit, words: Words, zone: Zone, day: str) -> tuple[str, ...]:
    name = f"{_building_name(visit, zone.building_id)} · {zone_name(words, zone.zone_id)}"
    link = f"/buildings?{urlencode({'building': zone.building_id, 'day': day})}"
    category = words.say(f"comfort.{zone.category}")
    air = badge(words.say(f"comfort.{zone.air}"), CATEGORY_KIND.get(zone.air, "")) if zone.co2_ppm is not None else ""
    held = MISSING
    if zone.heat_c is not None or zone.cold_c is not None:
        held = f"{words.number(zone.heat_c)}–{words.number(zone.cold_c)}{chr(0x2009)}°C"
    return (
        f'<a href="{e(link)}">{e(name)}</a>',
        badge(category, CATEGORY_KIND.get(zone.category, "")),
        e(words.of_point(zone.temperature_c, "temperature_c")),
        line_of(zone.trend_c, words.say("buildings.trend_of", name=name), TREND_SPAN_K),
        f'{air} <span class="small muted">{e(words.of_point(zone.co2_ppm, "co2_ppm"))}</span>' if air else MISSING,
        f'<span class="small">{e(held)}</span>',
        e(words.amount(zone.outside_h, "h")),
    )


def zone_name(words: Words, zone_id: str) -> str:
    """Return the name of a zone where the catalogue knows it, else its id."""
    return words.known(f"zone.{zone_id}", zone_id)


def _building_name(visit: Visit, building_id: str) -> str:
    names = {one.id: one.name for one in visit.context.park.buildings}
    return str(getattr(names[building_id], visit.language)) if building_id in names else building_id


def _needs(visit: Visit, words: Words, found: Buildings) -> str:
    waiting = [one for one in found.alarms if not one.acknowledged]
    alarms = "".join(_alarm(visit, words, one) for one in waiting)
    body = f'<ol class="needs">{alarms}</ol>' if alarms else ""
    if not waiting:
        body = f'<p class="muted">{e(words.say("buildings.no_alarms"))}</p>'
    taken = sum(one.acknowledged for one in found.alarms)
    if taken:
        body += f'<p class="small muted gap">{e(words.say("buildings.taken", n=taken))}</p>'
    rows = [
        (
            e(thing_named(words, visit.context.park, one.point_id)),
            e(words.say(f"waste.{one.kind}")),
            e(words.of_point(one.value, one.quantity)),
            e(words.of_point(one.wanted, one.quantity)),
        )
        for one in found.wastes
    ]
    columns = heads(words, "buildings.point", "buildings.how", "buildings.now>", "buildings.wanted>")
    waste = table(columns, rows) if rows else f'<p class="muted">{e(words.say("buildings.no_waste"))}</p>'
    head = f'<h2 class="gap">{e(words.say("buildings.wastes"))}</h2>'
    return card(words.say("buildings.alarms"), f"{body}{head}{waste}", kind="fill")


def _alarm(visit: Visit, words: Words, one: OpenAlarm) -> str:
    mark = "mark now" if one.severity == 1 else "mark"
    since = words.say("home.since", at=words.clock(one.at, visit.now))
    if not one.still:
        since = f"{since} · {words.say('buildings.over')}"
    title = words.known(f"alarm.{one.kind}", one.kind)
    sentence = told(words, visit.context.park, one.kind, one.thing_id, one.at, one.text)
    button = ""
    if visit.may(ACKNOWLEDGE, "alarms"):
        button = post_button(
            words.say("home.acknowledge"), "/api/v1/acknowledgements", {"key": one.key}, words.say("home.acknowledged")
        )
    return (
        f'<li><i class="{mark}" aria-hidden="true"></i><div><b>{e(title)}</b>'
        f'<div class="small muted">{e(since)}</div><p>{e(sentence)}</p></div>{button}</li>'
    )


def points_card(visit: Visit, words: Words, found: Buildings, chosen: str) -> str:
    """Return the points of the chosen building with tabs to the others."""
    title = words.say("buildings.points")
    if not found.points:
        return card(title, state(words.say("buildings.none"), words.say("buildings.none_why")), kind="fill")
    tabs = ""
    for one in found.buildings:
        link = f"/buildings?{urlencode({'building': one.building_id, 'day': found.day})}"
        here = ' aria-current="true"' if one.building_id == chosen else ""
        away = f" {badge(str(one.away), 'warn')}" if one.away else ""
        tabs += f'<a class="tab" href="{e(link)}"{here}>{e(words.name(one))}{away}</a>'
    columns = heads(
        words, "buildings.point", "buildings.now>", "buildings.state", "buildings.range>~", "buildings.schedule>~",
        "buildings.age>~",
    )  # fmt: skip
    rows = [_point(words, one, found.at) for one in found.points if one.building_id == chosen]
    change = words.say("buildings.next", at=words.clock(found.next_change, found.at)) if found.next_change else ""
    note = f'<p class="small muted gap">{e(change)}</p>' if change else ""
    body = f'<div class="tabs" role="navigation" aria-label="{e(title)}">{tabs}</div>{table(columns, rows)}{note}'
    return card(title, body, _csv(words, "points", found.day), kind="fill")


def _point(words: Words, point: Point, now: datetime) -> tuple[str, ...]:
    name = f'{e(words.name(point))} <span class="small muted hide-phone">{e(point.point_id)}</span>'
    if point.set_by:
        by = words.say("buildings.set_by", who=point.set_by, at=words.clock(point.set_at, now), reason=point.set_reason)
        name += f'<div class="small muted">{e(by)}</div>'
    low, high = (point.low, point.high) if point.role == "sensor" else (point.write_low, point.write_high)
    both = f"{_plain(words, low, point)}–{words.of_point(high, point.quantity)}" if high is not None else MISSING
    schedule = ""
    if point.occupied is not None:
        schedule = f"{_plain(words, point.occupied, point)} / {words.of_point(point.unoccupied, point.quantity)}"
    shown = "set" if point.set_by and point.state == "ok" else point.state
    age = (now - point.at).total_seconds() if point.at else None
    return (
        name,
        f"<b>{e(words.of_point(point.value, point.quantity))}</b>",
        badge(words.say(f"point_state.{shown}"), "note" if shown == "set" else STATE_KIND[point.state]),
        e(both),
        e(schedule) or MISSING,
        e(words.age(age)),
    )


def _plain(words: Words, value: float | None, point: Point) -> str:
    """Return a value without its unit."""
    return words.of_point(value, point.quantity).partition(chr(0x2009))[0]


def changes_html(visit: Visit, words: Words, found: Buildings) -> str:
    """Return the last changes of set-points, newest first."""
    quantity = {one.point_id: one.quantity for one in found.points}
    rows = [
        (
            e(words.clock(one.at, found.at)),
            f'{e(one.point_id)}<div class="small muted">{e(one.who)}: {e(one.reason)}</div>',
            e(f"{words.number(_times(one.before, quantity.get(one.point_id, '')))} → ")
            + e(words.of_point(one.value, quantity.get(one.point_id, ""))),
        )
        for one in found.changes[:6]
    ]
    title = f'<h2 class="gap">{e(words.say("buildings.changes"))}</h2>'
    if not rows:
        return f'{title}<p class="muted">{e(words.say("buildings.no_changes"))}</p>'
    return title + table(heads(words, "plan.at", "buildings.point", "buildings.change>"), rows)


def _times(value: float, quantity: str) -> float:
    return 100.0 * value if quantity.endswith("_share") else value


def water_card(words: Words, found: Buildings) -> str:
    """Return the water by meter."""
    title = words.say("buildings.water_meters")
    if not found.water:
        return card(title, state(words.say("state.empty"), words.say("buildings.no_water")), kind="fill")
    columns = heads(words, "energy.meter", "buildings.today>", "buildings.yesterday>", "buildings.idle>")
    rows = [
        (
            f'{e(words.name(one))} <span class="small muted hide-phone">{e(one.meter_id)}</span>',
            e(words.amount(one.today_m3, "m³")),
            e(words.amount(one.yesterday_m3, "m³")) if one.yesterday_m3 is not None else MISSING,
            e(words.amount(one.idle_m3_per_h, "m³/h")) if one.idle_m3_per_h is not None else MISSING,
        )
        for one in found.water
    ]
    note = f'<p class="small muted gap">{e(words.say("buildings.idle_why"))}</p>'
    return card(title, table(columns, rows) + note, kind="fill")


def _csv(words: Words, what: str, day: str) -> str:
    label = words.say("page.download", form="CSV", what=words.say(f"table.{what}"))
    return f'<a class="small" download href="/api/v1/buildings/{what}.csv?day={e(day)}" aria-label="{e(label)}">CSV</a>'
