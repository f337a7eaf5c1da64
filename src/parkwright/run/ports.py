"""The doors of the live day: what twin, connect and store implement, and what they exchange."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import polars as pl

from parkwright.model.command import CallOff, JobRelease, LineStop, Refusal, SetPoint, TransportOrder
from parkwright.model.control import ControlPoint

__all__ = [
    "Batch",
    "CallOff",
    "Clock",
    "Command",
    "Commands",
    "Facts",
    "Image",
    "JobRelease",
    "LineStop",
    "Meters",
    "Orders",
    "Plant",
    "PointBus",
    "PointValues",
    "Receipts",
    "Refusal",
    "SetPoint",
    "TransportOrder",
]


@dataclass(frozen=True, slots=True)
class Image:
    """What a plant did up to `at`, since the image before: a frozen picture that a cycle decides on.

    tables: name in model.tables.TABLES -> conforming frame; a table without rows may be left out.
    `presence` is the state at `at`; all others hold what ended or happened in (previous at, at].
    """

    at: datetime
    tables: Mapping[str, pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Orders:
    """What RUN asks of the plant in one cycle."""

    at: datetime
    call_offs: Sequence[CallOff] = ()
    releases: Sequence[JobRelease] = ()
    stops: Sequence[LineStop] = ()
    set_points: Sequence[SetPoint] = ()
    transports: Sequence[TransportOrder] = ()


@dataclass(frozen=True, slots=True)
class Receipts:
    """The plant's answer to orders."""

    accepted: int
    refused: Sequence[Refusal] = field(default_factory=tuple)


class Plant(Protocol):
    """Lines, robots, buildings and energy plant, real or simulated."""

    def sense(self, until: datetime) -> Image:
        """Return what happened up to and including `until`; later calls start after it.

        Raises ValueError when `until` lies before the last image.
        """
        ...

    def act(self, orders: Orders) -> Receipts:
        """Hand orders to the plant; each is accepted or refused with its reason, none is dropped."""
        ...


class Meters(Protocol):
    """Metered data, from a live bus, from files or from the twin."""

    def readings(self, until: datetime) -> pl.DataFrame:
        """Return the READINGS whose interval ends at or before `until` and that were not returned before."""
        ...

    def acknowledge(self) -> None:
        """Say that everything returned so far is durable, so that the source may forget it."""
        ...

    def alarms(self) -> pl.DataFrame:
        """Return the ALARMS about the source since the last call: silence, steps backwards, payloads set aside."""
        ...


@dataclass(frozen=True, slots=True)
class PointValues:
    """What points of the buildings tell: values by point id, and why a point tells nothing."""

    values: Mapping[str, float]
    silent: Mapping[str, str]


class PointBus(Protocol):
    """Points of the buildings on one protocol."""

    def read(self, points: Sequence[ControlPoint]) -> PointValues:
        """Return the present values; a point that cannot be read is silent with its reason, never 0."""
        ...

    def write(self, point: ControlPoint, value: float) -> None:
        """Write a set-point that was let through. Raises DeviceError when the device is silent or refuses."""
        ...

    def release(self, point: ControlPoint, value: float) -> None:
        """Let a set-point follow its schedule again, which wants `value` now; raises DeviceError as `write`."""
        ...


class Clock(Protocol):
    """Time as the run sees it: simulated, or the wall's."""

    def now(self) -> datetime:
        """Return the present instant, aware UTC."""
        ...

    def wait_until(self, instant: datetime) -> None:
        """Return when `instant` has come; at once when the time is simulated without a pace."""
        ...


class Command(Protocol):
    """What a person asked of the run."""

    @property
    def id(self) -> str:
        """The command's id."""
        ...

    @property
    def kind(self) -> str:
        """What is asked, for example "revise"."""
        ...

    @property
    def payload(self) -> Mapping[str, Any]:
        """What it is asked with, as plain values."""
        ...


class Commands(Protocol):
    """What people ask of the run, each command handed out once; store.operations.Operations is one."""

    def take_commands(self, now: datetime) -> Sequence[Command]:
        """Return the waiting commands in order; those past their time are not among them."""
        ...

    def unanswered(self) -> Sequence[Command]:
        """Return the commands that were taken and have no answer yet: by a run that ended in between."""
        ...

    def answer_command(self, command_id: str, answer: str, *, refused: bool = False) -> None:
        """Close a taken command with what came of it; raises LedgerError when it was not taken."""
        ...


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one kind from one source, numbered by that source.

    kind: name in model.tables.TABLES. day: ISO date in the park's zone that the rows belong to (lake partition).
    """

    source: str
    epoch: str
    sequence: int
    kind: str
    day: str
    rows: pl.DataFrame


class Facts(Protocol):
    """The ledger's store: append-only, durable when `append` returns."""

    def append(self, batches: Sequence[Batch], recorded_at: datetime) -> int:
        """Store the batches in one transaction and return how many were new.

        A batch at or below its source's high-water is dropped; a gap (sequence > high-water + 1) raises
        LedgerError and stores none of them. When it returns, the rows survive a power cut.
        """
        ...

    def high_water(self, source: str, epoch: str) -> int:
        """Return the highest sequence stored for the source in that epoch; -1 when there is none."""
        ...

    def read(self, kind: str, start_day: str, end_day: str | None = None) -> pl.DataFrame:
        """Return the rows of `kind` of the days [start_day, end_day], one day when end_day is None, in order."""
        ...
