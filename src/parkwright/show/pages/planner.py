"""The planner's part of the page Plan: a change tried before it is accepted, why a job stands there, what it costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from anyio import to_thread
from fastapi import HTTPException
from nicegui import ui

from parkwright.model.errors import ParkwrightError, PlanError
from parkwright.show.answers.plan import Plan
from parkwright.show.answers.planning import (
    AskedChange,
    AskedEnd,
    AskedMove,
    AskedOrder,
    AskedOutage,
    CommandState,
    Draft,
    JobReason,
    Objective,
    OrderedLine,
)
from parkwright.show.auth import APPROVE
from parkwright.show.door import Visit
from parkwright.show.pages.forms import AskForm
from parkwright.show.pages.frame import block, draw
from parkwright.show.pages.gantt import Gantt
from parkwright.show.pages.parts import e, heads, state, table
from parkwright.show.pages.plan_costs import PARTS, curve_html
from parkwright.show.pages.plan_forms import order_fields, order_of, outage_fields, outage_of
from parkwright.show.pages.plan_outages import end_of, outage_line
from parkwright.show.planning import accept, planner_of, state_of
from parkwright.show.refused import refused
from parkwright.show.words import MISSING, Words

Typed = TypeVar("Typed")
SEARCH_S = 10.0
"""How long the page searches the rest of a day [s] (assumed: as long as a person waits gladly)."""
POLL_S = 0.5
TO_DRAFT = "document.querySelector('.what-if').scrollIntoView({ block: 'nearest' })"
"""Brings the draft into view where it is not, for what is asked from another card."""
NAMED = 6
"""Orders or jobs that a line of the draft names; it counts the others."""
COMMAND_WORDS = {"done": "plan.in_force", "refused": "plan.not_taken", "expired": "plan.not_taken"}


class Desk:
    """What a planner has in hand on one page: moves, pins, rushes, the draft of them, and the job in question."""

    def __init__(self, visit: Visit, words: Words) -> None:
        """Begin with nothing in hand."""
        self.visit, self.words = visit, words
        self.may = visit.may(APPROVE, "plan")
        self.plan: Plan | None = None
        self.moves: dict[str, AskedMove] = {}
        self.pins: set[str] = set()
        self.rushed: set[str] = set()
        self.orders: list[AskedOrder] = []
        self.out: list[AskedOutage] = []
        self.ended: list[AskedEnd] = []
        self.draft: Draft | None = None
        self.reason: JobReason | None = None
        self.command: CommandState | None = None
        self.problem = ""
        self.gantt: Gantt | None = None
        self._searched_s = 0.0

    def lay(self) -> None:
        """Lay the two cards: the draft and the reason."""
        self._cards = ui.element("div").classes("row halves")
        with self._cards:
            with ui.element("section").classes("card what-if"):
                self._draft_block = block(120)
                if self.may:
                    fields = order_fields(self.visit, self.words)
                    AskForm(self.words, "plan.new_order", "plan.price_it", fields, self.ordered)
                    fields = outage_fields(self.visit, self.words)
                    AskForm(self.words, "plan.take_out", "plan.price_it", fields, self.taken_out)
                with ui.element("div").classes("acts"):
                    self._again = self._button("plan.again", self.search_again)
                    self._accept = self._button("plan.accept", self.take, "primary")
                    self._discard = self._button("plan.discard", self.drop_all)
            with ui.element("section").classes("card"):
                self._why_block = block(120)
                with ui.element("div").classes("acts"):
                    self._pin = self._button("plan.pin", self.toggle_pin)
                    self._rush = self._button("plan.rush", self.toggle_rush)
        self._timer = ui.timer(POLL_S, self.poll, active=False)
        self.show()

    def _button(self, key: str, deed: Callable[[], Any], kind: str = "") -> ui.html:
        button = ui.html(e(self.words.say(key)), sanitize=False, tag="button").classes(f"act {kind}")
        button.on("click", deed)
        return button

    # What people do

    async def picked(self, job: dict[str, Any]) -> None:
        """Show why a job stands where it does."""
        await self._ask(lambda day: planner_of(self.visit).reason(day, str(job["job_id"]), self.visit.now), "reason")

    async def dropped(self, job: dict[str, Any]) -> None:
        """Cost a job's new place."""
        move = AskedMove(
            job_id=str(job["job_id"]), line_id=str(job["line_id"]), start=datetime.fromisoformat(str(job["start"]))
        )
        self.pins.discard(move.job_id)
        before, self.moves = self.moves, {**self.moves, move.job_id: move}
        await self._propose(0.0)
        if self.problem:
            self.moves = before
        self.show()

    async def ordered(self, given: Mapping[str, str]) -> None:
        """Cost a new order, as it was typed."""
        await self._add(self.orders, order_of, given)

    async def taken_out(self, given: Mapping[str, str]) -> None:
        """Cost a line out of use, as it was typed."""
        await self._add(self.out, outage_of, given)

    async def given_back(self, given: Mapping[str, str]) -> None:
        """Cost another end of an outage; it stands in the place of one asked before."""
        before, named = self.ended, (given.get("line_id"), given.get("start"))
        self.ended = [one for one in before if (one.line_id, one.start and one.start.isoformat()) != named]
        await self._add(self.ended, end_of, given)
        if self.problem:
            self.ended = before
        ui.run_javascript(TO_DRAFT)

    async def _add(
        self, to: list[Typed], read: Callable[[Visit, Mapping[str, str]], Typed], given: Mapping[str, str]
    ) -> None:
        """Take what was typed into what is asked and cost it; take it away again where it cannot be."""
        try:
            one = read(self.visit, given)
        except PlanError as error:
            self.problem = refused(self.words, str(error))
        else:
            to.append(one)
            await self._propose(0.0)
            if self.problem:
                to.remove(one)
        self.show()

    async def search_again(self) -> None:
        """Search the rest of the day anew, with what is in hand."""
        await self._propose(SEARCH_S)

    async def toggle_pin(self) -> None:
        """Pin the job in question where the draft has it, or take its pin away; a draft in hand is made anew."""
        if self.reason is None:
            return
        self.pins ^= {self.reason.job_id}
        if self.draft is not None and self.reason.job_id not in self.moves:
            await self._propose(self._searched_s)
        self.show()

    async def toggle_rush(self) -> None:
        """Rush the order of the job in question, or take that back."""
        if self.reason is not None:
            self.rushed ^= {self.reason.order_id}
            if self.moves or self.rushed or self.orders or self.out or self.ended:
                await self._propose(0.0)
            else:
                await self.drop_all()

    async def take(self) -> None:
        """Ask the run for the draft."""
        if self.draft is None or not self.may:
            return
        draft_id = self.draft.id
        await self._ask(lambda _day: state_of(self.visit, accept(self.visit, draft_id)), "command")
        self._timer.activate()

    async def drop_all(self) -> None:
        """Let go of everything in hand."""
        self.command, self.problem = None, ""
        self._let_go()
        self.show()

    def _let_go(self) -> None:
        self.moves, self.rushed, self.orders, self.out, self.ended, self.draft = {}, set(), [], [], [], None

    async def poll(self) -> None:
        """Follow a search, or a command on its way to the run."""
        draft, command = self.draft, self.command
        if draft is not None and draft.state == "searching":
            await self._ask(lambda _day: planner_of(self.visit).draft(draft.id), "draft")
        elif command is not None and command.state in ("waiting", "taken"):
            await self._ask(lambda _day: state_of(self.visit, command.id), "command")
            if self.command is not None and self.command.state == "done":
                self._let_go()
                self.show()
        else:
            self._timer.deactivate()

    async def _propose(self, search_s: float) -> None:
        if not self.may or self.plan is None or not self.plan.plan_hash:
            return
        self.command, self._searched_s = None, search_s
        change = AskedChange(
            base=self.plan.plan_hash, moves=list(self.moves.values()), orders=self.orders, out=self.out,
            ended=self.ended, rushed=sorted(self.rushed), pinned=sorted(self.pins - set(self.moves)), search_s=search_s,
        )  # fmt: skip
        await self._ask(lambda day: planner_of(self.visit).propose(day, change, self.visit.now), "draft")
        self._timer.activate()

    async def _ask(self, question: Callable[[str], Any], into: str) -> None:
        """Ask in a thread and keep the answer; what cannot be done is told instead."""
        if self.plan is None:
            return
        try:
            setattr(self, into, await to_thread.run_sync(question, self.plan.day))
            self.problem = ""
        except ParkwrightError as error:
            self.problem = refused(self.words, str(error))
        except HTTPException as error:
            self.problem = refused(self.words, str(error.detail))
        self.show()

    # What is shown

    def now_planned(self, plan: Plan) -> None:
        """Take the plan in force, with nothing to be had of a day without one.

        A draft of another plan is let go, and so is why a job stood where it did in that.
        """
        another, self.plan = self.plan is not None and self.plan.plan_hash != plan.plan_hash, plan
        self._cards.set_visibility(bool(plan.plan_hash))
        if another:
            self.reason = None
        if self.draft is not None and self.draft.base != plan.plan_hash:
            self._let_go()
            another = True
        if another:
            self.show()

    def show(self) -> None:
        """Draw what is in hand."""
        words, draft = self.words, self.draft
        draw(self._draft_block, self._draft_html())
        draw(self._why_block, why_card(self.visit, words, self.reason))
        ready = draft is not None and draft.state == "ready" and not draft.violations
        ready = ready and draft is not None and (draft.changed > 0 or bool(draft.outages))
        sent = self.command is not None and self.command.state in ("waiting", "taken")
        self._again.set_visibility(self.may)
        self._accept.set_visibility(self.may and ready and not sent)
        self._discard.set_visibility(self.may and (draft is not None or bool(self.problem)) and not sent)
        chosen = self.reason
        for button in (self._pin, self._rush):
            button.set_visibility(self.may and chosen is not None)
        if chosen is not None:
            draw(self._pin, e(words.say("plan.unpin" if chosen.job_id in self.pins else "plan.pin")))
            draw(self._rush, e(words.say("plan.unrush" if chosen.order_id in self.rushed else "plan.rush")))
        if self.gantt is not None:
            self.gantt.draft(draft)
            self.gantt.pin(self.pins)

    def _draft_html(self) -> str:
        words, say = self.words, self.words.say
        found = f"<h2>{e(say('plan.draft'))}</h2>"
        if self.problem:
            found += f'<div class="notice stale" role="alert">{e(say("plan.failed", why=self.problem))}</div>'
        if self.command is not None:
            found += f'<p role="status">{e(_command_text(words, self.command))}</p>'
        if self.draft is not None:
            asked = say(
                "plan.asked",
                n=len(self.moves),
                p=len(self.pins),
                r=len(self.rushed),
                o=len(self.orders),
                l=len(self.out),
                b=len(self.ended),
            )
            return f'{found}<p class="muted small">{e(asked)}</p>{draft_html(self.visit, words, self.draft)}'
        key = "plan.draft_empty" if self.may else "plan.draft_view"
        return found if self.command or self.problem else f'{found}<p class="muted">{e(say(key))}</p>'


