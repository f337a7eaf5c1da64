"""Certificates on the page of the zero-carbon centre: each range with its state, and for who may act the forms."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui

from parkwright.carbon.certificates import CertificateError
from parkwright.model.errors import LedgerError
from parkwright.show.answers.certificates import CertificateList, CertificateRow
from parkwright.show.answers.planning import asked
from parkwright.show.certificates_api import (
    MOST,
    Entry,
    Move,
    Range,
    Retirement,
    enter_range,
    move_range,
    retire_range,
)
from parkwright.show.door import Visit
from parkwright.show.pages.forms import AskCard, Given, chosen, day_field, typed
from parkwright.show.pages.parts import badge, card, e, heads, post_button, state, table
from parkwright.show.words import MISSING, Words

CERTIFICATES = "/api/v1/carbon/certificates"
KWH_PER_MWH = 1_000.0
STATES_TO = ("held", "retired", "sold", "expired")
"""States that a range is moved to; all but the first are final."""
TECHNOLOGIES = ("wind", "solar", "hydro", "biomass")
"""Ways to make power offered beside the field (assumed: the most common)."""


class CertificateForms:
    """The two cards of who may act: a range is entered, serial numbers get another state."""

    def __init__(self, visit: Visit, words: Words) -> None:
        """Lay them, unseen until certificates are served."""
        self._words = words
        with ui.element("div").classes("row halves"):
            self._enter = AskCard(words, "certificate_enter", lambda given: entered(visit, words, given))
            self._move = AskCard(words, "certificate_move", lambda given: moved(visit, words, given))

    def offer(self, found: CertificateList | None) -> None:
        """Offer entering where certificates are served, and another state where there is one to change."""
        self._enter.offer(entry_fields(self._words) if found is not None else "")
        self._move.offer(move_fields(self._words, found.rows) if found is not None and found.rows else "")


def entry_fields(words: Words) -> str:
    """Return the fields of a range that was issued."""
    known = "".join(f'<option value="{one}"></option>' for one in TECHNOLOGIES)
    return "".join(
        (
            _range_fields(words),
            day_field(words, "certificate_enter.made_from", "start_day"),
            day_field(words, "certificate_enter.made_to", "end_day"),
            typed(words, "certificate_enter.hour", "hour", 'type="number" min="0" max="23" step="1"'),
            typed(words, "certificate_enter.region", "region", 'required maxlength="40" size="8" value="CN"'),
            typed(words, "certificate_enter.technology", "technology",
                  'required maxlength="40" size="10" list="technologies" autocomplete="off"'),
            f'<datalist id="technologies">{known}</datalist>',
            typed(words, "certificate_enter.factor", "kg_per_kwh",
                  'type="number" min="0" max="10" step="any" required value="0"'),
            typed(words, "certificate_enter.own", "own", 'type="checkbox" value="true"'),
        )
    )  # fmt: skip


def move_fields(words: Words, rows: list[CertificateRow]) -> str:
    """Return the fields of serial numbers that get another state; the days are of the use that they are retired to."""
    registries = "".join(f'<option value="{e(one)}"></option>' for one in sorted({row.registry for row in rows}))
    states = [(one, words.say(f"certificate.{one}")) for one in STATES_TO]
    return "".join(
        (
            _range_fields(words, "registries"),
            f'<datalist id="registries">{registries}</datalist>',
            chosen(words, "certificate_move.to", "state", states),
            typed(words, "certificate_move.used_from", "start_day", 'type="date"'),
            typed(words, "certificate_move.used_to", "end_day", 'type="date"'),
            typed(words, "certificate_move.sure", "sure", 'type="checkbox"'),
        )
    )


def _range_fields(words: Words, known: str = "") -> str:
    """Return the fields of a registry and its serial numbers; known: id of the list of registries."""
    of = f' list="{known}" autocomplete="off"' if known else ""
    number = f'type="number" min="1" max="{MOST}" step="1" required'
    return "".join(
        (
            typed(words, "certificate_enter.registry", "registry", f'required maxlength="40" size="8"{of}'),
            typed(words, "certificate_enter.first", "first", number),
            typed(words, "certificate_enter.last", "last", number),
        )
    )


def entered(visit: Visit, words: Words, given: Given) -> str:
    """Enter a range as it was typed and say so; raises LedgerError in the reader's language where it may not be."""
    entry = asked(Entry, {name: value for name, value in given.items() if value or name != "hour"})
    _told_in(words, lambda: enter_range(visit, entry))
    return _done(words, "certificate_enter.done", entry)


