"""Factors: which packs does the park use, where does each value stand, and under which terms?"""

from __future__ import annotations

from nicegui import ui
from starlette.requests import Request

from parkwright.show.answers.factors import FactorList, FactorRow, Sift, sifted
from parkwright.show.carbon_api import LONGEST_NAME, LONGEST_TEXT, factors_of
from parkwright.show.door import visit_of
from parkwright.show.pages.carbon import heading_of
from parkwright.show.pages.filter_bar import Choose, exports, select
from parkwright.show.pages.frame import block, draw, keep_current, permitted, shell
from parkwright.show.pages.parts import badge, card, e, heads, state, table
from parkwright.show.words import Words

HASH_SHOWN = 12
"""Digits of a SHA-256 that are shown; the whole stands in its title and in the files."""


@ui.page("/factors")
def factors_page(request: Request) -> None:
    """Draw the packs and those of their editions that the address asks for."""
    visit = visit_of(request)
    asked = request.query_params
    kind, pack = (asked.get(name, "")[:LONGEST_NAME] for name in ("kind", "pack"))
    sift = Sift(asked.get("text", "").strip()[:LONGEST_TEXT], kind, pack)
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
            draw(listed, factors_card(frame.words, found, sift))

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


def factors_card(words: Words, found: FactorList, sift: Sift) -> str:
    """Return the editions that are asked for, each with its value, where it stands, and whether it is verified."""
    shown = sifted(found, sift).factors
    asked = {name: value for name in ("text", "kind", "pack") if (value := getattr(sift, name))}
    tools = exports(words, "/api/v1/carbon/factors", words.say("factors.title"), asked, forms=("csv",))
    title = words.say("factors.list", n=words.whole(len(shown)), of=words.whole(len(found.factors)))
    body = editions_table(words, shown) if shown else _nothing(words)
    return card(title, sift_form(words, found, sift) + body, tools)


def sift_form(words: Words, found: FactorList, sift: Sift) -> str:
    """Return the form that asks for the page again with other words, another kind or another pack."""
    hint = e(words.say("factors.text"))
    kinds = sorted({(one.kind, words.known(f"factor_kind.{one.kind}", one.kind)) for one in found.factors})
    titles = {one.id: one.title for one in found.packs}
    packs = dict.fromkeys(one.pack for one in found.factors)
    choices = (
        Choose("kind", words.say("factors.kind"), [("", words.say("factors.any")), *kinds], sift.kind),
        Choose(
            "pack",
            words.say("factors.pack"),
            [("", words.say("factors.any")), *((one, titles.get(one, words.say("factors.own"))) for one in packs)],
            sift.pack,
        ),
    )
    return (
        '<form class="find sift" action="/factors" method="get" role="search">'
        f'<input type="search" name="text" value="{e(sift.text)}" maxlength="{LONGEST_TEXT}" placeholder="{hint}" '
        f'aria-label="{hint}">{"".join(select(one) for one in choices)}'
        f'<button class="tool">{e(words.say("filter.show"))}</button></form>'
    )


def _nothing(words: Words) -> str:
    every = f'<a class="tool" href="/factors">{e(words.say("factors.all"))}</a>'
    return state(words.say("factors.nothing"), words.say("factors.nothing_why"), act=every)


def editions_table(words: Words, found: list[FactorRow]) -> str:
    """Return a row an edition."""
    columns = heads(
        words, "factors.factor", "factors.value>", "factors.stands~", "factors.year~", "factors.place~",
        "factors.terms~", "factors.state", "=SHA-256~",
    )  # fmt: skip
    rows = [
        (
            f'<span class="mono">{e(one.id)}</span><br><span class="muted small">'
            f"{e(words.known(f'factor_kind.{one.kind}', one.kind))}</span>",
            f'{e(one.value)}<br><span class="muted small">kg {e(words.unit(one.gas))}/{e(one.unit)}</span>',
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
    return table(columns, rows)


def _hash(sha256: str) -> str:
    return f'<span class="mono small" title="{e(sha256)}">{e(sha256[:HASH_SHOWN])}</span>'
