"""Plan: will every order be on time, what does it cost in money and carbon?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from nicegui import ui
from starlette.requests import Request

from parkwright.model.errors import PlanError
from parkwright.show.answers import day as days
from parkwright.show.answers.plan import LateOrder, LineRow, Plan
from parkwright.show.answers.planning import Certificate, Objective, PlanHeads, SetupMatrix, Trades
from parkwright.show.api import plan_of
from parkwright.show.auth import APPROVE
from parkwright.show.door import Visit, visit_of
from parkwright.show.pages.days import asked_day, day_switch
from parkwright.show.pages.frame import block, draw, keep_current, permitted, shell
from parkwright.show.pages.gantt import Gantt
from parkwright.show.pages.parts import (
    badge,
    card,
    downloads,
    e,
    figure_card,
    heads,
    post_button,
    state,
    table,
)
from parkwright.show.pages.plan_costs import TradesCard, objective_card, setups_card
from parkwright.show.pages.plan_outages import OutagesCard
from parkwright.show.pages.plan_people import PeopleCard
from parkwright.show.pages.plan_proof import ProofCard
from parkwright.show.pages.planner import Desk
from parkwright.show.words import MISSING, Words

LATE_SHOWN = 8
"""Late orders on the page, the dearest; it counts the others."""


@ui.page("/plan")
def plan_page(request: Request) -> None:
    """Draw the plan of a day and keep it current."""
    visit = visit_of(request)
    day = asked_day(request)
    with shell(request, visit, "plan") as frame:
        if not permitted(visit, frame.words, "plan"):
            return
        words = frame.words
        heading = block(28, "head")
        figures = block(110)
        late = block(60)
        desk = Desk(visit, words) if visit.context.planner is not None else None
        with ui.element("section").classes("card row-card"):
            gantt_head = block(24)
            pick = desk.picked if desk is not None else None
            gantt = Gantt(visit, words, pick, desk.dropped if desk is not None and desk.may else None)
        out = OutagesCard(visit, words, desk.given_back if desk is not None and desk.may else None)
        costs = _lay_desk(visit, words, desk, gantt)
        lines = block(120)

        def show(board: Board) -> None:
            plan = board.plan
            if desk is not None and costs is not None:
                desk.now_planned(plan)
                costs.show(board)
            draw(heading, _heading(visit, words, plan, day))
            cards = "".join(figure_card(words, figure, visit.now) for figure in plan.figures)
            draw(figures, f'<div class="row figures">{cards}</div>')
            draw(late, late_card(visit, words, plan))
            tools = downloads(words, "schedule", plan.day)
            draw(
                gantt_head,
                f'<header class="head"><h2>{e(words.say("plan.gantt"))}</h2><span class="grow"></span>{tools}</header>',
            )
            gantt.show(plan)
            out.show(plan)
            draw(lines, lines_card(words, plan.lines))

        keep_current(frame, lambda: board_of(visit, day, costs.wanted if costs is not None else Wanted()), show)


@dataclass(frozen=True)
class Wanted:
    """What somebody asked for that takes long: cost against carbon, what is proven of the plan."""

    trades: bool = False
    certificate: bool = False


@dataclass(frozen=True)
class Board:
    """A day's plan with what planners ask of it; None where nobody plans or there is no plan."""

    plan: Plan
    objective: Objective | None = None
    setups: SetupMatrix | None = None
    trades: Trades | None = None
    certificate: Certificate | None = None
    people: PlanHeads | None = None


def board_of(visit: Visit, day: date | None, wanted: Wanted) -> Board:
    """Return what the page shows of a day."""
    plan = plan_of(visit, day)
    planner = visit.context.planner
    if planner is None or not plan.plan_hash:
        return Board(plan)
    try:
        trades = planner.trades(plan.day, visit.now) if wanted.trades else None
        certificate = planner.certificate(plan.day, visit.now) if wanted.certificate else None
        people = planner.heads(plan.day) if visit.context.park.crews else None
        return Board(plan, planner.objective(plan.day), planner.setups(plan.day), trades, certificate, people)
    except PlanError:
        return Board(plan)


class Costs:
    """The cards below the chart: components, changeovers, cost against carbon, what is proven of the plan."""

    def __init__(self, visit: Visit, words: Words) -> None:
        """Lay the cards."""
        self._visit, self._words = visit, words
        self._cards = ui.element("div")
        with self._cards:
            self._people = PeopleCard(visit, words)
            with ui.element("div").classes("row thirds"):
                self._objective = block(200)
                self._setups = block(200)
                self._trades = TradesCard(visit, words)
            with ui.element("div").classes("row"):
                self._proof = ProofCard(visit, words)

    @property
    def wanted(self) -> Wanted:
        """What somebody asked for."""
        return Wanted(self._trades.wanted, self._proof.wanted)

    def show(self, board: Board) -> None:
        """Draw what is there; a day without a plan has none of it."""
        self._cards.set_visibility(bool(board.plan.plan_hash))
        if board.objective is not None and board.setups is not None:
            draw(self._objective, objective_card(self._words, board.objective))
            draw(self._setups, setups_card(self._visit, self._words, board.setups))
            self._trades.show(board.trades)
            self._proof.show(board.certificate)
            self._people.show(board.people)


