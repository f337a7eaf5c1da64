"""The passport on paper, one clean A4 sheet, and the product link in its QR code, which leads back to it."""

from __future__ import annotations

from typing import Annotated

import segno
from fastapi import APIRouter, HTTPException, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from parkwright.connect.digital_link import uri_of
from parkwright.show.answers.genealogy import Part
from parkwright.show.answers.passport import Passport, passport
from parkwright.show.api import UNIT_ID
from parkwright.show.auth import SEE
from parkwright.show.context import Context
from parkwright.show.door import demand, visit_of
from parkwright.show.pages.footprint import absent_key, quality, reconciliation
from parkwright.show.pages.frame import words_of
from parkwright.show.pages.parts import e, heads, table
from parkwright.show.pages.steps import MWH_PER_KWH, PER_CNY, UG_PER_KG
from parkwright.show.words import Words
from parkwright.store.linked import unit_with

SERIAL_MAX = 64
"""Longest serial number or trade item number that is looked up."""
router = APIRouter(include_in_schema=False)

STYLE = """
@page { size: A4; margin: 16mm }
body { font: 11pt/1.45 system-ui, -apple-system, "Segoe UI", "Noto Sans", "PingFang SC", "Microsoft YaHei",
  "Noto Sans CJK SC", sans-serif; color: #111; margin: 0 auto; max-width: 178mm; font-variant-numeric: tabular-nums }
header { display: flex; justify-content: space-between; gap: 8mm; border-bottom: 2pt solid #111; padding-bottom: 3mm }
h1 { font-size: 18pt; margin: 0 } h2 { font-size: 11pt; margin: 4mm 0 1mm; border-bottom: .5pt solid #999 }
p { margin: 1mm 0 }
.mono { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 9pt; overflow-wrap: anywhere }
.big { font-size: 22pt; line-height: 1.2; font-weight: 600 } .big small { font-size: 11pt; font-weight: 400 }
table { width: 100%; border-collapse: collapse; font-size: 9.5pt }
th { text-align: left; font-weight: 500; color: #555 }
td br { display: none } td br + .small { margin-left: 2mm; font-size: 7.5pt }
td, th { padding: .7mm 3mm .7mm 0; border-bottom: .4pt solid #ccc }
.n { text-align: right } tfoot td { font-weight: 600 }
.two { display: grid; grid-template-columns: 2fr 3fr; gap: 8mm; align-items: start }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 8mm; align-items: start }
.two td { font-size: 8pt; padding: .3mm 2mm .3mm 0 }
.two .mono { font-size: 7pt } .two thead { display: none }
.muted { color: #555 } .small { font-size: 8.5pt } svg { width: 28mm; height: 28mm; flex: none }
button { margin: 6mm 0; padding: 2mm 6mm; font: inherit } @media print { button { display: none } }
@media screen { body { padding: 12mm } }
@media screen and (max-width: 719px) {
  body { padding: 4mm } header { flex-wrap: wrap } .two, .pair { grid-template-columns: 1fr; gap: 0 }
}
"""


@router.get("/passport/{unit_id}/paper", response_class=HTMLResponse)
def paper(unit_id: Annotated[str, Path(pattern=UNIT_ID)], request: Request) -> HTMLResponse:
    """Return the printable passport of a unit."""
    visit = visit_of(request)
    demand(visit, SEE, "passport")
    found = passport(visit.context.park, visit.context.facts, unit_id, visit.context.carbon)
    words = words_of(visit)
    if found is None:
        raise HTTPException(404, words.say("passport.unknown_why", unit=unit_id))
    address = link_of(visit.context, str(request.base_url), found)
    return HTMLResponse(sheet(words, found, address))


@router.get("/01/{gtin}/21/{serial}")
def follow(gtin: str, serial: str, request: Request) -> Response:
    """Lead from the product link of a unit to its passport."""
    visit = visit_of(request)
    demand(visit, SEE, "passport")
    identity = visit.context.identity
    known = unit_with(visit.context.facts, serial[:SERIAL_MAX])
    if known is None or identity is None or identity.gtin_of(known[1]) != gtin[:SERIAL_MAX].zfill(14):
        raise HTTPException(404, words_of(visit).say("passport.unknown_why", unit=serial[:SERIAL_MAX]))
    return RedirectResponse(f"/passport/{known[0]}", 307)