def moved(visit: Visit, words: Words, given: Given) -> str:
    """Give serial numbers another state and say so; raises LedgerError in the reader's language as `entered` does."""
    typed_in, to = {name: value for name, value in given.items() if name != "sure"}, given.get("state", "")
    of, shown = asked(Range, typed_in), words.known(f"certificate.{to}", to)
    if to != "held" and not given.get("sure"):
        raise LedgerError(words.say("certificate_move.not_sure", state=shown))
    if to == "retired":
        if not (given.get("start_day") and given.get("end_day")):
            raise LedgerError(words.say("certificate_finding.use_retire", serials=_named(of)))
        retirement = asked(Retirement, typed_in)
        _told_in(words, lambda: retire_range(visit, retirement))
    else:
        move = asked(Move, typed_in)
        _told_in(words, lambda: move_range(visit, move))
    return _done(words, "certificate_move.done", of, shown)


def _told_in(words: Words, act: Callable[[], None]) -> None:
    try:
        act()
    except CertificateError as error:
        raise LedgerError(refusal(words, error)) from error


def refusal(words: Words, error: CertificateError) -> str:
    """Return what may not be done with certificates as one sentence in the reader's language."""
    of = {
        name: words.known(f"certificate.{text}", text) if name in ("state", "to") else text
        for name, text in error.of.items()
    }
    return words.say(f"certificate_finding.{error.finding}", **of)


def _named(of: Range) -> str:
    return f"{of.registry} {of.first}–{of.last}"


def _done(words: Words, key: str, of: Range, state: str = "") -> str:
    said = words.say(key, serials=_named(of), state=state)
    return f'<p class="gap" role="status">{badge(words.say("certificate_enter.ok"), "good")} {e(said)}</p>'


def assets_card(words: Words, found: CertificateList | None, used: tuple[str, str] | None = None) -> str:
    """Return the certificates of the park, the energy in each state below; nothing where none are served.

    used: first and last day that one who may act can retire them to; None without buttons.
    """
    if found is None:
        return ""
    title = words.say("centre.assets")
    if not found.rows:
        return card(title, state(words.say("state.empty"), words.say("centre.no_assets")))
    rows = [
        [
            f'{e(row.registry)} <span class="mono">{row.first}–{row.last}</span>',
            e(words.number(row.kwh / KWH_PER_MWH, 6)),
            badge(words.say(f"certificate.{row.state}"), "good" if row.state == "retired" else ""),
            e(_between(row.vintage) + ("" if row.hour is None else f" {row.hour:02d}:00")),
            e(_between(row.retired_to) if row.retired_to else MISSING),
            *(() if used is None else (_acts(words, row, used),)),
        ]
        for row in found.rows
    ]
    acting = () if used is None else ("centre.act",)
    columns = heads(words, "centre.serials", "=MWh>", "centre.state", "centre.made~", "centre.used~", *acting)
    sums = " · ".join(
        f"{words.say(f'certificate.{name}')} {words.number(amount / KWH_PER_MWH, 6)} MWh"
        for name, amount in found.kwh.items()
    )
    return card(title, table(columns, rows) + f'<p class="muted small">{e(sums)}</p>')


def _between(days: list[str]) -> str:
    return days[0] if days[0] == days[1] else f"{days[0]} – {days[1]}"


def _acts(words: Words, row: CertificateRow, used: tuple[str, str]) -> str:
    """Return the buttons for what may be done with a range now; none where its state is final."""
    serials = {"registry": row.registry, "first": row.first, "last": row.last}
    if row.state == "issued":
        done = words.say("certificate.held")
        return post_button(words.say("centre.hold"), f"{CERTIFICATES}/moves", {**serials, "state": "held"}, done)
    if row.state == "held":
        if not row.retirable:
            return f'<span class="muted small">{e(words.say("centre.used_up"))}</span>'
        body, most = {**serials, "start_day": used[0], "end_day": used[1]}, str(row.retirable)
        name, days = f"{row.registry} {row.first}–{row.last}", _between([*used])
        ask = words.say("centre.retire_many", serials=name, days=days, n=most)
        label, done = words.say("centre.retire"), words.say("certificate.retired")
        return post_button(label, f"{CERTIFICATES}/retirements", body, done, ask, field=("count", most))
    return MISSING
