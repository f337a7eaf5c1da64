"""Energy, the next 24 hours: set-points against price and carbon, what is stored, what may come, who it keeps warm."""

from __future__ import annotations

from fastapi import HTTPException
from nicegui import ui
from starlette.requests import Request

from parkwright.model.errors import LedgerError
from parkwright.show.answers.ahead import Ahead, WorkPlan
from parkwright.show.answers.buildings import Zone
from parkwright.show.buildings_api import buildings_of
from parkwright.show.door import Visit, visit_of
from parkwright.show.energy_api import energy_desk_of
from parkwright.show.pages.ahead_charts import (
    dispatch_chart,
    dispatch_key,
    forecast_chart,
    forecast_key,
    heat_chart,
    heat_key,
    stores_chart,
    stores_key,
)
from parkwright.show.pages.buildings import CATEGORY_KIND, zone_name
from parkwright.show.pages.energy import energy_tabs
from parkwright.show.pages.energy_work import work_card
from parkwright.show.pages.frame import block, draw, keep_current, permitted, shell
from parkwright.show.pages.live_chart import LiveChart
from parkwright.show.pages.parts import badge, card, e, heads, key, section_head, state, table
from parkwright.show.words import MISSING, Words

FORECASTS = ("load", "pv", "heat")
ZONES_SHOWN = 8


@ui.page("/energy/ahead")
def ahead_page(request: Request) -> None:
    """Draw the next 24 hours and keep them current."""
    visit = visit_of(request)
    with shell(request, visit, "energy") as frame:
        if not permitted(visit, frame.words, "energy"):
            return
        words = frame.words
        heading = block(28, "head")
        told = block()
        figures = block(72)
        with ui.element("section").classes("card row-card"):
            plan_head = block(24)
            plan = LiveChart(visit.theme, "chart tall", 420)
        work = block(120)
        with ui.element("div").classes("row thirds"):
            drawn = {name: _chart(visit, 240) for name in FORECASTS}
        with ui.element("div").classes("row thirds"):
            store_head, store = _chart(visit, 240)
            heat_head, heat = _chart(visit, 240)
            zones = block(240)

        def make() -> tuple[Ahead, WorkPlan, list[Zone]]:
            try:
                desk = energy_desk_of(visit)
                return desk.ahead(visit.now), desk.work(visit.now), buildings_of(visit, None).zones
            except HTTPException as error:
                raise LedgerError(str(error.detail)) from error

        def show(answer: tuple[Ahead, WorkPlan, list[Zone]]) -> None:
            found, moved, rooms = answer
            draw(work, work_card(words, moved))
            known = bool(found.start)
            soon = words.say("ahead.soon")
            draw(heading, _heading(words, found))
            draw(told, told_html(words, found))
            draw(figures, figures_html(words, found))
            sheet = _sheet(words)
            draw(plan_head, section_head(words.say("ahead.dispatch"), sheet, key(dispatch_key(words, found))))
            plan.show(
                dispatch_chart(words, found, visit.theme) if known else {}, empty=not known, words=words, why=soon
            )
            for name, (head, chart) in drawn.items():
                one = found.forecasts.get(name)
                source = words.say("ahead.from_metered", n=one.history_days) if one and one.source == "metered" else ""
                source = source or (words.say("ahead.from_year", n=one.history_days) if one else "")
                below = f'<p class="small muted">{e(source)}</p>{key(forecast_key(words, name))}'
                draw(head, section_head(words.say(f"ahead.forecast_{name}"), sheet, below))
                options = forecast_chart(words, found, name, visit.theme) if one else {}
                chart.show(
                    options, empty=one is None, words=words, why=words.say("ahead.no_forecast") if known else soon
                )
            draw(store_head, section_head(words.say("ahead.stores"), sheet, key(stores_key(words, found))))
            held = any(one.capacity_kwh for one in found.assets)
            store.show(stores_chart(words, found, visit.theme) if held else {}, empty=not held, words=words, why=soon)
            draw(heat_head, section_head(words.say("ahead.heat"), sheet, key(heat_key(words, found))))
            options = heat_chart(words, found, visit.theme) if found.heat else {}
            heat.show(options, empty=not found.heat, words=words, why=soon)
            draw(zones, zones_card(visit, words, rooms))

        keep_current(frame, make, show)


