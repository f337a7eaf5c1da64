"""Zero-carbon centre: how far is the park on the national programmes, and what proves each function?"""

from __future__ import annotations

from datetime import date

from nicegui import ui
from starlette.requests import Request

from parkwright.show.answers.carbon import Centre, ChecklistRow, IndicatorRow
from parkwright.show.answers.certificates import CertificateList
from parkwright.show.auth import APPROVE
from parkwright.show.carbon_api import centre_of
from parkwright.show.certificates_api import certificates_of
from parkwright.show.door import visit_of
from parkwright.show.pages.carbon import heading_of
from parkwright.show.pages.certificates import CertificateForms, assets_card
from parkwright.show.pages.filter_bar import span_of
from parkwright.show.pages.frame import block, draw, keep_current, permitted, shell
from parkwright.show.pages.parts import badge, card, e, heads, state, table, why_button, why_template
from parkwright.show.words import COUNTED, MISSING, Words

PLACES = {
    "/carbon": "nav.carbon",
    "/zero-carbon": "scopes.centre",
    "/energy": "nav.energy",
    "/plan": "nav.plan",
    "/passport": "nav.passport",
    "/report": "nav.report",
    "/requests": "scopes.requests",
    "/postings": "posting.title",
}
"""Pages that a checklist may link to, and their names in the catalogue; what a park names stands as text."""

PROGRAMMES = {"factory": "centre.of_factory", "park": "centre.of_park"}


@ui.page("/zero-carbon")
def centre_page(request: Request) -> None:
    """Draw the indicators and the checklist of a span and keep them current."""
    visit = visit_of(request)
    start, end = span_of(request)
    with shell(request, visit, "carbon") as frame:
        if not permitted(visit, frame.words, "carbon"):
            return
        words, acts = frame.words, visit.may(APPROVE, "carbon")
        heading, indicators = block(28, "head"), block(240, "row")
        with ui.element("div").classes("row halves"):
            functions, supply = block(240), block(240)
        benchmark, assets = block(120, "row"), block(120, "row")
        forms = CertificateForms(visit, words) if acts else None

        def make() -> tuple[Centre | None, CertificateList | None]:
            centre = centre_of(visit, start, end)
            used = (date.fromisoformat(centre.start_day), date.fromisoformat(centre.end_day)) if centre else None
            return centre, certificates_of(visit, used if acts else None)

        def show(answers: tuple[Centre | None, CertificateList | None]) -> None:
            centre, held = answers
            if forms is not None:
                forms.offer(held)
            draw(heading, heading_of(words, "centre", centre, (start, end)))
            if centre is None:
                draw(indicators, state(words.say("state.empty"), words.say("scopes.none")))
                for place in (functions, supply, benchmark):
                    draw(place, "")
                draw(assets, assets_card(words, held))
                return
            draw(indicators, indicators_card(words, centre))
            draw(functions, checklist_card(words, centre, "function"))
            draw(supply, checklist_card(words, centre, "supply"))
            draw(benchmark, benchmark_card(words, centre))
            draw(assets, assets_card(words, held, (centre.start_day, centre.end_day) if acts else None))

        keep_current(frame, make, show)


def indicators_card(words: Words, centre: Centre) -> str:
    """Return every indicator with its limits; what is neither metered nor given has no value."""
    names = (
        "centre.indicator",
        "centre.programme~",
        "centre.value>",
        "centre.entry>~",
        "centre.goal>~",
        "centre.state",
    )
    columns = heads(words, *names)
    rows = [
        (
            f"{e(words.name(one))} {_why(words, one)}",
            e(words.known(PROGRAMMES.get(one.programme, ""), one.programme)),
            e(_amount(words, one.value, one.unit)),
            e(_amount(words, one.entry, one.unit)),
            e(_amount(words, one.goal, one.unit)),
            _state(words, one),
        )
        for one in centre.indicators
    ]
    text = words.say("centre.coal", t=words.number(centre.standard_coal_t, 4), by=centre.conversion)
    return card(words.say("centre.indicators"), table(columns, rows) + f'<p class="muted small">{e(text)}</p>')