def _lay_desk(visit: Visit, words: Words, desk: Desk | None, gantt: Gantt) -> Costs | None:
    """Lay the planner's cards below the chart; None where nobody plans."""
    if desk is None:
        return None
    desk.gantt = gantt
    desk.lay()
    return Costs(visit, words)


def _heading(visit: Visit, words: Words, plan: Plan, day: date | None) -> str:
    return (
        f'<h1>{e(words.say("plan.title"))}</h1><span class="muted">{e(words.say("plan.question"))}</span>'
        f'<span class="grow"></span>{_approval(visit, words, plan)}{day_switch(words, "/plan", plan.day)}'
    )


def _approval(visit: Visit, words: Words, plan: Plan) -> str:
    if not plan.plan_hash:
        return ""
    given = visit.context.operations.approval(plan.day)
    short = f'<span class="mono" title="SHA-256 {plan.plan_hash}">{plan.plan_hash[:10]}</span>'
    if given is not None and given.plan_hash == plan.plan_hash:
        return f"{badge(words.say('plan.approved', at=words.clock(given.at, visit.now)), 'good')} {short}"
    waiting = f"{badge(words.say('plan.waiting'), 'note')} {short}"
    if not visit.may(APPROVE, "plan") or date.fromisoformat(plan.day) < days.today(visit.context.park, visit.now):
        return waiting
    path = f"/api/v1/plans/{plan.day}/approval"
    button = post_button(
        words.say("plan.approve"), path, {"plan_hash": plan.plan_hash}, words.say("plan.done"), kind="primary"
    )
    return f"{waiting} {button}"


def late_card(visit: Visit, words: Words, plan: Plan) -> str:
    """Return the late orders, dearest first, or that there are none."""
    if not plan.plan_hash:
        return ""
    if not plan.late:
        text = f'<span class="badge good">✓ {e(words.say("plan.none_late"))}</span>'
        return f'<div class="row"><section class="card">{text}</section></div>'
    title = words.say("plan.late", n=plan.late_count)
    columns = heads(
        words, "plan.order", "plan.product", "plan.market", "plan.quantity>", "plan.due>", "plan.expected>",
        "plan.late_h>", "plan.cost>",
    )  # fmt: skip
    body = table(columns, [_late_row(visit, words, order) for order in plan.late[:LATE_SHOWN]])
    if plan.late_count > LATE_SHOWN:
        more = words.say("plan.late_more", n=plan.late_count - LATE_SHOWN)
        body += f'<p class="small muted">{e(more)}</p>'
    return f'<div class="row">{card(title, body)}</div>'


def _late_row(visit: Visit, words: Words, order: LateOrder) -> tuple[str, ...]:
    product = visit.context.park.product.get(order.product_id)
    market = next((m for m in visit.context.park.markets if m.id == order.market_id), None)
    language = visit.language
    return (
        e(order.order_id),
        e(getattr(product.name, language) if product else order.product_id),
        e(getattr(market.name, language) if market else order.market_id),
        e(words.whole(order.quantity) + _in_parts(words, order)),
        e(words.clock(order.due, visit.now)),
        e(words.clock(order.expected, visit.now) if order.expected else words.say("plan.unplanned")),
        e(words.amount(order.late_h, "h", 2) if order.late_h is not None else MISSING),
        e(words.amount(order.cost_cny, "CNY") if order.cost_cny is not None else MISSING),
    )


def _in_parts(words: Words, order: LateOrder) -> str:
    """Return in how many parts an order is made; nothing where its lot is whole."""
    return f" · {words.say('plan.in_parts', parts=order.parts)}" if (order.parts or 1) > 1 else ""


def lines_card(words: Words, lines: list[LineRow]) -> str:
    """Return the load of the lines."""
    columns = heads(words, "plan.line", "plan.jobs>", "plan.busy>", "=")
    rows = [
        (
            f'{e(words.name(line))} <span class="muted small">{e(line.line_id)}</span>',
            e(words.whole(line.jobs)),
            e(words.percent(line.busy_share)),
            f'<span class="bar short"><i style="width:{_width(line.busy_share)}%"></i></span>',
        )
        for line in lines
    ]
    if not lines:
        return f'<div class="row">{state(words.say("state.empty"), words.say("plan.no_lines"))}</div>'
    return f'<div class="row gap">{card(words.say("plan.lines"), table(columns, rows))}</div>'


def _width(share: float | None) -> str:
    return f"{100 * min(1.0, max(0.0, share or 0.0)):.0f}"