def _chart(visit: Visit, height_px: int) -> tuple[ui.html, LiveChart]:
    with ui.element("section").classes("card"):
        return block(24), LiveChart(visit.theme, "chart low", height_px)


def _heading(words: Words, found: Ahead) -> str:
    from_ = words.say("ahead.from", at=words.clock(found.made_at)) if found.made_at else ""
    return f'<h1>{e(words.say("energy.title"))}</h1>{energy_tabs(words, "ahead")}<span class="muted">{e(from_)}</span>'


def told_html(words: Words, found: Ahead) -> str:
    """Return how the work goes, what failed, and which limits gave way."""
    if found.state == "failed":
        return f'<div class="notice stale" role="alert">{e(words.say("ahead.failed", why=found.detail))}</div>'
    if found.state == "working" and not found.start:
        share = words.percent(found.share)
        bar = f'<span class="bar"><i style="width:{100 * found.share:.0f}%"></i></span>'
        return f'<div class="notice" role="status"><span>{e(words.say("ahead.working", share=share))}</span>{bar}</div>'
    if found.status not in ("", "optimal"):
        return f'<div class="notice stale" role="status">{e(words.say("ahead.status", status=found.status))}</div>'
    return ""


def figures_html(words: Words, found: Ahead) -> str:
    """Return the figures of the plan; dashes while there is none."""
    rows = (
        ("ahead.cost", found.cost_cny, "CNY"), ("ahead.import", found.import_kwh, "kWh"),
        ("ahead.carbon", found.co2e_kg, "kg CO2e"), ("ahead.peak", found.peak_kw, "kW"),
        ("ahead.recovered", found.recovered_kwh, "kWh"), ("ahead.curtailed", found.curtailed_kwh, "kWh"),
    )  # fmt: skip
    cards = ""
    for name, value, unit in rows:
        number, shown = words.quantity(value, unit)
        cards += (
            f'<article class="card figure"><div class="label"><span>{e(words.say(name))}</span></div>'
            f'<div class="value">{e(number)}<small>{e(shown)}</small></div></article>'
        )
    return f'<div class="row figures six">{cards}</div>'


def zones_card(visit: Visit, words: Words, zones: list[Zone]) -> str:
    """Return whom the plan keeps warm or cool: zones by comfort, with the way to the page Buildings."""
    title = words.say("ahead.comfort")
    link = f'<a class="small" href="/buildings">{e(words.say("nav.buildings"))}</a>'
    if not zones:
        return card(title, state(words.say("buildings.none"), words.say("buildings.none_why")), link, kind="fill")
    names = {one.id: getattr(one.name, visit.language) for one in visit.context.park.buildings}
    rows = [
        (
            f'<a href="/buildings?building={e(zone.building_id)}">'
            f"{e(names.get(zone.building_id, zone.building_id))} · {e(zone_name(words, zone.zone_id))}</a>",
            badge(words.say(f"comfort.{zone.category}"), CATEGORY_KIND.get(zone.category, "")),
            e(words.of_point(zone.temperature_c, "temperature_c")) if zone.temperature_c is not None else MISSING,
        )
        for zone in zones[:ZONES_SHOWN]
    ]
    return card(
        title, table(heads(words, "buildings.zone", "buildings.category", "buildings.room>"), rows), link, "fill"
    )


def _sheet(words: Words) -> str:
    label = words.say("page.download", form="CSV", what=words.say("table.ahead"))
    return f'<a class="small" download href="/api/v1/energy/ahead.csv" aria-label="{e(label)}">CSV</a>'
