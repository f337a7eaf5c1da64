"""Energy: where does each kWh come from and go, and what will the rest of the day do?"""

from __future__ import annotations

from nicegui import ui
from starlette.requests import Request

from parkwright.show.answers.ahead import SolarYields
from parkwright.show.answers.energy import BandRow, Energy
from parkwright.show.api import energy_of
from parkwright.show.door import Visit, visit_of
from parkwright.show.pages.charts import flow_chart, store_chart, store_key, strip_chart, strip_key
from parkwright.show.pages.days import asked_day, day_switch
from parkwright.show.pages.energy_solar import solar_card
from parkwright.show.pages.frame import block, draw, keep_current, permitted, shell
from parkwright.show.pages.live_chart import LiveChart
from parkwright.show.pages.parts import badge, card, downloads, e, figure_card, heads, key, section_head, state, table
from parkwright.show.words import Words


@ui.page("/energy")
def energy_page(request: Request) -> None:
    """Draw the energy of a day and keep it current."""
    visit = visit_of(request)
    day = asked_day(request)
    with shell(request, visit, "energy") as frame:
        if not permitted(visit, frame.words, "energy"):
            return
        words = frame.words
        heading = block(28, "head")
        figures = block(110)
        with ui.element("div").classes("row halves"):
            with ui.element("section").classes("card"):
                flow_head = block(24)
                flow = LiveChart(visit.theme, "chart tall", 420)
            with ui.element("section").classes("card"):
                strip_head = block(24)
                strip = LiveChart(visit.theme, "chart tall", 420)
        with ui.element("div").classes("row thirds"):
            with ui.element("section").classes("card"):
                store_head = block(24)
                store = LiveChart(visit.theme, "chart", 300)
            bands = block(200)
            largest = block(200)
        solar = block(200) if visit.context.energy else None

        def show(answer: tuple[Energy, SolarYields | None]) -> None:
            energy, yields = answer
            draw(heading, _heading(words, energy))
            cards = "".join(figure_card(words, figure, visit.now) for figure in energy.figures)
            columns = "eight" if len(energy.figures) == 8 else "seven"
            draw(figures, f'<div class="row figures {columns}">{cards}</div>')
            draw(flow_head, section_head(words.say("energy.flow"), downloads(words, "readings", energy.day)))
            flow.show(flow_chart(words, energy.flow, visit.theme), empty=not energy.flow.links, words=words)
            tools = downloads(words, "load", energy.day)
            draw(strip_head, section_head(words.say("energy.strip"), tools, key(strip_key(words))))
            options = strip_chart(words, energy.strip, visit.now, visit.theme)
            strip.show(options, empty=not any((*energy.strip.band, *energy.strip.load_kw)), words=words)
            tools = downloads(words, "dispatch", energy.day)
            draw(store_head, section_head(words.say("energy.battery"), tools, key(store_key(words))))
            _show_store(visit, words, energy, store)
            draw(bands, bands_card(words, energy.bands))
            draw(largest, largest_card(words, energy))
            if solar is not None and yields is not None:
                draw(solar, solar_card(words, yields))

        def make() -> tuple[Energy, SolarYields | None]:
            desk = visit.context.energy
            return energy_of(visit, day), desk.solar(visit.now) if desk else None

        keep_current(frame, make, show)


def _show_store(visit: Visit, words: Words, energy: Energy, chart: LiveChart) -> None:
    if not energy.stores:
        chart.show({}, empty=True, words=words)
        return
    store = energy.stores[0]
    known = any(v is not None for v in (*store.plan_kwh, *store.stored_kwh))
    chart.show(store_chart(words, energy.strip, store, visit.now, visit.theme), empty=not known, words=words)


def _heading(words: Words, energy: Energy) -> str:
    until = words.say("energy.until", at=words.clock(energy.closed_until, energy.at)) if energy.closed_until else ""
    marks = ""
    if energy.estimated_readings:
        marks += badge(words.say("energy.estimated", n=energy.estimated_readings), "warn")
    if energy.placeholder_price:
        marks += f" {badge(words.say('energy.placeholder'), 'note')}"
    return (
        f"<h1>{e(words.say('energy.title'))}</h1>{energy_tabs(words, 'day')}"
        f'<span class="muted">{e(until)}</span>{marks}'
        f'<span class="grow"></span>{day_switch(words, "/energy", energy.day)}'
    )


def energy_tabs(words: Words, here: str) -> str:
    """Return the ways between the day, the next 24 hours and the trials."""
    tabs = ""
    for name, path in (("day", "/energy"), ("ahead", "/energy/ahead"), ("try", "/energy/try")):
        mark = ' aria-current="true"' if name == here else ""
        tabs += f'<a class="tab" href="{path}"{mark}>{e(words.say(f"energy.tab_{name}"))}</a>'
    return f'<span class="tabs inline">{tabs}</span>'


def bands_card(words: Words, bands: list[BandRow]) -> str:
    """Return what was bought by tariff band; the last row is all of them together."""
    title = words.say("energy.bands")
    if not bands:
        return card(title, state(words.say("state.empty"), words.say("state.empty_chart")), kind="fill")
    columns = heads(words, "energy.band", "=kWh>", "=CNY>", "=CNY/kWh>")
    rows = [
        (
            e(words.say(f"band.{band.band}")),
            e(words.number(band.import_kwh, 4)),
            e(words.number(band.cost_cny, 4)),
            e(words.number(band.cny_per_kwh)),
        )
        for band in bands
    ]
    return card(title, table(columns, rows[:-1], rows[-1]), kind="fill")


def largest_card(words: Words, energy: Energy) -> str:
    """Return the five largest consumers."""
    title = words.say("energy.largest")
    if not energy.largest:
        return card(title, state(words.say("state.empty"), words.say("state.empty_chart")), kind="fill")
    rows = [
        (
            f'{e(words.name(each))} <span class="muted small">{e(each.meter_id)}</span>',
            e(words.number(each.energy_kwh, 4)),
            e(words.percent(each.share)),
        )
        for each in energy.largest
    ]
    return card(title, table(heads(words, "energy.meter", "=kWh>", "energy.share>"), rows), kind="fill")
