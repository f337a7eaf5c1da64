"""E1 of the reference: arithmetic mutants of sound footprints are refused at the door or doubted, all of them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from decimal import Decimal

import pytest
from declared import IDS, declared

from parkwright.carbon.plausible import Expected, doubts
from parkwright.connect.pact_wire import PARTS, WireError, from_wire, to_wire

D = Decimal
Message = dict[str, dict[str, str]]
UNITS = (
    "liter",
    "kilogram",
    "cubic meter",
    "kilowatt hour",
    "megajoule",
    "ton kilometer",
    "square meter",
    "piece",
    "hour",
)
SOUND = {
    "panel": (declared(id=IDS[1], country=None), Expected("piece", D("33"))),
    "solder": (
        declared(
            id=IDS[2], unit="kilogram", amount=D("25"), mass_kg=D("25"), total_kg=D("400"), net_kg=D("400"),
            parts={"fossil": D("380"), "land_use_change": D("12"), "biogenic_other": D("8")}, fossil_carbon_kg=D("0.2"),
        ),
        Expected("kg", D("16")),
    ),
    "film": (
        declared(
            id=IDS[3], unit="square meter", amount=D("10"), mass_kg=D("1.4"), total_kg=D("7.7"), net_kg=D("5.2"),
            parts={"fossil": D("7"), "land_use_change": D("0.7"), "uptake": D("-2.5")}, fossil_carbon_kg=D("0.9"),
        ),
        Expected("m2", D("0.7")),
    ),
}  # fmt: skip
FIGURES = (
    "declaredUnitAmount", "productMassPerDeclaredUnit", "pcfExcludingBiogenicUptake", "pcfIncludingBiogenicUptake",
    "fossilCarbonContent", "biogenicCarbonContent", *PARTS.values(),
)  # fmt: skip


def caught(message: object, name: str) -> bool:
    """Whether a mutant is refused at the door, or doubted beside its predecessor and the figure in use."""
    one, expected = SOUND[name]
    try:
        read = from_wire(message)
    except WireError:
        return True
    return bool(doubts(read, expected, one))


def changed(message: Message, field: str, value: str | None) -> Message:
    made = copy.deepcopy(message)
    if value is None:
        del made["pcf"][field]
    else:
        made["pcf"][field] = value
    return made


def of_value(message: Message) -> Iterator[tuple[str, Message]]:
    for field in FIGURES:
        if field in message["pcf"]:
            for value in ("999", "9999", "999999", "999.0"):
                yield f"{field}={value}", changed(message, field, value)
    yield "all=999", {**message, "pcf": {**message["pcf"], **{f: "999" for f in FIGURES if f in message["pcf"]}}}


def of_sign(message: Message) -> Iterator[tuple[str, Message]]:
    for field in FIGURES:
        text = message["pcf"].get(field)
        if text is not None and D(text) != 0:
            yield field, changed(message, field, text.removeprefix("-") if text.startswith("-") else f"-{text}")


def of_unit(message: Message) -> Iterator[tuple[str, Message]]:
    for unit in UNITS:
        if unit != message["pcf"]["declaredUnitOfMeasurement"]:
            yield unit, changed(message, "declaredUnitOfMeasurement", unit)
    for field in FIGURES[:4]:
        for factor in ("1000", "0.001"):
            yield f"{field} x {factor}", changed(message, field, format(D(message["pcf"][field]) * D(factor), "f"))


def of_part(message: Message) -> Iterator[tuple[str, Message]]:
    for field in PARTS.values():
        if field in message["pcf"] and D(message["pcf"][field]) != 0:
            yield f"{field} dropped", changed(message, field, None)
            yield f"{field} = 0", changed(message, field, "0")


@pytest.mark.parametrize("name", SOUND)
def test_the_sound_footprint_raises_no_doubt(name):
    assert not caught(to_wire(SOUND[name][0]), name)


@pytest.mark.parametrize("mutants", [of_value, of_sign, of_unit, of_part])
@pytest.mark.parametrize("name", SOUND)
def test_every_mutant_is_caught(name, mutants):
    made = list(mutants(to_wire(SOUND[name][0])))
    assert len(made) >= 5
    assert [what for what, mutant in made if not caught(mutant, name)] == []


@pytest.mark.parametrize("name", SOUND)
def test_a_part_dropped_with_its_share_of_the_total_is_caught_by_the_version_before(name):
    """The sum still holds; only the predecessor tells."""
    message = to_wire(SOUND[name][0])
    for part, field in PARTS.items():
        if part in ("fossil", "uptake", "aircraft", "packaging", "outbound") or field not in message["pcf"]:
            continue
        made = changed(message, field, None)
        for total in ("pcfExcludingBiogenicUptake", "pcfIncludingBiogenicUptake"):
            made["pcf"][total] = format(D(message["pcf"][total]) - D(message["pcf"][field]), "f")
        assert caught(made, name), field


@pytest.mark.parametrize("name", SOUND)
def test_an_honest_new_version_is_not_doubted(name):
    """Half or double in every part, with the sums that belong to it."""
    one, expected = SOUND[name]
    for factor in (D("0.5"), D("0.9"), D("1.2"), D("2")):
        message = to_wire(one)
        for field in (*FIGURES[2:4], *PARTS.values()):
            if field in message["pcf"]:
                message["pcf"][field] = format(D(message["pcf"][field]) * factor, "f")
        assert doubts(from_wire(message), expected, one) == []
