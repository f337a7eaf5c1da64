"""Read the text files of scheduling problems: hybrid flow shops, flow shops with setups, flexible job shops.

Numbers separated by whitespace, as in the sets of Naderi, Ruiz and Roshanaei (2023), INFORMS Journal on Computing
2021.0326: jobs, then stages or machines, then per format the machines of each stage and the durations (hfsp), the
durations and a matrix of setups for each machine (sdst-pfsp), or the operations of each job and per operation the
duration on each machine, 0 where it cannot run (fjsp).
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from parkwright.make.shop import HybridFlowShop, JobShop, SetupFlowShop, Shop
from parkwright.model.errors import ParkwrightError, PlanError

LARGEST = 10**9
"""Largest number that a file may hold, so that sums of all of them stay exact in 64 bits."""


class InstanceError(ParkwrightError):
    """A problem file that cannot be read; names the file, the line and what is wrong."""


def read(path: Path, kind: str) -> Shop:
    """Return the problem of a text file.

    kind: "hfsp", "sdst-pfsp" or "fjsp". Raises InstanceError when there is no such kind or the file does not fit it.
    """
    if kind not in READERS:
        raise InstanceError(f"{kind!r}: is no format; take one of {', '.join(READERS)}")
    file = _numbers(path)
    numbers = file.numbers
    if numbers.size < 2:
        raise InstanceError(f"{path}: holds {numbers.size} numbers; a {kind} file begins with jobs and machines")
    if numbers[0] < 1 or numbers[1] < 1:
        raise InstanceError(
            f"{file.at(0)}: says {numbers[0]} jobs and {numbers[1]} machines or stages; both must be positive"
        )
    try:
        return READERS[kind](file)
    except PlanError as error:
        raise InstanceError(f"{path}: {error}; correct the file") from error


@dataclass(frozen=True, slots=True)
class NumberFile:
    """The numbers of a text file (N,), and the row of each (N,), from 1."""

    path: Path
    numbers: np.ndarray
    rows: np.ndarray

    def at(self, number: int) -> str:
        """Return file and row of a number, of the last one where there are fewer."""
        return f"{self.path}:{self.rows[min(number, self.rows.size - 1)]}"

    def expect(self, wanted: int, why: str) -> None:
        """Raise InstanceError unless there are `wanted` numbers; names the row where they end, or go on."""
        if self.numbers.size != wanted:
            raise InstanceError(
                f"{self.at(wanted)}: the file holds {self.numbers.size} numbers where {why} need {wanted}; "
                "is it another format?"
            )


def _numbers(path: Path) -> NumberFile:
    try:
        text = path.read_bytes().removeprefix(BOM_UTF8).decode("ascii")
    except UnicodeDecodeError as error:
        raise InstanceError(f"{path}: byte {error.start} is no plain text; give a text file of numbers") from error
    except OSError as error:
        raise InstanceError(f"{path}: {error.strerror}; give a file that can be read") from error
    found: list[int] = []
    rows: list[int] = []
    for row, line in enumerate(text.splitlines(), start=1):
        for word in line.split():
            if not word.isdigit() or len(word) > len(str(LARGEST)) or int(word) > LARGEST:
                raise InstanceError(f"{path}:{row}: {word[:20]!r} is no whole number of 0 to {LARGEST}; correct it")
            found.append(int(word))
            rows.append(row)
    return NumberFile(path, np.array(found, np.int64), np.array(rows, np.int64))


def _hybrid(file: NumberFile) -> Shop:
    numbers = file.numbers
    jobs, stages = (int(number) for number in numbers[:2])
    file.expect(2 + stages + jobs * stages, f"{jobs} jobs on {stages} stages")
    for stage in np.flatnonzero(numbers[2 : 2 + stages] < 1)[:1].tolist():
        raise InstanceError(f"{file.at(2 + stage)}: stage {stage} is a stage without a machine; give it one or more")
    return HybridFlowShop(numbers[2 + stages :].reshape(jobs, stages), numbers[2 : 2 + stages])


def _setup(file: NumberFile) -> Shop:
    numbers = file.numbers
    jobs, machines = (int(number) for number in numbers[:2])
    file.expect(2 + jobs * machines * (1 + jobs), f"{jobs} jobs with setups on {machines} machines")
    body = 2 + jobs * machines
    return SetupFlowShop(numbers[2:body].reshape(jobs, machines), numbers[body:].reshape(machines, jobs, jobs))


def _job(file: NumberFile) -> Shop:
    numbers = file.numbers
    jobs, machines = (int(number) for number in numbers[:2])
    if numbers.size < 2 + jobs:
        raise InstanceError(
            f"{file.at(numbers.size)}: ends before the operation counts of its {jobs} jobs; is it another format?"
        )
    counts = [int(number) for number in numbers[2 : 2 + jobs]]
    file.expect(2 + jobs + sum(counts) * machines, f"{sum(counts)} operations on {machines} machines")
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    durations = numbers[2 + jobs :].reshape(-1, machines)
    for row in np.flatnonzero((durations == 0).all(axis=1))[:1].tolist():
        job = int(np.searchsorted(first, row, side="right")) - 1
        raise InstanceError(
            f"{file.at(2 + jobs + row * machines)}: job {job}, operation {row - first[job]}: no machine can do it; "
            "give one machine its duration"
        )
    return JobShop(durations, first)


READERS: dict[str, Callable[[NumberFile], Shop]] = {"hfsp": _hybrid, "sdst-pfsp": _setup, "fjsp": _job}
