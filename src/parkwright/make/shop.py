"""The three classical shops as data, and the plan that solves one; durations are integers of any one unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parkwright.model.errors import PlanError


def _refuse(thing: str, wrong: bool, found: str) -> None:
    if wrong:
        raise PlanError(f"{thing}: {found}")


@dataclass(frozen=True, eq=False)
class HybridFlowShop:
    """Jobs pass all stages in order, on any one of the identical machines of each stage.

    durations: (J, S) integers >= 0. machines: (S,) machines at each stage, >= 1.
    Raises PlanError when the shapes or values do not fit.
    """

    durations: np.ndarray
    machines: np.ndarray

    def __post_init__(self) -> None:
        """Check the shapes and the signs."""
        _refuse("hybrid flow shop", self.durations.ndim != 2 or not self.durations.size, "has no jobs or no stages")
        _refuse("hybrid flow shop", self.machines.shape != self.durations.shape[1:], "wants machines for each stage")
        _refuse("hybrid flow shop", bool((self.machines < 1).any()), "has a stage without a machine")
        _refuse("hybrid flow shop", bool((self.durations < 0).any()), "has a negative duration")


@dataclass(frozen=True, eq=False)
class SetupFlowShop:
    """Jobs pass all machines in the same order on each; a setup precedes each job but the first.

    durations: (J, M) integers >= 0. setups: (M, J, J), from job a to job b; runs before the job arrives if it can.
    Raises PlanError when the shapes or values do not fit.
    """

    durations: np.ndarray
    setups: np.ndarray

    def __post_init__(self) -> None:
        """Check the shapes and the signs."""
        _refuse("setup flow shop", self.durations.ndim != 2 or not self.durations.size, "has no jobs or no machines")
        jobs, machines = self.durations.shape
        _refuse("setup flow shop", self.setups.shape != (machines, jobs, jobs), "wants setups of each pair and machine")
        _refuse("setup flow shop", bool((self.durations < 0).any()), "has a negative duration")
        _refuse("setup flow shop", bool((self.setups < 0).any()), "has a negative setup")


@dataclass(frozen=True, eq=False)
class JobShop:
    """Jobs are chains of operations, each on one of the machines that can do it.

    durations: (O, M) of all operations, job after job; 0 where the machine cannot do it.
    first: (J + 1,) where each job's operations begin; the last entry is O.
    Raises PlanError when the shapes or values do not fit, or no machine can do an operation.
    """

    durations: np.ndarray
    first: np.ndarray

    def __post_init__(self) -> None:
        """Check the shapes, the signs and that each operation has a machine."""
        _refuse("job shop", self.durations.ndim != 2 or not self.durations.size, "has no operations or no machines")
        ends = self.first.size > 1 and self.first[0] == 0 and self.first[-1] == self.durations.shape[0]
        _refuse("job shop", not ends or bool((np.diff(self.first) < 0).any()), "wants each job's operations in order")
        _refuse("job shop", bool((self.durations < 0).any()), "has a negative duration")
        for row in np.flatnonzero((self.durations == 0).all(axis=1)):
            job = int(np.searchsorted(self.first, row, side="right")) - 1
            _refuse("job shop", True, f"job {job}, operation {row - self.first[job]}: no machine can do it")


Shop = HybridFlowShop | SetupFlowShop | JobShop


@dataclass(frozen=True, eq=False)
class ShopPlan:
    """A plan of a shop, one entry an operation; all numbers from 0.

    stage: stage (hybrid), machine (setups) or the operation's position in its job (job shop).
    machine: within its stage (hybrid), 0 (setups), or the shop's machine (job shop).
    lower_bound: no plan can end earlier. rounds: search rounds that were spent.
    """

    job: np.ndarray
    stage: np.ndarray
    machine: np.ndarray
    start: np.ndarray
    end: np.ndarray
    lower_bound: int = 0
    rounds: int = 0

    @property
    def makespan(self) -> int:
        """Return when the last operation ends."""
        return int(self.end.max())