def link_of(context: Context, here: str, found: Passport) -> str:
    """Return where the code of a unit leads: its GS1 Digital Link, or its passport where it has none.

    here: address of this server, which resolves the link unless the park names a resolver of its own.
    """
    identity = context.identity
    if identity is None:
        return f"{here}passport/{found.unit_id}"
    link = uri_of(identity, found.product_id, found.unit_id, identity.resolver or here)
    return link if link.startswith("http") else f"{here}passport/{found.unit_id}"


def code_of(address: str) -> str:
    """Return the QR code of an address as SVG."""
    return str(segno.make(address, error="m").svg_inline(scale=3, border=0))


def sheet(words: Words, found: Passport, address: str) -> str:
    """Return the A4 sheet as HTML; address: where the QR code leads."""
    say = words.say
    carbon = found.carbon
    code = code_of(address)
    status = e(say(f"status.{carbon.status}"))
    site = found.site_zh if words.language == "zh" else found.site_en
    language = "zh-CN" if words.language == "zh" else "en"
    energy = [
        (say("carbon.direct"), carbon.direct_mwh_int / MWH_PER_KWH, "kWh"),
        (say("carbon.overhead"), carbon.overhead_mwh_int / MWH_PER_KWH, "kWh"),
        (say("carbon.cost"), carbon.cost_1e4cny / PER_CNY, "CNY"),
    ]
    parts = [
        (e(say("carbon.energy")), _kg(words, carbon.location_ug), _kg(words, carbon.market_ug)),
        (e(say("carbon.materials")), _kg(words, carbon.material_ug), _kg(words, carbon.material_ug)),
    ]
    foot = (e(say("carbon.total")), e(words.number(carbon.location_kg, 5)), e(words.number(carbon.market_kg, 5)))
    used = table(heads(words, "=", "=>"), [(e(n), e(words.amount(v, u, 5))) for n, v, u in energy])
    columns = heads(words, "=kg CO₂e", "carbon.location>", "carbon.market>")
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{e(found.unit_id)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head><body>'
        f'<header><div><p class="muted">{e(say("paper.title"))}</p><h1>{e(words.name(found))}</h1>'
        f'<p class="mono">{e(found.unit_id)}</p><p>{e(site)} · {e(words.stamp(found.packed))} · {status}</p>'
        f"</div>{code}</header>{_footprint(words, found)}"
        f"<div class='pair'><section><h2>{e(say('carbon.title'))}</h2>{table(columns, parts, foot)}</section>"
        f"<section><h2>{e(say('paper.energy'))}</h2>{used}</section></div>"
        f"<p class='small muted'>{e(say('carbon.title_why'))}</p>"
        f"<h2>{e(say('passport.genealogy'))}</h2>{_way(words, found.genealogy)}"
        f"<h2>{e(say('paper.proof'))}</h2><p class='small'>{e(say('paper.how'))}</p>"
        f'<p class="mono">{found.ledger_seq} · {e(found.ledger_hash)}</p><p class="mono">{e(address)}</p>'
        f"<button onclick='print()'>{e(say('passport.print'))}</button></body></html>"
    )


def _footprint(words: Words, found: Passport) -> str:
    """Return the footprint with how sure it is and why it differs from what was attributed, or why there is none."""
    title = f"<h2>{e(words.say('foot.title'))}</h2>"
    foot = found.footprint
    if foot is None:
        return f"{title}<p class='small muted'>{e(words.say(absent_key(found)))}</p>"
    told = " · ".join(f"{name} {value}" for name, value in quality(words, foot))
    return (
        f'{title}<p class="big">{e(words.number(foot.total_kg, 4))} <small>kg CO₂e · {e(words.say("foot.life_cycle"))}'
        f"</small></p><p class='small'>{e(told)}</p>{reconciliation(words, foot)}"
    )


def _kg(words: Words, co2e_ug: int) -> str:
    return e(words.number(co2e_ug / UG_PER_KG, 5))


def _way(words: Words, part: Part | None) -> str:
    """Return the way of the unit and what went into it, in two columns so that all of it fits on one sheet."""
    if part is None:
        return ""
    steps = [
        (
            e(words.name(step)),
            e(words.clock(step.start)),
            "" if step.result == "ok" else e(words.say(f"result.{step.result}")),
        )
        for step in part.passages
    ]
    named = [(words.name(lot), lot.lot_id) for lot in part.lots]
    named += [(words.known(f"position.{inner.position}", inner.position), inner.unit_id) for inner in part.parts]
    lots = [(e(name), f'<span class="mono">{e(number)}</span>') for name, number in named]
    left, right = table(heads(words, "=", "=>", "="), steps), table(heads(words, "=", "="), lots)
    return f'<div class="two">{left}{right}</div>'