def _command_text(words: Words, command: CommandState) -> str:
    if command.state not in COMMAND_WORDS:
        return words.say("plan.sent")
    answer = refused(words, command.answer) if command.answer else words.say("plan.expired")
    return words.say(COMMAND_WORDS[command.state], answer=answer)


def draft_html(visit: Visit, words: Words, draft: Draft) -> str:
    """Return a draft: how its search goes, then what it costs beside the plan in force, and whom it touches."""
    say = words.say
    if draft.state == "failed":
        return state(say("plan.failed", why=refused(words, draft.detail)), "")
    if draft.after is None:
        share = words.percent(draft.share)
        bar = f'<span class="bar"><i style="width:{100 * draft.share:.0f}%"></i></span>'
        told = f'<p role="status">{e(say("plan.searching", share=share))} {bar}</p>'
        return told + curve_html(words, draft.curve_cny)
    rows = [_row(words, "plan.part_total", draft.before.total_cny, draft.after.total_cny, "CNY")]
    rows += [_row(words, f"plan.part_{name}", *pair, "CNY") for name, pair in _parts(draft.before, draft.after)]
    rows += [
        _row(words, "plan.row_late", draft.before.late_orders, draft.after.late_orders, "orders"),
        _row(words, "plan.row_lateness", draft.before.lateness_h, draft.after.lateness_h, "h"),
        _row(words, "plan.row_energy", draft.before.energy_kwh, draft.after.energy_kwh, "kWh"),
        _row(words, "plan.row_co2e", draft.before.co2e_kg, draft.after.co2e_kg, "kg CO2e"),
    ]
    lines = [outage_line(visit, words, out) for out in draft.outages]
    lines += [_order_line(visit, words, order) for order in draft.orders]
    lines += [say("plan.changed", n=draft.changed)]
    for key, names in (
        ("newly_late", draft.newly_late), ("no_more_late", draft.no_more_late), ("left_out", draft.left_out),
        ("stranded", draft.stranded), ("broken_pins", draft.broken_pins),
    ):  # fmt: skip
        lines += [say(f"plan.{key}", list=_named(names))] if names else []
    lines += [say("plan.refused", why=draft.violations[0])] if draft.violations else []
    items = "".join(f"<li>{e(line)}</li>" for line in lines)
    columns = heads(words, "=", "plan.now_cost>~", "plan.then_cost>", "plan.change>")
    return f'{curve_html(words, draft.curve_cny)}{table(columns, rows)}<ul class="told">{items}</ul>'


