"""The site in space and time: zone, buildings, roads, green, calendar."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo, available_timezones

from parkwright.model.plant import Factor, LampFleet
from parkwright.model.site import (
    Building,
    Calendar,
    Crew,
    Edge,
    Fleet,
    Maintenance,
    Node,
    Point,
    Site,
    Tree,
    Warehouse,
    WorkCenter,
)
from parkwright.store.draft import Draft
from parkwright.store.explain import suggest
from parkwright.store.parse import Place
from parkwright.store.rules.reference import refer


def check(draft: Draft) -> None:
    """Report what is wrong with the site, its buildings, roads, green, calendar, maintenance and crews."""
    _site(draft)
    _inside(draft)
    _buildings(draft)
    _roads(draft)
    _fleet(draft)
    _calendar(draft)
    _maintenance(draft)
    _crews(draft)


def area_m2(corners: Sequence[Point]) -> float:
    """Return the area of a polygon [m2] from its corners in order (shoelace formula)."""
    pairs = zip(corners, [*corners[1:], corners[0]], strict=True)
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs)) / 2.0


def is_day(text: str) -> bool:
    """Return whether a text is a date of the calendar in the form YYYY-MM-DD."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _site(draft: Draft) -> None:
    for placed in draft.of(Site):
        site, place = placed.noun, placed.place
        report = draft.reader.report
        if not is_zone(site.timezone):
            way_out = suggest(site.timezone, sorted(available_timezones()))
            report(place, "site: timezone", f"'{site.timezone}' is no IANA time zone", way_out, "timezone")
        if 86_400 % site.metering_interval_s:
            found = f"is {site.metering_interval_s}, which does not divide a day"
            report(place, "site: metering_interval_s", found, "give 900, 1800 or 3600", "metering_interval_s")
        if site.area_m2 > site.width_m * site.depth_m * 1.001:
            found = f"is {site.area_m2:g}, more than width times depth ({site.width_m * site.depth_m:g})"
            report(place, "site: area_m2", found, "give m2, not more than width_m times depth_m", "area_m2")
        _site_factor(draft, place, "accounting_grid_factor", site.accounting_grid_factor, ("grid_average",))
        kinds = ("grid_residual", "grid_average")
        _site_factor(draft, place, "residual_grid_factor", site.residual_grid_factor, kinds)


