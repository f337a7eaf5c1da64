"""Low-temperature solder, the worked example: the public claim beside what the ovens' own meters say."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from parkwright.carbon.activity import scope2_ug
from parkwright.carbon.editions import FuelFactor, GridFactor, required
from parkwright.model.errors import LedgerError
from parkwright.model.noun import Noun, Text, figure, identity, word

LITRES_PER_US_GALLON = Decimal("3.785411784")
"""Litres in a US gallon of 231 cubic inches. References: NIST Handbook 44, appendix C."""
HOURS_A = 8760
_LITRES = {"L": Decimal(1), "US gal": LITRES_PER_US_GALLON}


class SolderClaim(Noun):
    """A published saving by low-temperature solder; shown as cited, never tuned to."""

    id: str = identity()
    text: Text = word("what was said")
    saved_t: Decimal = figure("t CO2e/a", "saving a year", gt=0)
    lines: int | None = figure("lines", "soldering lines that it covers", None, ge=1)
    ovens_per_line: int = figure("ovens", "ovens of a line", 2, ge=1)
    gasoline_l: Decimal | None = figure("L/a", "gasoline that it was compared with", None, gt=0)
    source: str = word("publisher, year", min_length=1)


def gasoline_l(emission_ug: int, factor: FuelFactor) -> Decimal:
    """Return the litres of gasoline whose burning emits as much, by the edition of the factor.

    Raises LedgerError when the factor is neither per litre nor per US gallon, FactorKindError when it is of no fuel.
    """
    unit = required(factor, FuelFactor).unit
    if unit not in _LITRES:
        raise LedgerError(f"factor {factor.id}: is per {unit}; a gasoline equivalence needs one per L or US gal")
    return Decimal(emission_ug) / 10**9 / factor.value * _LITRES[unit]


def per_oven_t(claim: SolderClaim) -> Decimal | None:
    """Return a claim's saving for each oven [t CO2e/a]; None where it does not say how many lines it covers."""
    return None if claim.lines is None else claim.saved_t / (claim.lines * claim.ovens_per_line)


def implied_kw(saved_t: Decimal, factor: GridFactor) -> Decimal:
    """Return the electric power [kW] that an oven must save around the clock for a saving [t CO2e/a]."""
    return saved_t * 1000 / required(factor, GridFactor).value / HOURS_A


@dataclass(frozen=True, slots=True)
class SolderSaving:
    """What the ovens' meters say: energy of the days [mWh], boards, and the saving of a day's boards and of a year.

    saved_mwh_int is of the days metered; saved_kg_per_board and saved_t follow from it with the factor named.
    """

    oven_mwh_int: int
    boards: int
    share: Decimal
    saved_mwh_int: int
    kwh_per_board: float
    saved_kg_per_board: float
    saved_t: float
    factor_id: str


def saving(oven_mwh_int: int, boards: int, days: int, share: Decimal, factor: GridFactor) -> SolderSaving:
    """Return the saving of running metered ovens with low-temperature paste.

    oven_mwh_int: energy of the ovens over the days [mWh]. boards: boards made. days: days metered, scaled to a year of
    365. share: energy that the paste saves, from a trial or a claim; the caller says which.

    Raises LedgerError when there was no day or no board, or the share is not in [0, 1].
    """
    if days < 1 or boards < 1 or oven_mwh_int < 0:
        raise LedgerError(f"solder: {boards} boards in {days} days; meter at least one board on one day")
    if not 0 <= share <= 1:
        raise LedgerError(f"solder: a saving of {share} is no share; give 0 to 1")
    saved = int(oven_mwh_int * share)
    avoided = scope2_ug(saved, factor)
    return SolderSaving(
        oven_mwh_int=oven_mwh_int,
        boards=boards,
        share=share,
        saved_mwh_int=saved,
        kwh_per_board=oven_mwh_int / 1e6 / boards,
        saved_kg_per_board=avoided / 1e9 / boards,
        saved_t=avoided / 1e12 / days * 365,
        factor_id=factor.id,
    )
