"""A set-point changed from the page: chosen, given its value and reason, asked of the run, followed to its answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from anyio import to_thread
from fastapi import HTTPException
from nicegui import ui

from parkwright.model.errors import ParkwrightError
from parkwright.show.answers.buildings import Point
from parkwright.show.answers.planning import CommandState
from parkwright.show.auth import SET, grantors
from parkwright.show.buildings_api import ask_back, ask_set
from parkwright.show.door import Visit
from parkwright.show.pages.frame import block, draw
from parkwright.show.pages.parts import e
from parkwright.show.planning import state_of
from parkwright.show.words import POINT_UNITS, Words

POLL_S = 0.5
GIVEN = "(event) => emit(event.target.value)"
REASON_LEAST = 3


class Setting:
    """The card in which a set-point is changed or taken back."""

    def __init__(self, visit: Visit, words: Words) -> None:
        """Lay the controls; who may not set sees who can grant it."""
        self.visit, self.words = visit, words
        self.may = visit.may(SET, "buildings")
        self._offered: list[Point] = []
        self._chosen, self._building = "", ""
        self._value, self._reason = "", ""
        self._command: CommandState | None = None
        self._problem = ""
        say = words.say
        ui.html(f"<h2>{e(say('buildings.setting'))}</h2>", sanitize=False)
        self._note = block()
        with ui.element("div").classes("setting") as self._form:
            self._point = self._field("select", "buildings.setting_point", self._choose)
            self._number = self._field("input", "buildings.setting_value", self._take_value, 'type="number" step="any"')
            self._why = self._field("input", "buildings.setting_why", self._take_reason, 'maxlength="200"')
            with ui.element("div").classes("acts"):
                self._button("buildings.set", self.set, "primary")
                self._back = self._button("buildings.take_back", self.take_back)
        self._told = block()
        self._form.set_visibility(self.may)
        self._timer = ui.timer(POLL_S, self.poll, active=False)
        if not self.may:
            role = words.known(f"role.{visit.principal.role}", visit.principal.role)
            roles = ", ".join(words.known(f"role.{one}", one) for one in grantors(SET, "buildings"))
            draw(self._note, f'<p class="muted">{e(say("state.ask", role=role, roles=roles))}</p>')

    def _field(self, tag: str, name: str, take: Callable[[str], None], props: str = "") -> ui.element:
        label = self.words.say(name)
        ui.html(f'<span class="small muted">{e(label)}</span>', sanitize=False)
        field = ui.element(tag).classes("field").props(f'{props} aria-label="{e(label)}"')
        field.on("change" if tag == "select" else "input", lambda event: take(str(event.args)), js_handler=GIVEN)
        return field

    def _button(self, name: str, deed: Callable[[], Any], kind: str = "") -> ui.html:
        button = ui.html(e(self.words.say(name)), sanitize=False, tag="button").classes(f"act {kind}")
        button.on("click", deed)
        return button

    def offer(self, points: Sequence[Point], building_id: str) -> None:
        """Offer the set-points of a building."""
        mine = [one for one in points if one.building_id == building_id]
        names = [(one.point_id, self.words.name(one)) for one in mine]
        if names != [(one.point_id, self.words.name(one)) for one in self._offered]:
            self._point.clear()
            with self._point:
                for point_id, name in names:
                    ui.html(e(name), sanitize=False, tag="option").props(f'value="{e(point_id)}"')
            self._chosen = names[0][0] if names else ""
        self._offered = mine
        self._form.set_visibility(self.may and bool(mine))
        self.show()

    def _choose(self, point_id: str) -> None:
        self._chosen, self._command, self._problem = point_id, None, ""
        self.show()

    def _take_value(self, value: str) -> None:
        self._value = value

    def _take_reason(self, reason: str) -> None:
        self._reason = reason

    async def set(self) -> None:
        """Ask the run for the value."""
        point = self._now()
        try:
            value = float(self._value) / POINT_UNITS.get(point.quantity if point else "", ("", 1.0))[1]
        except ValueError:
            self._tell(self.words.say("buildings.no_number"))
            return
        if len(self._reason.strip()) < REASON_LEAST:
            self._tell(self.words.say("buildings.no_reason"))
            return
        await self._ask(lambda: ask_set(self.visit, self._chosen, value, self._reason.strip()))

    async def take_back(self) -> None:
        """Ask the run to take the last change back."""
        await self._ask(lambda: ask_back(self.visit, self._chosen))

    async def poll(self) -> None:
        """Follow the command to its answer."""
        command = self._command
        if command is None or command.state not in ("waiting", "taken"):
            self._timer.deactivate()
            return
        self._command = await to_thread.run_sync(state_of, self.visit, command.id)
        self.show()

    async def _ask(self, question: Callable[[], str]) -> None:
        try:
            command_id = await to_thread.run_sync(question)
            self._command = await to_thread.run_sync(state_of, self.visit, command_id)
            self._problem = ""
        except HTTPException as error:
            self._problem = str(error.detail)
        except ParkwrightError as error:
            self._problem = str(error)
        self._timer.activate()
        self.show()

    def _tell(self, problem: str) -> None:
        self._problem = problem
        self.show()

    def _now(self) -> Point | None:
        return next((one for one in self._offered if one.point_id == self._chosen), None)

    def show(self) -> None:
        """Draw what may be set and how the command fares."""
        point, say = self._now(), self.words.say
        if self.may and point is not None:
            unit, times = POINT_UNITS.get(point.quantity, ("", 1.0))
            low, high, rate = (
                None if v is None else v * times for v in (point.write_low, point.write_high, point.rate_per_h)
            )
            limits = say(
                "buildings.limits", now=self.words.of_point(point.value, point.quantity), low=self.words.number(low),
                high=self.words.number(high), rate=self.words.number(rate), unit=unit,
            )  # fmt: skip
            draw(self._note, f'<p class="small muted">{e(limits)}</p>')
        elif self.may:
            draw(self._note, f'<p class="muted">{e(say("buildings.nothing_to_set"))}</p>')
        self._back.set_visibility(point is not None and bool(point.set_by))
        draw(self._told, self._told_html())

    def _told_html(self) -> str:
        say = self.words.say
        if self._problem:
            return f'<div class="notice stale" role="alert">{e(say("buildings.not_done", why=self._problem))}</div>'
        if self._command is None:
            return ""
        if self._command.state in ("waiting", "taken"):
            return f'<p role="status">{e(say("buildings.sent"))}</p>'
        if self._command.state == "done":
            return f'<p class="sum" role="status">{e(say("buildings.done"))}</p>'
        why = self._command.answer or say("plan.expired")
        return f'<div class="notice stale" role="alert">{e(say("buildings.not_done", why=why))}</div>'
