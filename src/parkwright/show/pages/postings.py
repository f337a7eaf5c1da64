"""Ledger: which accounts are there, what was posted on one, and why does a posting say what it says?"""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

from nicegui import ui
from starlette.requests import Request

from parkwright.show.answers.day import today
from parkwright.show.answers.passport import passport_day
from parkwright.show.answers.posting import (
    AccountPostings,
    Accounts,
    Explanation,
    Traced,
    accounts,
    explanation,
    postings,
)
from parkwright.show.answers.restatements import RestatementList
from parkwright.show.door import Visit, visit_of
from parkwright.show.pages.days import asked_day
from parkwright.show.pages.frame import block, draw, keep_current, permitted, shell
from parkwright.show.pages.parts import card, e, heads, state, table
from parkwright.show.pages.restatements import CorrectionForms, listed, restatements_card
from parkwright.show.words import Words

LISTED = 300
"""Postings that the page lists; the API gives all."""
Shown = Accounts | AccountPostings | Explanation | None


@ui.page("/postings")
def postings_page(request: Request) -> None:
    """Draw the accounts of a day, the postings of one, or why one says what it says."""
    visit = visit_of(request)
    asked = request.query_params
    account, journal = asked.get("account", "").strip()[:120], asked.get("journal", "")[:200]
    day = asked_day(request)
    with shell(request, visit, "carbon") as frame:
        if not permitted(visit, frame.words, "carbon"):
            return
        words = frame.words
        heading = block(28, "head")
        corrected = None if account else block(120, "row")
        forms = None if account else CorrectionForms(visit, words)
        body = block(400)

        def make() -> tuple[date | None, Shown, RestatementList | None]:
            context = visit.context
            days = list(context.facts.days("postings"))
            known = passport_day(today(context.park, visit.now), days)
            chosen = day or (date.fromisoformat(known) if known else None)
            restated = None if account else listed(visit)
            if chosen is None:
                return None, None, restated
            answer: Shown
            if account and journal:
                answer = explanation(context.park, context.facts, chosen, journal, account)
            elif account:
                answer = postings(context.facts, chosen, account, LISTED, 0)
            else:
                answer = visit.frames.keep(("accounts", chosen), lambda: accounts(context.facts, chosen))
            return chosen, answer, restated

        def show(found: tuple[date | None, Shown, RestatementList | None]) -> None:
            chosen, answer, restated = found
            draw(heading, _heading(words, chosen, account))
            draw(body, _body(visit, words, chosen, answer))
            if corrected is not None and forms is not None and restated is not None:
                draw(corrected, restatements_card(words, restated))
                forms.offer()

        keep_current(frame, make, show)


def link(day: date | str, account: str, journal: str = "") -> str:
    """Return the address of an account's postings of a day, or of the explanation of those of a journal."""
    wanted = {"day": str(day), "account": account, **({"journal": journal} if journal else {})}
    return f"/postings?{urlencode(wanted)}"


def _heading(words: Words, day: date | None, account: str) -> str:
    hint = e(words.say("posting.account"))
    form = (
        f'<form class="find" action="/postings"><input type="date" name="day" value="{day or ""}" '
        f'aria-label="{e(words.say("posting.day"))}"><input type="search" name="account" value="{e(account)}" '
        f'maxlength="120" placeholder="idle:…" aria-label="{hint}">'
        f'<button class="act primary">{e(words.say("passport.find"))}</button></form>'
    )
    title = e(words.say("posting.title"))
    return (
        f'<h1>{title}</h1><span class="muted">{e(words.say("posting.question"))}</span><span class="grow"></span>{form}'
    )


def _body(visit: Visit, words: Words, day: date | None, answer: Shown) -> str:
    if day is None or answer is None:
        key = "posting.none" if day is None else "posting.unknown"
        return card(words.say("posting.title"), state(words.say("state.empty"), words.say(key)))
    if isinstance(answer, Accounts):
        return accounts_card(words, answer)
    if isinstance(answer, AccountPostings):
        return postings_card(visit, words, answer)
    return "".join(f'<div class="row">{trace_card(visit, words, answer.day, one)}</div>' for one in answer.postings)


def accounts_card(words: Words, found: Accounts) -> str:
    """Return the accounts of a day; units' are found by their serial number."""
    if not found.rows:
        return card(words.say("posting.accounts"), state(words.say("state.empty"), words.say("posting.none")))
    columns = heads(words, "posting.account", "posting.view", "posting.debited>", "posting.balance>~", "=~")
    rows = [
        (
            f'<a class="mono" href="{e(link(found.day, row.account))}">{e(row.account)}</a>',
            f"{e(row.commodity)} · {e(words.say(f'view.{row.view}'))}",
            e(words.whole(row.debited)),
            e(words.whole(row.balance)),
            e(_unit(row.unit)),
        )
        for row in found.rows
    ]
    note = f'<p class="small muted">{e(words.say("posting.units", n=words.whole(found.units)))}</p>'
    return card(words.say("posting.accounts"), note + table(columns, rows))