def _order_line(visit: Visit, words: Words, order: OrderedLine) -> str:
    """Return what a draft makes of a new order."""
    if order.expected is None:
        return words.say("plan.order_unplaced", order=order.order_id)
    names = {line.id: getattr(line.name, visit.language) for line in visit.context.park.work_centers}
    key = "plan.order_late" if order.late_h else "plan.order_in_time"
    return words.say(
        key, order=order.order_id, n=order.quantity, product=order.product_id, due=words.clock(order.due, visit.now),
        at=words.clock(order.expected, visit.now), line=names.get(order.line_id or "", ""),
        late=words.amount(order.late_h or 0.0, "h", 2),
    )  # fmt: skip


def _parts(before: Objective, after: Objective) -> list[tuple[str, tuple[float, float]]]:
    """Return the components that either plan has."""
    pairs = [(name, (getattr(before, f"{name}_cny"), getattr(after, f"{name}_cny"))) for name in PARTS]
    return [(name, pair) for name, pair in pairs if any(pair)]


def _row(words: Words, key: str, before: float, after: float, unit: str) -> tuple[str, str, str, str]:
    change = after - before
    sign = "+" if change > 0 else "−" if change < 0 else "±"
    small = abs(change) < 1e-9
    told = "±0" if small else f"{sign}{words.amount(abs(change), unit, 4)}"
    kind = "" if small else "warn" if change > 0 else "good"
    mark = f'<span class="badge {kind}">{e(told)}</span>' if kind else e(told)
    return e(words.say(key)), e(words.amount(before, unit, 5)), e(words.amount(after, unit, 5)), mark


