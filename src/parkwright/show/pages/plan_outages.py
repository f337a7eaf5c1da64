"""The lines out of use on the page Plan: which, until when and why, and for who may change the plan, when they end."""

from __future__ import annotations

from collections.abc import Mapping

from nicegui import ui

from parkwright.show.answers.plan import LineOutage, Plan
from parkwright.show.answers.planning import AskedEnd, asked
from parkwright.show.door import Visit
from parkwright.show.pages.forms import Give, park_time
from parkwright.show.pages.frame import block, draw
from parkwright.show.pages.parts import card, e
from parkwright.show.words import Words

SENT = "(event) => { event.preventDefault(); emit(Object.fromEntries(new FormData(event.target, event.submitter))); }"


class OutagesCard:
    """The day's lines out of use; nothing when every line is in use."""

    def __init__(self, visit: Visit, words: Words, give: Give | None) -> None:
        """Lay it; give: what is called with the end that somebody wants, None for who may not change the plan."""
        self._visit, self._words, self._may = visit, words, give is not None
        with ui.element("div") as place:
            self._block = block()
        if give is not None:
            place.on("submit", lambda event: give(dict(event.args)), js_handler=SENT)

    def show(self, plan: Plan) -> None:
        """Draw the outages of a plan."""
        draw(self._block, outages_card(self._visit, self._words, plan.outages, may=self._may))


def outages_card(visit: Visit, words: Words, outages: list[LineOutage], *, may: bool) -> str:
    """Return the lines out of use as a card, those that begin first on top; may: with what changes their ends."""
    if not outages:
        return ""
    in_order = sorted(outages, key=lambda one: (one.start, one.line_id))
    rows = "".join(f'<li class="find">{_row(visit, words, one, may=may)}</li>' for one in in_order)
    body = card(words.say("plan.lines_out"), f'<ul class="rows">{rows}</ul>')
    return f'<div class="row gap">{body}</div>'


def _row(visit: Visit, words: Words, one: LineOutage, *, may: bool) -> str:
    who = words.say("plan.out_said_by", who=one.who) if one.who else words.say("plan.out_maintenance")
    said = f'<span class="muted">{e(who)}</span>'
    if one.end <= visit.now:
        acts = f'<span class="muted">{e(words.say("plan.out_over"))}</span>'
    else:
        acts = _acts(visit, words, one) if may else ""
    return f"<span>{e(outage_line(visit, words, one))}</span>{said}{acts}"


def _acts(visit: Visit, words: Words, one: LineOutage) -> str:
    """Return the form that gives an outage another end."""
    end = one.end.astimezone(visit.context.park.zone)
    label = e(words.say("plan.out_end_of", line=one.line_id))
    least = "plan.out_end_now" if one.start <= visit.now else "plan.out_take_back"
    return (
        f'<form class="find ends"><input type="hidden" name="line_id" value="{e(one.line_id)}">'
        f'<input type="hidden" name="start" value="{one.start.isoformat()}">'
        f'<input class="field" type="datetime-local" name="until" value="{end:%Y-%m-%dT%H:%M}" aria-label="{label}">'
        f'<button class="act" name="act" value="change">{e(words.say("plan.out_change_end"))}</button>'
        f'<button class="act" name="act" value="now">{e(words.say(least))}</button></form>'
    )


def outage_line(visit: Visit, words: Words, out: LineOutage) -> str:
    """Return what a draft says of a line out of use."""
    names = {line.id: getattr(line.name, visit.language) for line in visit.context.park.work_centers}
    key = "plan.out"
    if out.was_end is not None:
        key = "plan.out_ends" if out.end > out.start else "plan.out_taken_back"
    return words.say(
        key, line=names.get(out.line_id, out.line_id), start=words.clock(out.start, visit.now),
        end=words.clock(out.end, visit.now), was=words.clock(out.was_end or out.end, visit.now), reason=out.reason,
    )  # fmt: skip


def end_of(visit: Visit, given: Mapping[str, str]) -> AskedEnd:
    """Return the end of an outage as somebody wants it: as typed, or as soon as it can; raises PlanError when wrong."""
    found: dict[str, object] = {"line_id": given.get("line_id", ""), "start": given.get("start", "")}
    if given.get("act") != "now":
        found["until"] = park_time(visit, given.get("until", ""), "until")
    return asked(AskedEnd, found)
