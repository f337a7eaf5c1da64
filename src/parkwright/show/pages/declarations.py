"""Declarations on the page of the requests: what the park declared to its partners, and for who may act the form."""

from __future__ import annotations

from nicegui import ui

from parkwright.carbon.declaration import ACTIVE
from parkwright.show.answers.declarations import DeclarationList
from parkwright.show.answers.planning import asked
from parkwright.show.declarations_api import ToDeclare, declare_for
from parkwright.show.door import Visit
from parkwright.show.pages.forms import AskCard, Given, chosen, day_field
from parkwright.show.pages.parts import badge, card, e, heads, state, table
from parkwright.show.words import MISSING, Words

LISTED = 50
"""Declarations that the page lists; the API gives all."""


def declarations_card(words: Words, found: DeclarationList | None) -> str:
    """Return the declarations, newest first; nothing where none are served."""
    if found is None:
        return ""
    title = words.say("declared.title", n=words.whole(len(found.rows)))
    if not found.rows:
        return card(title, state(words.say("state.empty"), words.say("declared.none")))
    columns = heads(
        words, "declared.created", "declared.product", "declared.status", "=kg CO₂e>", "declared.unit~",
        "foot.primary>~", "declared.versions>~", "declared.id~",
    )  # fmt: skip
    rows = [
        (
            e(words.stamp(one.created)),
            e(one.product),
            badge(
                words.say("declared.active" if one.status == ACTIVE else "declared.replaced"),
                "good" if one.status == ACTIVE else "",
            ),
            e(words.number(one.kg_per_declared_unit, 5)),
            e(words.known(f"count.{one.unit}", one.unit)),
            e(words.percent(one.primary_share)) if one.primary_share is not None else MISSING,
            e(words.whole(len(one.versions_before))),
            f'<span class="mono small muted">{e(one.id)}</span>',
        )
        for one in found.rows[:LISTED]
    ]
    more = f'<p class="muted small">{e(words.say("posting.more", n=LISTED))}</p>' if len(found.rows) > LISTED else ""
    return card(title, f'<p class="muted small">{e(words.say("declared.about"))}</p>{table(columns, rows)}{more}')


class DeclareForm:
    """The card of who may act: footprints are declared from closed days."""

    def __init__(self, visit: Visit, words: Words) -> None:
        """Lay it, unseen until declarations are served."""
        self._words = words
        with ui.element("div").classes("row"):
            self._card = AskCard(words, "declare", lambda given: declared(visit, words, given))

    def offer(self, found: DeclarationList | None) -> None:
        """Offer it where declarations are served."""
        self._card.offer(declare_fields(self._words, found))


def declare_fields(words: Words, found: DeclarationList | None) -> str:
    """Return the fields of what is declared; nothing where none are served."""
    if found is None:
        return ""
    products = [("", words.say("declare.all")), *((one, one) for one in found.products)]
    return (
        chosen(words, "declare.product", "product_id", products)
        + day_field(words, "declare.start", "start_day")
        + day_field(words, "declare.end", "end_day")
    )


def declared(visit: Visit, words: Words, given: Given) -> str:
    """Declare footprints as it was typed and say so; raises LedgerError where they cannot be."""
    days = {name: given.get(name, "") for name in ("start_day", "end_day")}
    product_id = given.get("product_id", "")
    done = declare_for(visit, asked(ToDeclare, {**days, "product_ids": [product_id] if product_id else []}))
    told = words.say("declare.done", n=len(done.declarations), start=done.start_day, end=done.end_day)
    return f'<p class="gap" role="status">{badge(words.say("declared.active"), "good")} {e(told)}</p>'