def _named(names: list[str]) -> str:
    more = f" +{len(names) - NAMED}" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def why_card(visit: Visit, words: Words, reason: JobReason | None) -> str:
    """Return why a job stands where it does: what it waits for, its changeover, the hour's price, other lines."""
    say, title = words.say, words.say("plan.why_here")
    if reason is None:
        return f'<h2>{e(title)}</h2><p class="muted">{e(say("plan.why_empty"))}</p>'
    names = {line.id: getattr(line.name, visit.language) for line in visit.context.park.work_centers}
    part = f" · {say('plan.part', part=reason.part, parts=reason.parts)}" if reason.parts > 1 else ""
    head = (
        f"{reason.job_id}{part} · {reason.quantity} × {reason.product_id} · "
        f"{names.get(reason.line_id, reason.line_id)} "
        f"{words.clock(reason.start, visit.now)}–{words.clock(reason.end, visit.now)}"
    )
    due = f"{say('plan.due')} {words.clock(reason.due, visit.now)}"
    crews = {crew.id: getattr(crew.name, visit.language) for crew in visit.context.park.crews}
    rows = [
        (
            e(say(f"plan.bound_{bound.what}", thing=crews[bound.thing] if bound.what == "crew" else bound.thing)),
            e(words.clock(bound.at, visit.now)),
        )
        for bound in reason.bounds
    ]
    key = "plan.setup_from" if reason.from_family else "plan.setup_first"
    setup = say(key, from_family=reason.from_family, family=reason.family, n=f"{reason.setup_min:g}")
    price = say(
        "plan.hour_price",
        price=words.number(reason.price_cny_per_kwh), day=words.number(reason.day_price_cny_per_kwh),
        kg=words.number(reason.co2e_kg_per_kwh), day_kg=words.number(reason.day_co2e_kg_per_kwh),
    )  # fmt: skip
    lines = f'<p class="small">{e(setup)}</p><p class="small">{e(price)}</p>'
    waits = table(heads(words, "plan.waits", "plan.at>"), rows)
    run = say("plan.shares_run", n=reason.run_units, jobs=", ".join(reason.together)) if reason.together else ""
    waits += f'<p class="small">{e(run)}</p>' if run else ""
    waits += "" if reason.pauses else f'<p class="small">{e(say("plan.in_one_go", n=f"{reason.work_min:.0f}"))}</p>'
    return f"<h2>{e(title)}</h2><p>{e(head)} · {e(due)}</p>{waits}{lines}{_elsewhere(visit, words, reason, names)}"


def _elsewhere(visit: Visit, words: Words, reason: JobReason, names: dict[str, str]) -> str:
    rows = [
        (
            e(names.get(place.line_id, place.line_id)),
            e(words.clock(place.start, visit.now)),
            e(f"{'+' if place.change_cny >= 0 else '−'}{words.amount(abs(place.change_cny), 'CNY', 4)}"),
        )
        for place in reason.elsewhere
    ]
    rows += [
        (e(names.get(line.line_id, line.line_id)), MISSING, e(refused(words, line.reason))) for line in reason.refused
    ]
    if not rows:
        return f'<p class="small muted">{e(words.say("plan.elsewhere_none"))}</p>'
    return table(heads(words, "plan.elsewhere", "plan.at>", "plan.more_cny>"), rows)
