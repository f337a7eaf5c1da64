"""Factors: which packs does the park use, where does each value stand, and under which terms?"""

from __future__ import annotations

from nicegui import ui
from starlette.requests import Request

from parkwright.show.answers.factors import FactorList, FactorRow
from parkwright.show.carbon_api import factors_of
from parkwright.show.door import visit_of
from parkwright.show.pages.carbon import heading_of
from parkwright.show.pages.filter_bar import exports
from parkwright.show.pages.frame import block, draw, keep_current, permitted, shell
from parkwright.show.pages.parts import badge, card, e, heads, state, table
from parkwright.show.words import Words

HASH_SHOWN = 12
"""Digits of a SHA-256 that are shown; the whole stands in its title and in the files."""


@ui.page("/factors")
def factors_page(request: Request) -> None:
    """Draw the packs and their editions."""
    visit = visit_of(request)
    with shell(request, visit, "carbon") as frame:
        if not permitted(visit, frame.words, "carbon"):
            return
        heading, packs, listed = block(28, "head"), block(160, "row"), block(400, "row")

        def show(found: FactorList | None) -> None:
            draw(heading, heading_of(frame.words, "factors"))
            if found is None:
                draw(packs, card(frame.words.say("factors.packs"), _empty(frame.words)))
                draw(listed, "")
                return
            draw(packs, packs_card(frame.words, found))
            draw(listed, factors_card(frame.words, found.factors))

        keep_current(frame, lambda: factors_of(visit), show)


def _empty(words: Words) -> str:
    return state(words.say("state.empty"), words.say("factors.none"))


def packs_card(words: Words, found: FactorList) -> str:
    """Return the packs with their terms; a share-alike one says so."""
    columns = heads(words, "factors.pack", "factors.holds>", "factors.licence", "=SHA-256~")
    rows = [
        (
            f'{e(one.title)} <span class="muted small">{e(one.id)}</span>',
            e(words.whole(one.factors)) if one.factors else e(", ".join(one.warming_sets)),
            e(one.licence) + (f" {badge(words.say('factors.share_alike'), 'warn')}" if one.share_alike else ""),
            _hash(one.sha256),
        )
        for one in found.packs
    ]
    notes = [words.say("factors.how")]
    if any(one.share_alike for one in found.packs):
        notes.append(words.say("factors.share_alike_note"))
    below = "".join(f'<p class="muted small">{e(text)}</p>' for text in notes)
    return card(words.say("factors.packs"), table(columns, rows) + below)


def factors_card(words: Words, found: list[FactorRow]) -> str:
    """Return every edition with its value, where it stands, and whether it is verified."""
    columns = heads(
        words, "factors.factor", "factors.value>", "factors.stands~", "factors.year", "factors.place~",
        "factors.terms~", "factors.state", "=SHA-256~",
    )  # fmt: skip
    rows = [
        (
            f'<span class="mono">{e(one.id)}</span><br><span class="muted small">'
            f"{e(words.known(f'factor_kind.{one.kind}', one.kind))}</span>",
            f'{e(one.value)} <span class="muted small nowrap">kg {e(words.unit(one.gas))}/{e(one.unit)}</span>',
            f'{e(one.publisher)}<br><span class="muted small">{e(one.document)} · {e(one.cell)}</span>',
            e(one.data_year),
            e(one.geography),
            f'<span class="muted small">{e(one.licence)}</span>',
            badge(words.say("factors.verified"), "good")
            if one.verified
            else badge(words.say("factors.unverified"), "warn"),
            _hash(one.sha256),
        )
        for one in found
    ]
    tools = exports(words, "/api/v1/carbon/factors", words.say("factors.title"), {}, forms=("csv",))
    return card(words.say("factors.list", n=words.whole(len(found))), table(columns, rows), tools)


def _hash(sha256: str) -> str:
    return f'<span class="mono small" title="{e(sha256)}">{e(sha256[:HASH_SHOWN])}</span>'
