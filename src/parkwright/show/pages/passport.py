"""Passport: find a unit; what is it, and can I trust it?"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from nicegui import ui
from starlette.requests import Request

from parkwright.show.answers.footprint import unit_footprint
from parkwright.show.answers.genealogy import Lot, Part, Passage
from parkwright.show.answers.passport import (
    Explained,
    Passport,
    PassportList,
    explained,
    last_row,
    packed_on,
    passport,
)
from parkwright.show.answers.received import LotEvents, unit_events
from parkwright.show.api import passports_of
from parkwright.show.auth import HOLD
from parkwright.show.door import Visit, visit_of
from parkwright.show.pages.days import asked_day, day_switch
from parkwright.show.pages.events import lots_card
from parkwright.show.pages.footprint import footprint_card, reconciliation_card
from parkwright.show.pages.frame import block, draw, keep_current, permitted, shell
from parkwright.show.pages.paper import code_of, link_of
from parkwright.show.pages.parts import badge, card, downloads, e, heads, post_button, state, table
from parkwright.show.pages.steps import carbon_card, steps_card
from parkwright.show.words import Words

LISTED = 50
PRODUCT_PASSPORT = "catenax-dpp"
FILES = {
    PRODUCT_PASSPORT: "files.dpp",
    "catenax-serial-part": "files.serial_part",
    "catenax-bom-as-built": "files.as_built",
    "epcis": "files.epcis",
    "aas": "files.aas",
    "aasx": "files.aasx",
}
"""Format of a unit's file -> message that names it."""


@ui.page("/passport")
def find_page(request: Request) -> None:
    """Find units by serial number, product or order."""
    visit = visit_of(request)
    query = request.query_params.get("q", "")[:64]
    day = asked_day(request)
    with shell(request, visit, "passport") as frame:
        if not permitted(visit, frame.words, "passport"):
            return
        words = frame.words
        heading = block(28, "head")
        ui.html(_search(words, query), sanitize=False).classes("row")
        found = block(400)

        def show(answer: PassportList) -> None:
            switch = day_switch(words, "/passport", answer.day) if answer.day else ""
            title, question = e(words.say("passport.title")), e(words.say("passport.question"))
            draw(heading, f'<h1>{title}</h1><span class="muted">{question}</span><span class="grow"></span>{switch}')
            draw(found, list_card(visit, words, answer, query))

        keep_current(frame, lambda: passports_of(visit, query, day, LISTED, 0), show)


def _search(words: Words, query: str) -> str:
    hint = e(words.say("passport.placeholder"))
    return (
        f'<form class="card find" action="/passport" role="search">'
        f'<input type="search" name="q" value="{e(query)}" maxlength="64" placeholder="{hint}" aria-label="{hint}">'
        f'<button class="act primary">{e(words.say("passport.find"))}</button></form>'
    )


def list_card(visit: Visit, words: Words, answer: PassportList, query: str) -> str:
    """Return the passports found, or what to do where there are none."""
    if not answer.rows:
        if query and answer.day:
            return card(
                words.say("passport.list", n=0),
                state(words.say("passport.none"), words.say("passport.none_why", day=answer.day)),
            )
        return card(words.say("passport.list", n=0), state(words.say("state.empty"), words.say("passport.first")))
    columns = heads(
        words,
        "passport.unit",
        "passport.product",
        "passport.order~",
        "passport.packed>",
        "=kg CO₂e>",
        "passport.energy_kg>~",
        "passport.status~",
    )
    rows = [
        (
            f'<a class="mono" href="/passport/{e(row.unit_id)}">{e(row.unit_id)}</a>',
            e(words.name(row)),
            e(row.order_id),
            e(words.clock(row.at, visit.now)),
            e(words.number(row.location_kg, 4)),
            e(words.number(row.energy_kg, 3)),
            status_badge(words, row.status),
        )
        for row in answer.rows
    ]
    title = words.say("passport.list", n=words.whole(answer.total))
    more = f'<p class="small muted">{e(words.say("passport.more", n=LISTED))}</p>' if answer.total > LISTED else ""
    return card(title, table(columns, rows) + more, downloads(words, "passports", answer.day or ""))


def status_badge(words: Words, status: str) -> str:
    """Return the badge of a passport's status."""
    return badge(words.say(f"status.{status}"), "good" if status == "final" else "note")


@dataclass(frozen=True)
class Sheet:
    """What the page of one unit shows."""

    passport: Passport | None
    explained: Explained | None
    held: str
    told: list[LotEvents] = field(default_factory=list)


@ui.page("/passport/{unit_id}")
def unit_page(request: Request, unit_id: str) -> None:
    """Draw one unit's passport."""
    visit = visit_of(request)
    here = str(request.base_url)
    with shell(request, visit, "passport") as frame:
        if not permitted(visit, frame.words, "passport"):
            return
        words = frame.words
        body = block(500)

        keep_current(
            frame,
            lambda: sheet_of(visit, unit_id),
            lambda sheet: draw(body, unit_sheet(visit, words, unit_id, sheet, here)),
        )


