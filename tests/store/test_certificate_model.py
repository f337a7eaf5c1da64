"""The register against a model that keeps one state a serial number: random deeds, the same answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from parkwright.carbon.certificates import TRANSITIONS, Certificate
from parkwright.carbon.retirement import Consumption, Used
from parkwright.model.errors import LedgerError
from parkwright.store.certificates import CertificateRegister

NOW = datetime(2026, 7, 15, tzinfo=UTC)
MAY = (datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC))
JUNE = (datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC))
SERIALS = 40
USED = 6 * 10**9
"""What was used [mWh], so that the model refuses some retirements for it."""


class Model:
    """One state a serial number; a deed happens to all of its numbers or to none."""

    def __init__(self) -> None:
        self.state: dict[int, str] = {}

    def issue(self, first: int, last: int) -> bool:
        if any(n in self.state for n in range(first, last + 1)):
            return False
        self.state |= dict.fromkeys(range(first, last + 1), "issued")
        return True

    def move(self, first: int, last: int, to: str) -> bool:
        if not all(to in TRANSITIONS.get(self.state.get(n, ""), ()) for n in range(first, last + 1)):
            return False
        if to == "retired" and (list(self.state.values()).count(to) + last - first + 1) * 10**9 > USED:
            return False
        self.state |= dict.fromkeys(range(first, last + 1), to)
        return True


def deed(register: CertificateRegister, user: str, what: str, first: int, last: int) -> bool:
    """Do one deed on the register and say whether it happened."""
    try:
        if what == "issued":
            register.issue(Certificate("GEC", first, last, *MAY, "CN", "sun", False, Decimal(0), what, NOW), user)
        elif what == "retired":
            register.retire("GEC", (first, last), Consumption(*JUNE, (Used(*JUNE, USED, 0),)), NOW, user)
        else:
            register.move("GEC", (first, last), what, NOW, user)
    except LedgerError:
        return False
    return True


@pytest.mark.parametrize("seed", range(6))
def test_random_deeds_give_what_the_model_gives(tmp_path: Path, seed: int):
    rng = np.random.default_rng(seed)
    model, happened = Model(), 0
    with CertificateRegister(f"sqlite:///{tmp_path / 'operations.db'}") as register:
        user = register.add_user("Ann", "energy", NOW)
        for _ in range(100):
            what = str(rng.choice(["issued", "held", "held", "retired", "sold", "expired"]))
            first = int(rng.integers(1, SERIALS))
            last = min(first + int(rng.integers(0, 4)), SERIALS)
            expected = model.issue(first, last) if what == "issued" else model.move(first, last, what)
            assert deed(register, user, what, first, last) == expected
            happened += expected
        found = register.certificates()
    states = {n: c.state for c in found for n in range(c.first_serial, c.last_serial + 1)}
    assert states == model.state
    assert sum(c.last_serial - c.first_serial + 1 for c in found) == len(states)
    assert happened > 10


def test_the_register_survives_being_closed_and_opened(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'operations.db'}"
    with CertificateRegister(url) as register:
        user = register.add_user("Ann", "energy", NOW)
        assert deed(register, user, "issued", 1, 9)
        assert deed(register, user, "held", 1, 9)
        assert deed(register, user, "retired", 3, 4)
    with CertificateRegister(url) as register:
        assert [(c.first_serial, c.last_serial, c.state) for c in register.certificates()] == [
            (1, 2, "held"), (3, 4, "retired"), (5, 9, "held"),
        ]  # fmt: skip
        assert not deed(register, user, "retired", 4, 5)
        assert [c.last_serial for c in register.retired(*JUNE)] == [4]
        assert register.retired(JUNE[1], JUNE[1] + timedelta(days=1)) == []
