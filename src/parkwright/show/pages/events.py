"""Events received, on pages Supplier requests and Passport: what partners saw happen to what comes to the park."""

from __future__ import annotations

from datetime import datetime

from parkwright.connect.digital_link import CANONICAL
from parkwright.show.answers.received import EventList, EventRow, LotEvents, Thing
from parkwright.show.pages.filter_bar import Choose, select
from parkwright.show.pages.parts import badge, card, e, heads, state, table
from parkwright.show.words import MISSING, Words

LISTED = 50
NAMED = 3
"""Lots and things of an event that its row names."""


def events_card(words: Words, found: EventList, sender: str, lot: str, now: datetime, *, own: bool = False) -> str:
    """Return the events with their filter; sender and lot: what was asked for. own: for the supplier itself."""
    title = words.say("events.title", n=words.whole(found.total))
    if not found.rows and not (sender or lot):
        text = words.say("events.none_own" if own else "events.none")
        return card(title, state(words.say("state.empty"), text))
    bar = _filter(words, found, sender, lot, own=own)
    if not found.rows:
        all_events = f'<a class="tool" href="/requests">{e(words.say("events.all"))}</a>'
        return card(title, bar + state(words.say("events.nothing"), words.say("events.nothing_why"), act=all_events))
    more = ""
    if found.total > len(found.rows):
        more = f'<p class="small muted">{e(words.say("events.more", n=len(found.rows)))}</p>'
    return card(title, bar + events_table(words, found.rows, now, own=own) + more)


def events_table(words: Words, rows: list[EventRow], now: datetime, *, own: bool = False) -> str:
    """Return events one a row: when, from whom, of which type and step, with which lots and things."""
    columns = heads(
        words, "events.at", *(() if own else ("events.sender~",)), "events.kind~", "events.lot", "events.step",
        "events.things~",
    )  # fmt: skip
    return table(columns, [_row(words, one, now, own=own) for one in rows])


def lots_card(words: Words, told: list[LotEvents], now: datetime) -> str:
    """Return what suppliers and others told of a unit's lots, lot by lot."""
    columns = heads(words, "events.at", "events.step", "events.sender")
    body = ""
    for lot in told:
        rows = [(e(words.clock(one.at, now)), _step(words, one), _sender(words, one)) for one in lot.rows]
        supplier = lot.supplier_zh if words.language == "zh" else lot.supplier_en
        head = f'<span class="mono">{e(lot.lot_id)}</span> {e(words.name(lot))}'
        supplier += f" · GTIN {lot.gtin}" if lot.gtin else ""
        body += f'<h3 class="gap">{head} <span class="muted small">{e(supplier)}</span></h3>{table(columns, rows)}'
    return card(words.say("events.of_lots"), body)


def _row(words: Words, one: EventRow, now: datetime, *, own: bool) -> list[str]:
    lots = list(dict.fromkeys(thing.lot for thing in one.things if thing.lot))
    named = [f'<span class="mono">{e(lot)}</span>' for lot in lots]
    things = [_thing(words, thing) for thing in one.things]
    return [
        e(words.clock(one.at, now)),
        *(() if own else (_sender(words, one),)),
        e(words.known(f"event_kind.{one.kind}", one.kind)),
        "<br>".join(named[:NAMED]) + (" …" if len(named) > NAMED else "") or MISSING,
        _step(words, one),
        _few(words, things, one.things_total),
    ]


def _sender(words: Words, one: EventRow) -> str:
    return e(one.sender_name or words.say("events.park"))


def _step(words: Words, one: EventRow) -> str:
    """Return the step of an event with what is to be known about its word."""
    step = one.business_step
    told = e(words.known(f"event_step.{step}", step)) if step else MISSING
    if one.declares_error:
        told += " " + badge(words.say("events.declares_error"), "note")
    elif one.in_error:
        told += " " + badge(words.say("events.in_error"), "warn")
    return f"{told} {badge(words.say('events.hash_differs'), 'warn')}" if one.hash_differs else told


def _few(words: Words, texts: list[str], total: int) -> str:
    """Return the first of texts, which are HTML, and how many more there are."""
    if not total:
        return MISSING
    left = total - len(texts[:NAMED])
    more = [f'<span class="muted small">{e(words.say("events.and_more", n=words.whole(left)))}</span>'] if left else []
    return "<br>".join([*texts[:NAMED], *more])


def _thing(words: Words, thing: Thing) -> str:
    amount = ""
    if thing.quantity is not None:
        amount = f" × {thing.quantity} {thing.unit}".rstrip()
    role = words.known(f"event_role.{thing.role}", thing.role)
    name = f'<span class="mono small">{e(thing.thing.removeprefix(CANONICAL))}</span>'
    return f'<span class="muted small">{e(role)}</span> {name}{e(amount)}'


def _filter(words: Words, found: EventList, sender: str, lot: str, *, own: bool) -> str:
    choice = ""
    if not own:
        options = [("", words.say("events.any")), *((one.id, one.name) for one in found.senders)]
        choice = select(Choose("sender", words.say("events.sender"), options, sender))
    hint = e(words.say("events.lot"))
    return (
        f'<form class="find sift" action="/requests" method="get" role="search">'
        f'<input type="search" name="lot" value="{e(lot)}" maxlength="20" placeholder="{hint}" aria-label="{hint}">'
        f'{choice}<button class="tool">{e(words.say("filter.show"))}</button></form>'
    )
