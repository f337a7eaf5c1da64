"""Greening: what do the trees hold, and what did the park's green take up and lose since an earlier inventory?"""

from __future__ import annotations

from datetime import date

from nicegui import ui
from starlette.requests import Request

from parkwright.show.answers.figure import Why
from parkwright.show.answers.greening import Greening, SinkAccount
from parkwright.show.carbon_api import greening_of
from parkwright.show.door import visit_of
from parkwright.show.pages.carbon import heading_of
from parkwright.show.pages.filter_bar import Choose, day_in, select
from parkwright.show.pages.frame import block, draw, keep_current, permitted, shell
from parkwright.show.pages.parts import card, e, heads, state, table, why_button, why_template
from parkwright.show.words import Words


@ui.page("/greening")
def greening_page(request: Request) -> None:
    """Draw the park's green, what it holds and how that changed."""
    visit = visit_of(request)
    since: date | None = day_in(request, "since")
    with shell(request, visit, "carbon") as frame:
        if not permitted(visit, frame.words, "carbon"):
            return
        heading = block(28, "head")
        with ui.element("div").classes("row halves"):
            stock, account = block(240), block(240)

        def show(found: Greening) -> None:
            draw(heading, heading_of(frame.words, "greening"))
            draw(stock, greening_card(frame.words, found))
            draw(account, account_card(frame.words, found.account))

        keep_current(frame, lambda: greening_of(visit, since), show)


def greening_card(words: Words, found: Greening) -> str:
    """Return the trees by species with the CO2 that they hold."""
    title = words.say("greening.stock")
    if not found.trees:
        return card(title, state(words.say("state.empty"), words.say("greening.none")))
    columns = heads(words, "greening.species", "greening.trees>", "=kg CO₂>")
    rows = [
        (f"<i>{e(one.species)}</i>", e(words.whole(one.trees)), e(words.number(one.stock_kg, 4)))
        for one in found.species
    ]
    why = why_button(words, title) + why_template(
        words, title, Why(formula="why.of_stock"), [words.say("greening.apart")]
    )
    foot = (f"{e(words.say('greening.all'))} {why}", e(words.whole(found.trees)), e(words.number(found.stock_kg, 4)))
    notes = "".join(
        f'<p class="muted small">{e(text)}</p>'
        for text in (words.say("greening.apart"), words.say("greening.others", n=found.others))
    )
    return card(title, table(columns, rows, foot) + notes)


def account_card(words: Words, found: SinkAccount | None) -> str:
    """Return what the green took up and lost since an earlier inventory, which is chosen where there are several."""
    title = words.say("greening.account")
    if found is None:
        return card(title, state(words.say("state.empty"), words.say("greening.no_earlier")))
    rows = [
        (e(words.say("greening.held_then", day=found.since)), e(words.number(found.stock_before_kg, 4))),
        (e(words.say("greening.growth")), _signed(words, found.growth_kg)),
        (e(words.say("greening.planted")), _signed(words, found.planted_kg)),
        (e(words.say("greening.felled_trees", n=found.trees_felled)), _signed(words, -found.felled_kg)),
        (e(words.say("greening.held_now")), e(words.number(found.stock_after_kg, 4))),
    ]
    change = words.say("greening.change")
    why = why_button(words, change) + why_template(words, change, found.why, [words.say("greening.apart")])
    foot = (f"{e(change)} {why}", _signed(words, found.change_kg))
    share = words.percent(found.relative_sd_of_a_tree)
    notes = "".join(
        f'<p class="muted small">{e(text)}</p>'
        for text in (words.say("greening.never_netted"), words.say("greening.scatter", share=share))
    )
    columns = heads(words, "greening.part", "=kg CO₂>")
    return card(title, table(columns, rows, foot) + notes, _earlier(words, found))


def _signed(words: Words, kg: float) -> str:
    sign = "+" if kg > 0 else "−" if kg < 0 else ""
    return e(f"{sign}{words.number(abs(kg), 4)}")


def _earlier(words: Words, found: SinkAccount) -> str:
    """Return the choice of an earlier inventory; nothing where there is one alone."""
    if len(found.inventories) < 2:
        return ""
    days = [(day, day) for day in sorted(found.inventories, reverse=True)]
    choice = select(Choose("since", words.say("greening.since"), days, found.since))
    send = f'<button class="tool">{e(words.say("filter.show"))}</button>'
    return f'<form class="find" action="/greening" method="get">{choice}{send}</form>'
