"""What the park is asked to do, as data: releases, stops, call-offs, transports, set-points, and refusals with reasons.

They lie in model, because the pure capabilities decide on them and `run.ports` hands them to the plant.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class JobRelease:
    """A job order sent to a line: make this lot next, after those already sent."""

    job_id: str
    product_id: str
    segment_id: str
    family_id: str
    work_center_id: str
    quantity: int
    setup_s: float


@dataclass(frozen=True, slots=True)
class LineStop:
    """A line told to take no more units until an instant; what is inside it is finished."""

    work_center_id: str
    until: datetime


@dataclass(frozen=True, slots=True)
class SetPoint:
    """Power asked of an energy asset from now on; positive into the asset. Of the grid: the import to hold to."""

    asset_id: str
    power_kw: float


@dataclass(frozen=True, slots=True)
class TransportOrder:
    """A transport task given to a robot."""

    task_id: str
    robot_id: str
    load_id: str
    from_node: str
    to_node: str


@dataclass(frozen=True, slots=True)
class CallOff:
    """A job's kit called off from its suppliers, planned to be complete at `ready`."""

    job_id: str
    product_id: str
    quantity: int
    ready: datetime


@dataclass(frozen=True, slots=True)
class Refusal:
    """An order that was not taken, with the thing and the reason."""

    thing_id: str
    reason: str
