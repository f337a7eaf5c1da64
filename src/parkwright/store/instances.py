"""Read the text files of scheduling problems: hybrid flow shops, flow shops with setups, flexible job shops.

Numbers separated by whitespace, as in the sets of Naderi, Ruiz and Roshanaei (2023), INFORMS Journal on Computing
2021.0326: jobs, then stages or machines, then per format the machines of each stage and the durations (hfsp), the
durations and a matrix of setups for each machine (sdst-pfsp), or the operations of each job and per operation the
duration on each machine, 0 where it cannot run (fjsp).
"""

from __future__ import annotations

from collections.abc import Callable
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
    numbers = _numbers(path)
    if numbers.size < 2:
        raise InstanceError(f"{path}: holds {numbers.size} numbers; a {kind} file begins with jobs and machines")
    if numbers[0] < 1 or numbers[1] < 1:
        raise InstanceError(
            f"{path}: says {numbers[0]} jobs and {numbers[1]} machines or stages; both must be positive"
        )
    try:
        return READERS[kind](path, numbers)
    except PlanError as error:
        raise InstanceError(f"{path}: {error}; correct the file") from error


def _numbers(path: Path) -> np.ndarray:
    try:
        text = path.read_text("ascii")
    except UnicodeDecodeError as error:
        raise InstanceError(f"{path}: byte {error.start} is no plain text; give a text file of numbers") from error
    except OSError as error:
        raise InstanceError(f"{path}: {error.strerror}; give a file that can be read") from error
    found = []
    for row, line in enumerate(text.splitlines(), start=1):
        for word in line.split():
            if not word.isdigit() or len(word) > len(str(LARGEST)) or int(word) > LARGEST:
                raise InstanceError(f"{path}:{row}: {word[:20]!r} is no whole number of 0 to {LARGEST}; correct it")
            found.append(int(word))
    return np.array(found, np.int64)


def _expect(path: Path, numbers: np.ndarray, wanted: int, why: str) -> None:
    if numbers.size != wanted:
        raise InstanceError(f"{path}: holds {numbers.size} numbers where {why} need {wanted}; is it another format?")


def _hybrid(path: Path, numbers: np.ndarray) -> Shop:
    jobs, stages = (int(number) for number in numbers[:2])
    _expect(path, numbers, 2 + stages + jobs * stages, f"{jobs} jobs on {stages} stages")
    return HybridFlowShop(numbers[2 + stages :].reshape(jobs, stages), numbers[2 : 2 + stages])


def _setup(path: Path, numbers: np.ndarray) -> Shop:
    jobs, machines = (int(number) for number in numbers[:2])
    _expect(path, numbers, 2 + jobs * machines * (1 + jobs), f"{jobs} jobs with setups on {machines} machines")
    body = 2 + jobs * machines
    return SetupFlowShop(numbers[2:body].reshape(jobs, machines), numbers[body:].reshape(machines, jobs, jobs))


def _job(path: Path, numbers: np.ndarray) -> Shop:
    jobs, machines = (int(number) for number in numbers[:2])
    if numbers.size < 2 + jobs:
        raise InstanceError(f"{path}: ends before the operation counts of its {jobs} jobs; is it another format?")
    counts = [int(number) for number in numbers[2 : 2 + jobs]]
    _expect(path, numbers, 2 + jobs + sum(counts) * machines, f"{sum(counts)} operations on {machines} machines")
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return JobShop(numbers[2 + jobs :].reshape(-1, machines), first)


READERS: dict[str, Callable[[Path, np.ndarray], Shop]] = {"hfsp": _hybrid, "sdst-pfsp": _setup, "fjsp": _job}
