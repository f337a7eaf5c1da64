"""Suppliers' requests: who was asked, who is late, can the answers be used, and what events came from them?"""

from __future__ import annotations

from datetime import datetime

from nicegui import ui
from starlette.requests import Request

from parkwright.carbon.request import ANSWER_WITHIN
from parkwright.show.answers.declarations import DeclarationList
from parkwright.show.answers.partners import PartnerList
from parkwright.show.answers.planning import asked
from parkwright.show.answers.received import EventList
from parkwright.show.answers.requests import RequestList, RequestRow, ToAsk
from parkwright.show.auth import APPROVE
from parkwright.show.carbon_api import (
    LOT_MOST,
    SENDER_MOST,
    WITHIN_MOST,
    Asked,
    draft_for,
    events_of,
    requests_of,
)
from parkwright.show.declarations_api import declarations_of
from parkwright.show.door import Visit, visit_of
from parkwright.show.pages.carbon import heading_of
from parkwright.show.pages.declarations import DeclareForm, declarations_card
from parkwright.show.pages.events import LISTED, events_card
from parkwright.show.pages.forms import AskCard, Given, chosen, typed
from parkwright.show.pages.frame import block, draw, keep_current, permitted, shell
from parkwright.show.pages.partners import PartnerForms, partners_card
from parkwright.show.pages.parts import badge, card, e, heads, post_button, state, table
from parkwright.show.partners_api import partners_of
from parkwright.show.words import MISSING, Words

API = "/api/v1/carbon/requests"
STATES = {"in_use": "good", "validated": "note", "fulfilled": "note", "rejected": "stop"}
"""State -> kind of its badge; the others are plain."""
Answers = tuple[RequestList | None, EventList | None, PartnerList | None, DeclarationList | None]
"""What the page shows: requests, events, partners, declarations; None where none are served or may be seen."""
COUNTS = ("open", "late", "to_check", "in_use")


@ui.page("/requests")
def requests_page(request: Request) -> None:
    """Draw the requests that the visitor may see and keep them current."""
    visit = visit_of(request)
    with shell(request, visit, "carbon") as frame:
        if not permitted(visit, frame.words, "requests"):
            return
        words = frame.words
        own, acts = visit.principal.supplier_id is not None, visit.may(APPROVE, "requests")
        sender = request.query_params.get("sender", "")[:SENDER_MOST]
        lot = request.query_params.get("lot", "").strip()[:LOT_MOST]
        heading, figures, rows = block(28, "head"), block(80), block(240, "row")
        with ui.element("div").classes("row"):
            asking = AskCard(words, "request_draft", lambda given: drafted(visit, words, given)) if acts else None
        events = block(240, "row")
        declarations, declaring = block(200, "row"), DeclareForm(visit, words) if acts else None
        partners, forms = block(200, "row"), PartnerForms(visit, words) if acts else None

        def make() -> Answers:
            known, told = (None, None) if own else (partners_of(visit), declarations_of(visit))
            return requests_of(visit), events_of(visit, sender, lot, LISTED), known, told

        def show(answers: Answers) -> None:
            found, received, known, told = answers
            draw(declarations, declarations_card(words, told))
            if declaring is not None:
                declaring.offer(told)
            draw(partners, partners_card(words, known, acts=acts))
            if forms is not None:
                forms.offer(known)
            draw(events, "" if received is None else events_card(words, received, sender, lot, visit.now, own=own))
            if asking is not None:
                asking.offer(draft_fields(words, found))
            draw(heading, _own(words) if own else heading_of(words, "requests"))
            if found is None or not found.rows:
                draw(figures, "")
                text = words.say("requests.none_own" if own else "requests.none")
                draw(rows, card(words.say("requests.title"), state(words.say("state.empty"), text)))
                return
            draw(figures, counts_row(words, found))
            draw(rows, requests_card(words, found, acts=acts, own=own))

        keep_current(frame, make, show)


def _own(words: Words) -> str:
    return f"<h1>{e(words.say('scopes.requests'))}</h1>"


def draft_fields(words: Words, found: RequestList | None) -> str:
    """Return the fields of a new request: a material that can be asked for, and the time to answer."""
    if found is None or not found.to_ask:
        return ""
    materials = [
        (one.material_id, f"{words.name(one)} {one.material_id} · {_supplier(words, one)}")
        for one in sorted(found.to_ask, key=lambda one: (words.name(one), one.material_id))
    ]
    days = f'type="number" min="1" max="{WITHIN_MOST}" step="1" required value="{ANSWER_WITHIN.days}"'
    return chosen(words, "requests.material", "material_id", materials) + typed(
        words, "request_draft.within", "within_days", days
    )


def drafted(visit: Visit, words: Words, given: Given) -> str:
    """Draft a request as it was typed and say so; raises LedgerError where nobody can be asked, or was."""
    body = asked(Asked, given)
    draft_for(visit, body)
    told = words.say("request_draft.done", material=body.material_id)
    return f'<p class="gap" role="status">{badge(words.say("request_state.draft"), "note")} {e(told)}</p>'