def postings_card(visit: Visit, words: Words, found: AccountPostings) -> str:
    """Return the postings of an account; each leads to its explanation."""
    title = words.say("posting.of", account=found.account, n=words.whole(found.total))
    if not found.rows:
        return card(title, state(words.say("state.empty"), words.say("posting.unknown")))
    columns = heads(
        words, "posting.at", "posting.journal", "posting.view~", "posting.method~", "posting.quantity>", "=~"
    )
    rows = [
        (
            e(words.clock(row.start, visit.now)),
            f'<a class="mono" href="{e(link(found.day, found.account, row.journal_id))}">{e(row.journal_id)}</a>',
            f"{e(row.commodity)} · {e(words.say(f'view.{row.view}'))}",
            e(row.method_id),
            e(words.whole(row.quantity)),
            e(_unit(row.unit)),
        )
        for row in found.rows
    ]
    more = ""
    if found.total > len(found.rows):
        more = f'<p class="small muted">{e(words.say("posting.more", n=len(found.rows)))}</p>'
    return card(title, table(columns, rows) + more)


def trace_card(visit: Visit, words: Words, day: str, one: Traced) -> str:
    """Return a posting with its rule, its inputs, what it rests on, and whether it is computed again exactly."""
    title = f"{one.account} · {one.commodity} · {words.say(f'view.{one.view}')}"
    address = (
        f"/api/v1/postings/explanation?{urlencode({'day': day, 'journal': one.journal_id, 'account': one.account})}"
    )
    tools = f'<a class="small" href="{e(address)}">JSON</a>'
    head = f'<p class="total">{e(words.whole(one.quantity))}<small>{e(_unit(one.unit))}</small></p>'
    return card(title, head + _step(visit, words, day, one), tools)


def _step(visit: Visit, words: Words, day: str, one: Traced) -> str:
    times = f"{words.clock(one.start, visit.now)} – {words.clock(one.end, visit.now)}"
    text = f'<p class="small muted">{e(times)} · <span class="mono">{e(one.journal_id)}</span></p>'
    text += f"<p>{e(words.say(f'posting_rule.{one.rule}'))}</p>"
    if one.known:
        rows = [
            (
                e(words.known(f"posting_known.{k.name.partition(' ')[0]}", k.name) + _thing(k.name)),
                f'<span class="mono">{e(k.value)}</span>',
                e(_unit(k.unit)),
                f'<span class="muted small">{e(k.source)}</span>',
            )
            for k in one.known
        ]  # fmt: skip
        text += table(heads(words, "posting.known", "page.value>", "=", "page.source~"), rows)
    if one.accounts:
        text += _others(words, day, one)
    for inner in one.below:
        summary = f"{inner.account} · {words.say(f'view.{inner.view}')}"
        journal = f'<span class="mono small muted">{e(inner.journal_id.partition("/")[2])}</span>'
        amount = f"{words.whole(inner.quantity)} {_unit(inner.unit)}"
        head = f'<b>{e(summary)}</b> {journal}<span class="grow"></span><b>{e(amount)}</b>'
        inside = _step(visit, words, day, inner)
        text += f'<details class="step gap"><summary>{head}</summary><div>{inside}</div></details>'
    if one.difference:
        return text + f'<p class="sum bad">{e(words.say("posting.differs", n=words.whole(one.difference)))}</p>'
    return (
        text
        + f'<p class="sum">✓ {e(words.say("posting.exact", n=words.whole(one.computed), unit=_unit(one.unit)))}</p>'
    )


def _unit(unit: str) -> str:
    """Return a unit as people write it."""
    return unit.replace("ug", "µg").replace("CO2e", "CO₂e")


def _thing(name: str) -> str:
    _, _, thing = name.partition(" ")
    return f" {thing}" if thing else ""


def _others(words: Words, day: str, one: Traced) -> str:
    """Return the accounts that a rule sums or shares, or the journals that an account held."""
    rows = [
        (
            f'<a class="mono" href="{e(link(day, name) if one.rule != "leaves" else link(day, one.account, name))}">'
            f"{e(name)}</a>",
            e(words.whole(amount)),
        )
        for name, amount in sorted(one.accounts.items(), key=lambda pair: -abs(pair[1]))
    ]
    many = f'<details class="step gap"><summary><b>{e(words.say("posting.sums", n=len(rows)))}</b></summary><div>'
    return f"{many}{table(heads(words, 'posting.account', 'posting.quantity>'), rows)}</div></details>"
