"""What people ask of a running day: each command goes to the one who carries it out, and is answered once durable.

A command is answered once its fact is durable, so an answer survives any end of the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol

from parkwright.model.errors import LedgerError, ParkwrightError
from parkwright.run.ports import Command, Commands, Facts

CUT_OFF = "the run ended before this was recorded; look at how it stands and ask again"


class RefusedError(ParkwrightError):
    """A command that the run does not carry out, with the reason."""


class Doer(Protocol):
    """Who carries out commands of some kinds."""

    @property
    def recorded(self) -> Mapping[str, str]:
        """Commands whose facts the ledger held when the day was opened -> what is answered to them."""
        ...

    def carry_out(self, command: Command, tick: datetime) -> str:
        """Carry a command out, record it, and return what is answered; raises RefusedError when it is not done."""
        ...


class Hearing:
    """The commands of one day, from the instant on at which the facts end."""

    def __init__(self, facts: Facts, day: str, commands: Commands | None, doers: Mapping[str, Doer]) -> None:
        """Give who carries out which kind; commands: None where nobody asks."""
        self._commands, self._doers = commands, doers
        distinct = {id(doer): doer for doer in doers.values()}.values()
        self._asked = [pair for doer in distinct for pair in doer.recorded.items()]
        self._refuse_cut_off()
        newest = facts.read("samples", day)["start"].max()
        self._live_after = newest if isinstance(newest, datetime) else datetime(1970, 1, 1, tzinfo=UTC)

    def _refuse_cut_off(self) -> None:
        """Refuse what a run took that ended before its fact was durable: nothing of it is done, and nobody will say."""
        recorded = {command_id for command_id, _ in self._asked}
        if self._commands is not None:
            for command in self._commands.unanswered():
                if command.id not in recorded:
                    self._commands.answer_command(command.id, CUT_OFF, refused=True)

    def hear(self, tick: datetime) -> bool:
        """Carry out what is asked for now; return whether something was done. Nothing is heard in a replay."""
        if self._commands is None or tick <= self._live_after:
            return False
        done = False
        for command in self._commands.take_commands(tick):
            try:
                self._asked.append((command.id, self._doer(command).carry_out(command, tick)))
                done = True
            except RefusedError as refusal:
                self._commands.answer_command(command.id, str(refusal), refused=True)
        return done

    def answer(self) -> None:
        """Answer the commands whose facts are durable; one that was answered before a restart is left alone."""
        asked, self._asked = self._asked, []
        for command_id, answer in asked:
            if self._commands is None:
                return
            try:
                self._commands.answer_command(command_id, answer)
            except LedgerError:
                continue

    def _doer(self, command: Command) -> Doer:
        if command.kind not in self._doers:
            known = ", ".join(repr(kind) for kind in self._doers)
            raise RefusedError(f"the run knows no command {command.kind!r}; it takes {known}")
        return self._doers[command.kind]