def _supplier(words: Words, one: ToAsk | RequestRow) -> str:
    return one.supplier_zh if words.language == "zh" else one.supplier_en


def counts_row(words: Words, found: RequestList) -> str:
    """Return how many are open, late, to be checked and in use, and how many suppliers answered."""
    cells = [(words.say(f"requests.{name}"), words.whole(getattr(found, name)), name == "late" and found.late > 0)
             for name in COUNTS]  # fmt: skip
    answered = words.say("requests.of", n=found.suppliers_answered, all=found.suppliers_asked)
    cells.append((words.say("requests.answered"), answered, False))
    cards = "".join(
        f'<article class="card figure {"warn" if off else ""}"><div class="label"><span>{e(name)}</span></div>'
        f'<div class="value">{e(value)}</div></article>'
        for name, value, off in cells
    )
    return f'<div class="row figures">{cards}</div>'


def requests_card(words: Words, found: RequestList, *, acts: bool = False, own: bool = False) -> str:
    """Return every request with its date, its answer beside what the park counts with, and what is doubtful.

    acts: with the buttons of one who may decide. own: for the supplier, without what the park counts with.
    """
    columns = heads(
        words, "requests.material", "requests.supplier~", "requests.state", "requests.due", "requests.reminders>~",
        "requests.answer>", *(() if own else ("requests.counted>~",)), "requests.primary>~", "requests.checks~",
        *(("requests.decide!",) if acts else ()),
    )  # fmt: skip
    rows = [
        [
            f'{e(words.name(row))} <span class="muted small">{e(row.material_id)}</span>',
            e(_supplier(words, row)),
            _state(words, row),
            _due(words, row),
            e(_reminders(words, row)),
            _kg(words, row.kg_per_unit, row.unit),
            *(() if own else (_kg(words, row.counted_kg, row.unit),)),
            e(words.percent(row.primary_share) if row.primary_share is not None else MISSING),
            _checks(words, row),
            *((_acts(words, row),) if acts else ()),
        ]
        for row in found.rows
    ]
    remind = ""
    if acts and any(row.reminder_due for row in found.rows):
        remind = post_button(words.say("requests.remind"), f"{API}/reminders", {}, words.say("requests.reminded"))
    return card(words.say("requests.list", n=words.whole(len(found.rows))), table(columns, rows), remind)


def _acts(words: Words, row: RequestRow) -> str:
    """Return the buttons that send a request or decide about its answer; none where there is nothing to do."""
    found = ""
    if row.state in ("draft", "rejected"):
        sure = words.say("requests.send_sure", supplier=_supplier(words, row), material=words.name(row))
        label, done = words.say("requests.send"), words.say("request_state.sent")
        found += post_button(label, f"{API}/{row.id}/sending", {}, done, sure=sure)
    if row.state == "validated":
        found += post_button(words.say("requests.use"), f"{API}/{row.id}/use", {}, words.say("request_state.in_use"))
    if row.state in ("fulfilled", "validated"):
        done, ask = words.say("request_state.rejected"), words.say("requests.reject_why")
        found += " " + post_button(words.say("requests.reject"), f"{API}/{row.id}/rejection", {}, done, ask)
    return found or MISSING


def _state(words: Words, row: RequestRow) -> str:
    return badge(words.say(f"request_state.{row.state}"), STATES.get(row.state, ""))


def _due(words: Words, row: RequestRow) -> str:
    late = f" {badge(words.say('requests.is_late'), 'warn')}" if row.late else ""
    return f'<span class="nowrap">{e(_day(words, row.due))}</span>{late}'


def _day(words: Words, at: datetime) -> str:
    return at.astimezone(words.zone).date().isoformat()


def _reminders(words: Words, row: RequestRow) -> str:
    if not row.reminders:
        return words.say("requests.remind_next") if row.reminder_due else "0"
    return f"{row.reminders} · {_day(words, row.reminded) if row.reminded else MISSING}"


def _kg(words: Words, kg: float | None, unit: str) -> str:
    if kg is None:
        return MISSING
    return f'{e(words.number(kg, 4))} <span class="muted small">kg/{e(words.known(f"count.{unit}", unit))}</span>'


def _checks(words: Words, row: RequestRow) -> str:
    """Return what is doubtful about an answer, that nothing is, or why it was rejected."""
    if row.kg_per_unit is None:
        return e(row.note) or MISSING
    if not row.doubts:
        return badge(words.say("requests.sound"), "good")
    kinds = {"refused": "stop", "warning": "warn"}
    return " ".join(
        f'{badge(words.say(f"doubt.{one.level}"), kinds[one.level])} <span class="small">{e(one.found)}</span>'
        for one in row.doubts
    )