def sheet_of(visit: Visit, unit_id: str) -> Sheet:
    """Return what the page of a unit shows: made once for a passport as it is recorded, the footprint as it is now."""
    context = visit.context
    held = next((hold.reason for hold in context.operations.held_units() if hold.unit_id == unit_id), "")
    row = last_row(context.facts, unit_id)
    sheet = visit.frames.keep(
        ("sheet", unit_id, held, None if row is None else tuple(row.values())),
        lambda: Sheet(
            passport(context.park, context.facts, unit_id), explained(context.park, context.facts, unit_id), held
        ),
        lasting=row is not None,
    )
    if row is None or sheet.passport is None:
        return sheet
    tree, foot = sheet.passport.genealogy, None
    if row["status"] == "final":
        day = packed_on(context.park, row)
        foot = visit.frames.keep(
            ("footprint", unit_id), lambda: unit_footprint(context.park, context.carbon, unit_id, day)
        )
    told = [] if tree is None else unit_events(context.events, context.park, tree).lots
    return replace(sheet, passport=sheet.passport.model_copy(update={"footprint": foot}), told=told)


def unit_sheet(visit: Visit, words: Words, unit_id: str, sheet: Sheet, here: str) -> str:
    """Return the page of a unit as HTML; here: address of this server."""
    found = sheet.passport
    if found is None:
        back = f'<a class="tool" href="/passport">{e(words.say("passport.find"))}</a>'
        text = words.say("passport.unknown_why", unit=unit_id)
        return card(words.say("passport.title"), state(words.say("passport.unknown"), text, act=back))
    return (
        f'{_head(visit, words, found, sheet.held)}<div class="row split"><div>'
        f'<div class="row">{footprint_card(words, found)}</div>'
        f'<div class="row">{carbon_card(words, found, sheet.explained)}</div>'
        f"{reconciliation_card(words, found)}"
        f'<div class="row">{steps_card(words, visit, found, sheet.explained)}</div></div><div>'
        f'<div class="row">{origin_card(visit, words, found)}</div>'
        f'<div class="row">{link_card(visit, words, found, here)}</div>{files_row(visit, words, found)}'
        f'<div class="row">{quality_card(visit, words, found)}</div>'
        f'<div class="row">{genealogy_card(visit, words, found.genealogy)}</div>'
        f"{lots_row(visit, words, sheet.told)}</div></div>"
    )


def _head(visit: Visit, words: Words, found: Passport, held: str) -> str:
    unit, status = e(found.unit_id), status_badge(words, found.carbon.status)
    hold = ""
    if held:
        hold = badge(words.say("passport.held", why=held), "stop")
    elif visit.may(HOLD, "passport"):
        path = f"/api/v1/passports/{found.unit_id}/hold"
        done, ask = words.say("passport.held_now"), words.say("passport.hold_why")
        hold = post_button(words.say("passport.hold"), path, {}, done, ask)
    paper = f'<a class="tool" href="/passport/{unit}/paper" target="_blank">{e(words.say("passport.print"))}</a>'
    return (
        f'<div class="head"><h1>{e(words.name(found))}</h1><span class="mono">{unit}</span>{status}'
        f'<span class="grow"></span><span class="find">{hold}'
        f'<a class="tool" href="/api/v1/passports/{unit}" download="{unit}.json">JSON</a>'
        f"{paper}</span></div>"
    )


def origin_card(visit: Visit, words: Words, found: Passport) -> str:
    """Return where the unit comes from and for whom."""
    park = visit.context.park
    market = next((m for m in park.markets if m.id == found.market_id), None)
    site = found.site_zh if words.language == "zh" else found.site_en
    on_time = ""
    if found.on_time is not None:
        good, late = badge(words.say("passport.on_time"), "good"), badge(words.say("passport.late"), "warn")
        on_time = good if found.on_time else late
    link = f'<span class="mono" title="{e(found.ledger_hash)}">{e(found.ledger_hash[:12])}</span>'
    product = f'{e(words.name(found))} <span class="muted small">{e(found.product_id)}</span>'
    pairs = [
        (words.say("passport.made_at"), e(site)),
        (words.say("passport.product"), product),
        (words.say("passport.order"), e(found.order_id)),
        (words.say("passport.market"), e(getattr(market.name, words.language) if market else found.market_id)),
        (words.say("passport.packed"), f"{e(words.clock(found.packed, visit.now))} {on_time}"),
        (words.say("passport.due"), e(words.clock(found.due, visit.now))),
        (words.say("passport.mass"), e(words.amount(found.mass_kg, "kg", 3)) if found.mass_kg else "–"),
        (words.say("passport.ledger"), f"{found.ledger_seq} · {link}"),
    ]  # fmt: skip
    facts = "".join(f"<div><dt>{e(name)}</dt><dd>{value}</dd></div>" for name, value in pairs)
    return card(words.say("passport.origin"), f'<dl class="facts">{facts}</dl>')


