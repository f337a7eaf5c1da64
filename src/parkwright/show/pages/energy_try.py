"""Energy, what people try: another glass on a building, and the lamps through a year."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import HTTPException
from nicegui import ui
from starlette.requests import Request

from parkwright.model.errors import LedgerError
from parkwright.show.answers.ahead import GlassOffer, GlassTrial, Lamp, LampFaults, LampFleet, Lamps
from parkwright.show.door import visit_of
from parkwright.show.energy_api import energy_desk_of, read_trial
from parkwright.show.pages.ahead_charts import lamps_chart
from parkwright.show.pages.energy import energy_tabs
from parkwright.show.pages.frame import block, draw, keep_current, permitted, shell
from parkwright.show.pages.live_chart import LiveChart
from parkwright.show.pages.parts import badge, card, e, heads, section_head, state, table
from parkwright.show.words import MISSING, Words

YEAR_ROWS = (
    ("u_w_per_m2k", "W/m²K"), ("g", ""), ("heating_kwh", "kWh"), ("cooling_kwh", "kWh"), ("electricity_kwh", "kWh"),
    ("gas_kwh", "kWh"), ("cost_cny", "CNY"), ("co2e_kg", "kg CO2e"), ("peak_heating_kw", "kW"),
    ("peak_cooling_kw", "kW"),
)  # fmt: skip
"""What a building-year is told by, and its units."""


@ui.page("/energy/try")
def try_page(request: Request) -> None:
    """Draw the trials and keep them current."""
    visit = visit_of(request)
    building, glass = (request.query_params.get(name, "")[:64] for name in ("building", "glass"))
    with shell(request, visit, "energy") as frame:
        if not permitted(visit, frame.words, "energy"):
            return
        words = frame.words
        heading = block(28, "head")
        with ui.element("div").classes("row split"):
            trial_card = block(420)
            catalogue = block(420)
        with ui.element("div").classes("row split"):
            with ui.element("section").classes("card"):
                map_head = block(24)
                drawn = LiveChart(visit.theme, "chart", 300)
            fleets = block(300)

        def make() -> tuple[GlassOffer, GlassTrial | None, Lamps, LampFaults, str]:
            try:
                desk = energy_desk_of(visit)
                offer = desk.offer()
                trial, problem = None, ""
                if building or glass:
                    try:
                        trial = read_trial(building or "-", glass or "-", visit)
                    except HTTPException as error:
                        problem = str(error.detail)
                return offer, trial, desk.lamps(), desk.lamp_faults(visit.now), problem
            except HTTPException as error:
                raise LedgerError(str(error.detail)) from error

        def show(answer: tuple[GlassOffer, GlassTrial | None, Lamps, LampFaults, str]) -> None:
            offer, trial, lamps, faults, problem = answer
            title = f"<h1>{e(words.say('energy.title'))}</h1>{energy_tabs(words, 'try')}"
            draw(heading, title)
            draw(trial_card, glass_card(words, offer, trial, problem, (building, glass)))
            draw(catalogue, catalogue_card(words, offer))
            draw(map_head, section_head(words.say("ahead.lamps_map"), _sheet(words)))
            site = visit.context.park.site
            known = bool(lamps.places_m)
            size_m = (site.width_m, site.depth_m)
            options = lamps_chart(words, lamps, faults, size_m, visit.theme) if known else {}
            drawn.show(options, empty=not known, words=words, why=words.say("ahead.no_lamps"))
            draw(fleets, lamps_card(words, lamps, faults))

        keep_current(frame, make, show)


def glass_card(words: Words, offer: GlassOffer, trial: GlassTrial | None, problem: str, asked: tuple[str, str]) -> str:
    """Return the choice of building and glass, and what it changes in a year."""
    title = words.say("ahead.glass")
    if not offer.buildings:
        return card(title, state(words.say("state.empty"), words.say("ahead.no_glass")), kind="fill")
    form = _choice(words, offer, asked)
    if problem:
        return card(title, f'{form}<div class="notice stale gap" role="alert">{e(problem)}</div>', kind="fill")
    if trial is None:
        return card(title, f'{form}<p class="muted gap">{e(words.say("ahead.choose"))}</p>', kind="fill")
    if trial.state == "failed":
        why = words.say("ahead.failed", why=trial.detail)
        return card(title, f'{form}<div class="notice stale gap" role="alert">{e(why)}</div>', kind="fill")
    if trial.state == "working":
        return card(title, f'{form}<p class="gap" role="status">{e(words.say("ahead.year_runs"))}</p>', kind="fill")
    return card(title, f"{form}{_saved(words, trial)}{_year(words, trial)}", kind="fill")


def _choice(words: Words, offer: GlassOffer, asked: tuple[str, str]) -> str:
    def options(pairs: list[tuple[str, str]], chosen: str) -> str:
        return "".join(
            f'<option value="{e(value)}"{" selected" if value == chosen else ""}>{e(text)}</option>'
            for value, text in pairs
        )

    buildings = options([(one.building_id, words.name(one)) for one in offer.buildings], asked[0])
    glass = options([(one.id, words.name(one)) for one in offer.glass], asked[1])
    fields = "".join(
        f'<select class="field" name="{name}" aria-label="{e(words.say(label))}">{choices}</select>'
        for name, label, choices in (("building", "ahead.building", buildings), ("glass", "ahead.which_glass", glass))
    )
    run = f'<button class="act primary">{e(words.say("ahead.run"))}</button>'
    return f'<form class="find" method="get" action="/energy/try">{fields}{run}</form>'


def _saved(words: Words, trial: GlassTrial) -> str:
    pays = (
        words.say("ahead.never")
        if trial.payback_years is None
        else words.say("ahead.years", n=words.number(trial.payback_years))
    )
    rows = (
        ("ahead.saved_kwh", words.amount(trial.saved_kwh, "kWh")),
        ("ahead.saved_cny", words.amount(trial.saved_cny, "CNY")),
        ("ahead.saved_kg", words.amount(trial.saved_kg, "kg CO2e")),
        ("ahead.invested", words.amount(trial.invested_cny, "CNY")), ("ahead.payback", pays),
    )  # fmt: skip
    facts = "".join(f"<div><dt>{e(words.say(name))}</dt><dd><b>{e(value)}</b></dd></div>" for name, value in rows)
    note = f'<p class="small muted">{e(words.say("ahead.price_basis", basis=trial.price_basis))}</p>'
    return f'<dl class="facts gap">{facts}</dl>{note}'


def _year(words: Words, trial: GlassTrial) -> str:
    rows = [
        (
            e(words.say(f"ahead.year_{name}")),
            e(_amount(words, trial.before.get(name), unit)),
            e(_amount(words, trial.after.get(name), unit)),
        )
        for name, unit in YEAR_ROWS
    ]
    columns = heads(words, "ahead.year", "ahead.as_it_is>", "ahead.with_other>")
    return f'<div class="gap">{table(columns, rows)}</div>'


def _amount(words: Words, value: float | None, unit: str) -> str:
    return MISSING if value is None else words.amount(value, unit, 4) if unit else words.number(value)


def catalogue_card(words: Words, offer: GlassOffer) -> str:
    """Return the glass that can be had; each row tries it on the first building."""
    first = offer.buildings[0].building_id if offer.buildings else ""
    rows = [
        (
            f'<a href="/energy/try?{e(urlencode({"building": first, "glass": one.id}))}">{e(words.name(one))}</a>'
            if first
            else e(words.name(one)),
            e(words.number(one.u_w_per_m2k)),
            e(words.number(one.g)),
            e(words.number(one.visible)),
            e(words.number(one.cost_cny_per_m2)),
        )
        for one in offer.glass
    ]
    columns = heads(words, "ahead.which_glass", "=U>", "=g>", "ahead.light>~", "=CNY/m²>")
    return card(words.say("ahead.catalogue"), table(columns, rows), kind="fill")


def lamps_card(words: Words, lamps: Lamps, faults: LampFaults) -> str:
    """Return which lamps have a fault, and how the fleets fare through the typical year."""
    title = words.say("ahead.lamps")
    if lamps.state == "failed":
        why = words.say("ahead.failed", why=lamps.detail)
        return card(title, f'<div class="notice stale" role="alert">{e(why)}</div>', kind="fill")
    if lamps.state == "working":
        return card(title, f'<p role="status">{e(words.say("ahead.year_runs"))}</p>', kind="fill")
    if not lamps.fleets:
        return card(title, state(words.say("state.empty"), words.say("ahead.no_lamps")), kind="fill")
    return card(title, faults_html(words, faults) + "".join(_fleet(words, one) for one in lamps.fleets), kind="fill")


def faults_html(words: Words, found: LampFaults) -> str:
    """Return the lamps with a fault or silent, each with what to do; what is waited for where it is not known yet."""
    if found.state == "failed":
        return f'<div class="notice stale" role="alert">{e(words.say("ahead.failed", why=found.detail))}</div>'
    if found.state == "working":
        return f'<p role="status">{e(words.say("ahead.lamps_looked"))}</p>'
    notes = "".join(f'<p class="small muted">{e(note)}</p>' for note in found.notes)
    ill = [one for one in found.lamps if one.fault or one.silent]
    first, last = (words.stamp(at)[:10] if at else MISSING for at in (found.first, found.last))
    span = words.say("ahead.lamps_span", first=first, last=last, n=len(found.lamps))
    head = f"<p><b>{e(words.say('ahead.lamp_faults'))}</b> {_faults_badge(words, ill)}</p>"
    lead = f'{head}<p class="small muted">{e(span)}</p>'
    if not ill:
        return f"{lead}{notes}"
    rows = [
        (
            e(one.lamp),
            e(words.say("ahead.lamp_at", east=f"{one.east_m:.0f}", north=f"{one.north_m:.0f}")),
            e(_ill(words, one)),
        )
        for one in ill
    ]
    return f"{lead}{table(heads(words, 'ahead.lamp', 'ahead.lamp_where', 'ahead.lamp_what'), rows)}{notes}"


def _faults_badge(words: Words, ill: list[Lamp]) -> str:
    if not ill:
        return badge(words.say("ahead.lamps_sound"), "good")
    return badge(words.say("ahead.lamps_ill", n=len(ill)), "warn")


def _ill(words: Words, one: Lamp) -> str:
    if not one.fault:
        return words.say("ahead.lamp_silent_do")
    share = words.percent(one.share or 0.0)
    return f"{words.say(f'lamp_fault.{one.fault}')}: {words.say(f'lamp_do.{one.fault}', share=share)}"


def _fleet(words: Words, one: LampFleet) -> str:
    mark = badge(words.say("ahead.no_dark"), "good") if not one.dark_nights else badge(
        words.say("ahead.dark", n=one.dark_nights), "warn"
    )  # fmt: skip
    rows = (
        ("ahead.presence", _presence(words, one)),
        ("ahead.dimming_saves", words.amount(one.dimming_saves_kwh, "kWh")),
        ("ahead.autonomy", words.number(one.autonomy_nights)),
        ("ahead.least", words.percent(one.least_charge_share)),
        ("ahead.health", words.percent(one.health_after_a_year)),
        ("ahead.week", one.design_week[:10]),
        ("ahead.installed", _design(words, one.panel_w, one.battery_wh, one.installed_cny)),
        ("ahead.cheapest", _design(words, one.cheapest_panel_w, one.cheapest_battery_wh, one.cheapest_cny)),
    )  # fmt: skip
    facts = "".join(f"<div><dt>{e(words.say(name))}</dt><dd>{e(value)}</dd></div>" for name, value in rows)
    head = words.say("ahead.fleet", id=one.fleet, n=one.count)
    return f'<p><b>{e(head)}</b> {mark}</p><dl class="facts">{facts}</dl>'


def _presence(words: Words, one: LampFleet) -> str:
    if one.passers_per_h <= 0.0:
        return words.say("ahead.senses_nobody")
    return words.say(
        "ahead.present", n=words.number(one.passers_per_h), share=words.percent(one.present_share),
        kwh=words.amount(one.presence_kwh, "kWh"),
    )  # fmt: skip


def _design(words: Words, panel_w: float, battery_wh: float, cost_cny: float) -> str:
    return f"{panel_w:g} W, {battery_wh:g} Wh · {words.amount(cost_cny, 'CNY')}"


def _sheet(words: Words) -> str:
    label = words.say("page.download", form="CSV", what=words.say("table.lamps"))
    return f'<a class="small" download href="/api/v1/energy/lamps.csv" aria-label="{e(label)}">CSV</a>'