def is_zone(name: str) -> bool:
    """Return whether a name is an IANA time zone."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return False
    return True


def _site_factor(draft: Draft, place: Place, key: str, given: str, kinds: tuple[str, ...]) -> None:
    if not refer(draft, place, "site", key, given, Factor):
        return
    for factor in draft.nouns(Factor):
        if factor.id == given and factor.kind not in kinds:
            found = f"'{given}' is a factor of kind {factor.kind}"
            draft.reader.report(place, f"site: {key}", found, f"name one of kind {' or '.join(kinds)}", key)


def _inside(draft: Draft) -> None:
    """Report what lies outside the site."""
    site = draft.one(Site)
    if site is None:
        return
    points: list[tuple[Place, str, str | tuple[str | int, ...], Point]] = []
    for building in draft.of(Building):
        thing = f"building '{building.noun.id}': footprint"
        points += [(building.place, thing, "footprint", point) for point in building.noun.footprint]
    for line in draft.of(WorkCenter):
        thing = f"work_center '{line.noun.id}'"
        points += [(line.place, f"{thing}: start", "start", line.noun.start)]
        points += [(line.place, f"{thing}: end", "end", line.noun.end)]
    for node in draft.of(Node):
        points.append((node.place, f"node '{node.noun.id}': at", "at", node.noun.at))
    for lamps in draft.of(LampFleet):
        points += [(lamps.place, f"lamps '{lamps.noun.id}': line", "line", point) for point in lamps.noun.line]
    for tree in draft.of(Tree):
        points.append((tree.place, f"tree '{tree.noun.id}'", (), (tree.noun.x_m, tree.noun.y_m)))
    for place, thing, key, (x_m, y_m) in points:
        if not (0 <= x_m <= site.width_m and 0 <= y_m <= site.depth_m):
            found = f"({x_m:g}, {y_m:g}) lies outside the site"
            way_out = f"give metres from its south-west corner, up to ({site.width_m:g}, {site.depth_m:g})"
            draft.reader.report(place, thing, found, way_out, key)


def _buildings(draft: Draft) -> None:
    for placed in draft.of(Building):
        building, place = placed.noun, placed.place
        thing = f"building '{building.id}'"
        if area_m2(building.footprint) < 1.0:
            found = "encloses no area"
            draft.reader.report(place, f"{thing}: footprint", found, "give its corners in order", "footprint")
        if building.heating_setpoint_c >= building.cooling_setpoint_c:
            found = f"is {building.heating_setpoint_c:g}, not below cooling_setpoint_c {building.cooling_setpoint_c:g}"
            way_out = "leave a band between heating and cooling"
            draft.reader.report(place, f"{thing}: heating_setpoint_c", found, way_out, "heating_setpoint_c")


def _roads(draft: Draft) -> None:
    seen: set[frozenset[str]] = set()
    sound = draft.whole(Node, Edge)
    for placed in draft.of(Edge):
        edge, place = placed.noun, placed.place
        thing = f"edge '{edge.a}' - '{edge.b}'"
        for key, given in (("a", edge.a), ("b", edge.b)):
            sound = refer(draft, place, thing, key, given, Node) and sound
        if edge.a == edge.b:
            draft.reader.report(place, thing, "leads back to where it starts", "name two nodes")
        if frozenset((edge.a, edge.b)) in seen:
            draft.reader.report(place, thing, "is given twice", "keep one; lanes are driven both ways")
        seen.add(frozenset((edge.a, edge.b)))
    if sound:
        _connected(draft)


def _connected(draft: Draft) -> None:
    """Report the nodes that a robot cannot reach from the first one."""
    nodes = draft.of(Node)
    if not nodes:
        return
    beside: dict[str, set[str]] = {placed.noun.id: set() for placed in nodes}
    for edge in draft.nouns(Edge):
        beside[edge.a].add(edge.b)
        beside[edge.b].add(edge.a)
    first = nodes[0].noun.id
    reached, ahead = {first}, [first]
    while ahead:
        for node_id in beside[ahead.pop()] - reached:
            reached.add(node_id)
            ahead.append(node_id)
    for placed in nodes:
        if placed.noun.id not in reached:
            found = f"cannot be reached from '{first}'"
            draft.reader.report(placed.place, f"node '{placed.noun.id}'", found, "add an edge to it")


def _fleet(draft: Draft) -> None:
    for fleet in draft.of(Fleet):
        refer(draft, fleet.place, "fleet", "home_node", fleet.noun.home_node, Node)
    for store in draft.of(Warehouse):
        refer(draft, store.place, "warehouse", "node_id", store.noun.node_id, Node)
        refer(draft, store.place, "warehouse", "building_id", store.noun.building_id, Building)


def _calendar(draft: Draft) -> None:
    for placed in draft.of(Calendar):
        calendar, place = placed.noun, placed.place
        report = draft.reader.report
        for day in calendar.holidays:
            if not is_day(day):
                report(place, "calendar: holidays", f"'{day}' is no date", "give YYYY-MM-DD", "holidays")
            if calendar.holidays.count(day) > 1:
                report(place, "calendar: holidays", f"{day} stands more than once", "keep one", "holidays")
        for position, shift in enumerate(calendar.shift):
            if shift.end <= shift.start:
                found = f"ends {shift.end}, not after its start {shift.start}"
                way_out = "split a night shift at midnight (24:00 and 00:00)"
                report(place, f"calendar: shift {position + 1}", found, way_out, ("shift", position, "end"))
            for line_id in shift.lines:
                refer(
                    draft, place, f"calendar: shift {position + 1}", ("shift", position, "lines"), line_id, WorkCenter
                )
        for (one, early), (two, late) in itertools.combinations(enumerate(calendar.shift), 2):
            days = [day for day in early.days if day in late.days]
            if days and early.start < late.end and late.start < early.end:
                found = f"overlaps shift {one + 1} on {', '.join(days)}"
                report(place, f"calendar: shift {two + 1}", found, "let one end where the next begins", ("shift", two))
    if draft.of(WorkCenter) and draft.whole(Calendar) and not any(c.shift for c in draft.nouns(Calendar)):
        draft.reader.report(
            Place("park.toml"), "calendar", "has no shift, but there are lines", "add [[calendar.shift]]"
        )
    _idle_lines(draft)


def _idle_lines(draft: Draft) -> None:
    """Report lines that work in no shift, because every one names others."""
    shifts = [shift for calendar in draft.nouns(Calendar) for shift in calendar.shift]
    for placed in draft.of(WorkCenter) if shifts else []:
        if all(shift.lines and placed.noun.id not in shift.lines for shift in shifts):
            thing, way_out = f"work_center '{placed.noun.id}'", "name it in `lines` of a [[calendar.shift]]"
            draft.reader.report(placed.place, thing, "works in no shift", way_out)


def _maintenance(draft: Draft) -> None:
    """Report maintenance of no line, on no date, the wrong way round, or twice at once."""
    rows = draft.of(Maintenance)
    for placed in rows:
        one, place, thing = placed.noun, placed.place, f"maintenance of '{placed.noun.work_center_id}'"
        refer(draft, place, "maintenance", "work_center_id", one.work_center_id, WorkCenter)
        if not is_day(one.date):
            draft.reader.report(place, f"{thing}: date", f"'{one.date}' is no date", "give YYYY-MM-DD", "date")
        if one.end <= one.start:
            found, way_out = f"is {one.end}, not after its start {one.start}", "split what goes over midnight at 24:00"
            draft.reader.report(place, f"{thing}: end", found, way_out, "end")
    for early, late in itertools.combinations(rows, 2):
        one, two = early.noun, late.noun
        if (one.work_center_id, one.date) == (two.work_center_id, two.date) and (
            one.start < two.end and two.start < one.end
        ):
            found = f"overlaps the one from {one.start} to {one.end} on {one.date}"
            thing = f"maintenance of '{two.work_center_id}'"
            draft.reader.report(late.place, f"{thing}: start", found, "give one for both, or let them touch", "start")


def _crews(draft: Draft) -> None:
    """Report crews of no line, of a line twice, of one that asks for more than ever are there, or with a day turned."""
    report = draft.reader.report
    for placed in draft.of(Crew):
        crew, place, thing = placed.noun, placed.place, f"crew '{placed.noun.id}'"
        for position, shift in enumerate(crew.shift):
            if shift.end <= shift.start:
                found = f"ends {shift.end}, not after its start {shift.start}"
                way_out = "split a night shift at midnight (24:00 and 00:00)"
                report(place, f"{thing}: shift {position + 1}", found, way_out, ("shift", position, "end"))
        most = sum(shift.heads for shift in crew.shift)
        lines = [line.work_center_id for line in crew.line]
        for position, line in enumerate(crew.line):
            where = ("line", position, "work_center_id")
            refer(draft, place, thing, where, line.work_center_id, WorkCenter)
            if line.work_center_id in lines[:position]:
                report(place, thing, f"serves '{line.work_center_id}' twice", "give it once", where)
            if max(line.run_heads, line.setup_heads) > most:
                found = f"asks for {max(line.run_heads, line.setup_heads):g} people, and at most {most} are ever there"
                way_out = "give more heads to a shift, or ask for fewer"
                report(place, f"{thing}: '{line.work_center_id}'", found, way_out, ("line", position))