def link_card(visit: Visit, words: Words, found: Passport, here: str) -> str:
    """Return the product link of the unit with its QR code."""
    address = link_of(visit.context, here, found)
    why = f'<p class="muted small">{e(words.say("link.why"))}</p>'
    text = f'<a class="mono small" href="{e(address)}">{e(address)}</a>{why}'
    return card(words.say("link.title"), f'<div class="code"><span>{code_of(address)}</span><div>{text}</div></div>')


def files_row(visit: Visit, words: Words, found: Passport) -> str:
    """Return the files of the unit for other systems, or why there is none; nothing where the park has no name there.

    The product passport is offered where all that it wants is declared.
    """
    identity, files = visit.context.identity, visit.context.files
    if identity is None or files is None:
        return ""
    if found.carbon.status != "final":
        return f'<div class="row">{card(words.say("files.title"), _muted(words.say("files.open")))}</div>'
    lacking = [""] if identity.passport is None else identity.passport.missing()
    links = [
        f'<a class="tool" download href="/api/v1/passports/{e(found.unit_id)}/files/{form}">'
        f"{e(words.say(FILES[form]))}</a>"
        for form in FILES
        if form in files.forms and not (lacking and form == PRODUCT_PASSPORT)
    ]
    why = (
        _muted(words.say("files.undeclared", what=f"[passport] {lacking[0].split(' (')[0]}".rstrip()))
        if lacking
        else ""
    )
    text = f'<div class="find">{"".join(links)}</div>{why or _muted(words.say("files.why"))}'
    return f'<div class="row">{card(words.say("files.title"), text)}</div>'


def _muted(text: str) -> str:
    return f'<p class="muted small gap">{e(text)}</p>'


def quality_card(visit: Visit, words: Words, found: Passport) -> str:
    """Return the decisions about the unit."""
    kind = {"good": "good", "rework": "warn", "scrap": "stop"}
    rows = [
        (
            e(words.clock(verdict.at, visit.now)),
            e(_segment(visit, verdict.segment_id)),
            badge(words.say(f"verdict.{verdict.verdict}"), kind.get(verdict.verdict, "note")),
            e(_reason(words, verdict.reason)),
        )
        for verdict in found.verdicts
    ]
    columns = heads(words, "passport.at", "passport.segment", "passport.verdict", "passport.reason")
    first = badge(words.say("passport.first_pass"), "good")
    mark = first if found.first_pass else badge(words.say("passport.reworked"), "warn")
    return card(words.say("passport.quality"), table(columns, rows), mark)


def _reason(words: Words, reason: str) -> str:
    """Return the reason of a verdict, which is "<kind of work unit>_<result>"."""
    kind, _, result = reason.rpartition("_")
    return f"{words.known(f'kind.{kind}', kind)}: {words.known(f'result.{result}', result)}"


def _segment(visit: Visit, segment_id: str) -> str:
    segment = next((s for s in visit.context.park.segments if s.id == segment_id), None)
    return str(getattr(segment.name, visit.language)) if segment else segment_id


def genealogy_card(visit: Visit, words: Words, part: Part | None) -> str:
    """Return the way of the unit, its lots and what was built into it."""
    if part is None:
        return card(
            words.say("passport.genealogy"), state(words.say("state.empty"), words.say("passport.no_genealogy"))
        )
    return card(words.say("passport.genealogy"), _part(visit, words, part))


def lots_row(visit: Visit, words: Words, told: list[LotEvents]) -> str:
    """Return what suppliers told of the unit's lots; nothing where none did."""
    return f'<div class="row">{lots_card(words, told, visit.now)}</div>' if told else ""


def _supplier(words: Words, lot: Lot) -> str:
    return lot.supplier_zh if words.language == "zh" else lot.supplier_en


def _passage(visit: Visit, words: Words, step: Passage) -> str:
    mark = "" if step.result == "ok" else badge(words.say(f"result.{step.result}"), "warn")
    return (
        f'<li class="{e(step.result)}"><span>{e(words.name(step))} '
        f'<span class="muted small">{e(step.work_unit_id)}</span> {mark}</span>'
        f'<span class="muted small">{e(words.clock(step.start, visit.now))}–{e(words.clock(step.end))}</span></li>'
    )


def _part(visit: Visit, words: Words, part: Part) -> str:
    steps = "".join(_passage(visit, words, step) for step in part.passages)
    text = f'<ol class="way">{steps}</ol>'
    if not steps:
        text = f'<p class="muted small">{e(words.say("passport.from_stock"))}</p>'
    if part.lots:
        rows = [
            (f'<span class="mono">{e(lot.lot_id)}</span>', e(words.name(lot)), e(_supplier(words, lot)))
            for lot in part.lots
        ]
        lots = table(heads(words, "passport.lot", "passport.material", "passport.supplier"), rows)
        text += f'<h3 class="gap">{e(words.say("passport.lots"))}</h3>{lots}'
    for inner in part.parts:
        position = words.known(f"position.{inner.position}", inner.position)
        text += (
            f'<details class="step gap"><summary><b>{e(position)}</b>'
            f'<span class="mono">{e(inner.unit_id)}</span></summary><div>{_part(visit, words, inner)}</div></details>'
        )
    return text