def _why(words: Words, one: IndicatorRow) -> str:
    """Return the button that explains an indicator: what it is made of, and where value and limits come from."""
    notes = [words.say("centre.given", basis=one.given_basis)] if one.given_basis else []
    bases = [one.basis] if isinstance(one.basis, str) else [f"{name}: {text}" for name, text in one.basis.items()]
    notes += [words.say("centre.limits", basis="; ".join(bases))]
    title = words.name(one)
    return why_button(words, title) + why_template(words, title, one.why, notes)


def _amount(words: Words, value: float | None, unit: str) -> str:
    if value is None:
        return MISSING
    if unit in COUNTED:
        return words.amount(value, unit)
    return words.percent(value) if unit == "share" else f"{words.number(value, 4)} {unit}"


def _state(words: Words, one: IndicatorRow) -> str:
    mark = f" {badge(words.say('centre.unverified'), 'note')}" if not one.verified else ""
    if one.value is None:
        return badge(words.say("centre.unknown")) + mark
    if one.meets_goal or (one.goal is None and one.meets_entry):
        return badge(words.say("centre.kept"), "good") + mark
    if one.meets_entry:
        return badge(words.say("centre.entered"), "good") + mark
    if one.meets_entry is None and one.meets_goal is None:
        return badge(words.say("centre.no_limit")) + mark
    return badge(words.say("centre.missed"), "warn") + mark


def checklist_card(words: Words, centre: Centre, part: str) -> str:
    """Return the functions or the supply measures, each with the page or command that proves it."""
    rows = [(e(item.number), e(words.name(item)), proof(words, item)) for item in centre.checklist if item.part == part]
    columns = heads(words, "=#>", "centre.item", "centre.proof")
    return card(words.say(f"centre.{part}"), table(columns, rows))


def proof(words: Words, item: ChecklistRow) -> str:
    """Return what was found for an item with the page that shows it, what the park names, or what is missing."""
    figure = f' <span class="muted small">{e(_found(words, item))}</span>' if item.value is not None else ""
    if item.by == "found" and item.proof in PLACES:
        return f'<a href="{e(item.proof)}">{e(words.say(PLACES[item.proof]))}</a>{figure}'
    if item.by:
        return f"{badge(words.say('centre.named'), 'note')} <span>{e(item.proof)}</span>"
    way = item.missing_zh if words.language == "zh" else item.missing_en
    told = f'{figure} <span class="muted small">·</span>' if figure else ""
    return f'{badge(words.say("centre.unproved"), "warn")}{told} <span class="muted small">{e(way)}</span>'


def _found(words: Words, item: ChecklistRow) -> str:
    """Return how much was found for an item, and the day of the newest of it."""
    value = item.value or 0.0
    counted = f"{value:,.0f}" if value.is_integer() else words.number(value, 4)
    amount = words.percent(value) if item.evidence.endswith("_share") else counted
    told = words.say(f"evidence.{item.evidence}", n=amount)
    return f"{told}; {words.say('centre.newest', day=item.newest)}" if item.newest else told


def benchmark_card(words: Words, centre: Centre) -> str:
    """Return the energy a good unit of the span beside the best and the middle of its closed days."""
    title, found = words.say("centre.benchmark"), centre.benchmark
    if found.best_day is None:
        return card(title, state(words.say("state.empty"), words.say("scopes.none")))
    rows = [
        (e(words.say(f"centre.{name}")), e(words.number(value, 4)))
        for name, value in (
            ("of_span", found.kwh_per_unit),
            ("of_best", found.best_kwh_per_unit),
            ("of_middle", found.median_kwh_per_unit),
        )
    ]
    note = words.say("centre.compared", n=found.days, day=found.best_day)
    columns = heads(words, "centre.day", "=kWh>")
    return card(title, table(columns, rows) + f'<p class="muted small">{e(note)}</p>')
