"""Indicators of the national zero-carbon factory and park programmes, and the checklist of an energy-carbon centre."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from parkwright.carbon.editions import GridFactor, required
from parkwright.carbon.inventory import Activity
from parkwright.model.errors import LedgerError
from parkwright.model.noun import Noun, Sourced, Text, figure, identity, word

TRANSPORT_UNIT = "t.km"
"""Unit of freight in activities."""
WASTE_CATEGORY = 5
"""Category of scope 3 of waste generated in operations (GHG Protocol, Corporate Value Chain Standard, 2011)."""
TONNES = {"t": Decimal(1), "kg": Decimal("0.001")}
"""Units of waste that are told apart by handling, in t."""
NOT_GIVEN = "not_given"
WITHOUT = {
    "co2_per_tce": "no_energy",
    "non_fossil_share": "no_power",
    "traceable_share": "no_power",
    "product_footprint_share": "none_made",
    "auto_collection_rate": "no_readings",
}
"""Indicator that is computed -> why it has no value where the whole of it is 0."""


class Conversion(Sourced):
    """How energy becomes standard coal: a parameter, because programmes and readings of them differ.

    Power at 0.1229 kgce/kWh is its heat (equivalent value), at 0.2856 the coal that a power station burns for it.
    """

    id: str = identity()
    electricity_kgce_per_kwh: Decimal = figure("kgce/kWh", "standard coal of a kWh of electricity", gt=0)
    gas_kgce_per_kwh: Decimal = figure("kgce/kWh", "standard coal of a kWh of gas, gross calorific value", gt=0)


class Limit(Sourced):
    """What a programme asks of an indicator: to enter it, and in the end."""

    indicator: str = identity("indicator that it limits")
    programme: Literal["factory", "park"] = word("programme")
    name: Text = word("shown name")
    unit: str = word("unit of the indicator")
    sense: Literal["at_most", "at_least"] = word("whether it is an upper or a lower limit")
    entry: Decimal | None = figure("unit of the indicator", "to enter; none published", None)
    goal: Decimal | None = figure("unit of the indicator", "in the end; none published", None)
    verified: bool = word("true when read from the official text")


class Way(Noun):
    """Why something is not there and the way to get there, in both languages."""

    en: str = word("in English", min_length=1, max_length=300)
    zh: str = word("in Chinese", min_length=1, max_length=300)


class Item(Sourced):
    """One of the 13 functions of an energy-carbon centre or of the 6 supply measures, with what is looked up for it."""

    id: str = identity()
    part: Literal["function", "supply"] = word("list that it belongs to")
    number: int = figure("", "place in its list", ge=1, le=13)
    name: Text = word("shown name")
    proof: str = word("page that shows what was found; empty where the park's own word alone can prove it", "")
    evidence: str = word(
        "what is looked up; it must be above 0. Empty where the park's own word alone can prove it", ""
    )
    least: float = figure("", "the figure from which it is proved, where above 0 does not do", 0.0, ge=0)
    missing: Way = word("what it means that nothing or too little was found, and the way to get there")


class Checklist(Noun):
    """A programme as data: conversions, limits and checklist of one edition."""

    conversion: tuple[Conversion, ...] = word("conversions to standard coal")
    limit: tuple[Limit, ...] = word("limits")
    item: tuple[Item, ...] = word("functions and supply measures")


@dataclass(frozen=True, slots=True)
class Figures:
    """What the indicators are computed from, of one span; energy [mWh], emissions [ug CO2].

    co2_ug: fuel + process + power bought - power sold, as the national form has it. self_used_mwh_int: power generated
    and used on the site; direct_mwh_int: power brought by a line of its own; certified_mwh_int: certificates retired
    that were bought; sold_mwh_int: self-used power whose certificates were sold.
    readings_auto of readings came from meters by themselves. products: those of which good units were finished;
    products_with_footprint of them have a bill and an issued footprint for each of those units. has_bills: the park has
    bills of material at all; without any, no product can have a footprint.
    """

    co2_ug: int
    bought_mwh_int: int
    self_used_mwh_int: int
    gas_mwh_int: int
    direct_mwh_int: int = 0
    certified_mwh_int: int = 0
    readings_auto: int = 0
    readings: int = 0
    products_with_footprint: int = 0
    products: int = 0
    sold_mwh_int: int = 0
    has_bills: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look-up found: how much, and the newest day that some of it is of; None where it has no day."""

    amount: Decimal
    newest: date | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """An item of the checklist with what was looked up for it, and what proves it.

    by: "found" where what was looked up is enough, "named" where the park names a proof of its own, "" where neither.
    place: the page that shows what was found, or what the park names; "" where nothing proves it. found: None where
    nothing is looked up, or nothing is known.
    """

    item: Item
    by: Literal["found", "named", ""]
    place: str
    found: Finding | None


@dataclass(frozen=True, slots=True)
class Term:
    """A number that an indicator is made of, in its unit."""

    name: str
    amount: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Indicator:
    """An indicator beside its limits; meets_* is None where no limit is published or the value is unknown.

    basis: where the limits come from. terms: what the value is made of, part and whole; none where it is given.
    unstated: why there is no value, a word of WITHOUT or NOT_GIVEN or "no_bill"; "" where there is one.
    """

    id: str
    name: Text
    unit: str
    value: Decimal | None
    entry: Decimal | None
    goal: Decimal | None
    meets_entry: bool | None
    meets_goal: bool | None
    verified: bool
    basis: str | dict[str, str]
    terms: tuple[Term, ...]
    unstated: str


def proved(items: Iterable[Item], evidence: Mapping[str, Finding], given: Mapping[str, str]) -> tuple[Proof, ...]:
    """Return every item with what proves it: what was looked up, where it is enough, else what the park names.

    evidence: name -> finding; one that is not there proves nothing. given: item -> what proves it outside the ledger,
    as the park says.

    Raises LedgerError when the park names an unknown item.
    """
    known = tuple(items)
    strange = sorted(given.keys() - {item.id for item in known})
    if strange:
        raise LedgerError(f"[proved] {strange}: is no function or measure; use {known[0].id} to {known[-1].id}")
    return tuple(_proof(item, evidence.get(item.evidence), given.get(item.id, "")) for item in known)


def _proof(item: Item, found: Finding | None, named: str) -> Proof:
    if found is not None and found.amount > 0 and found.amount >= Decimal(str(item.least)):
        return Proof(item, "found", item.proof, found)
    return Proof(item, "named" if named else "", named, found)


def handled(activities: Iterable[Activity], days: Sequence[date]) -> Mapping[str, Decimal]:
    """Return the shares of some days' activities by how they are handled (0-1), those without data left out.

    clean_transport_share: of all ton-kilometres, those by clean vehicles. recycled_share: of the mass of all waste
    (scope 3, category 5), what goes back into materials. What is not said to be clean or recycled is not.
    """
    known = tuple(activities)
    kinds = {
        "clean_transport_share": [one for one in known if one.unit == TRANSPORT_UNIT],
        "recycled_share": [one for one in known if one.category == WASTE_CATEGORY and one.unit in TONNES],
    }
    found = {}
    for name, chosen in kinds.items():
        amounts = [one.within(days) * TONNES.get(one.unit, Decimal(1)) for one in chosen]
        handled = [amount for amount, one in zip(amounts, chosen, strict=True) if one.handling]
        if sum(amounts) > 0:
            found[name] = Decimal(sum(handled)) / Decimal(sum(amounts))
    return found


def coal_t(figures: Figures, conversion: Conversion) -> Decimal:
    """Return the energy used [t standard coal]: bought and self-used electricity, and gas.

    References: GB/T 2589-2020, general rules for calculating comprehensive energy consumption.
    """
    power = Decimal(figures.bought_mwh_int + figures.self_used_mwh_int + figures.direct_mwh_int)
    gas = Decimal(figures.gas_mwh_int)
    kgce = power * conversion.electricity_kgce_per_kwh + gas * conversion.gas_kgce_per_kwh
    return kgce / 1_000_000 / 1000


def electric_intensity(factor: GridFactor, conversion: Conversion) -> Decimal:
    """Return the emissions per standard coal [t CO2/tce] of a site that runs on grid power alone.

    Raises FactorKindError when the factor is no emission factor of a grid: a life-cycle factor is not meant here.
    """
    return required(factor, GridFactor).value / conversion.electricity_kgce_per_kwh


def grid_share(limit_t_per_tce: Decimal, factor: GridFactor, conversion: Conversion) -> Decimal:
    """Return the largest share of plain grid power with which an all-electric site keeps a limit; at most 1."""
    return min(limit_t_per_tce / electric_intensity(factor, conversion), Decimal(1))


def met(proofs: Iterable[Proof]) -> Mapping[str, tuple[Term, Term]]:
    """Return how many functions and supply measures are proved and how many there are, by the indicator of each."""
    every = [(proof.item.part, bool(proof.by)) for proof in proofs]
    found = {}
    for name, part, unit in (("functions_met", "function", "functions"), ("supply_measures_met", "supply", "measures")):
        kept = [shown for each, shown in every if each == part]
        found[name] = (Term("proved", Decimal(sum(kept)), unit), Term("in_list", Decimal(len(kept)), unit))
    return found


def terms(figures: Figures, conversion: Conversion) -> Mapping[str, tuple[Term, Term]]:
    """Return indicator -> the part and the whole by which it is divided, those without data left out.

    co2_per_tce [t/tce]; non_fossil_share counts self-used power whose certificates were not sold, direct lines and
    certificates; traceable_share counts power that can be traced physically (self-used and direct lines; certificates
    do not count); both of all power.
    """
    power = figures.bought_mwh_int + figures.self_used_mwh_int + figures.direct_mwh_int
    traceable = figures.self_used_mwh_int + figures.direct_mwh_int
    unsold = max(figures.self_used_mwh_int - figures.sold_mwh_int, 0) + figures.direct_mwh_int
    clean = min(unsold + figures.certified_mwh_int, power)
    used = _power("power_used", power)
    pairs = {
        "co2_per_tce": (
            Term("national_co2", Decimal(figures.co2_ug) / 10**12, "t CO2"),
            Term("standard_coal", coal_t(figures, conversion), "tce"),
        ),
        "non_fossil_share": (_power("non_fossil_power", clean), used),
        "traceable_share": (_power("traceable_power", traceable), used),
        "product_footprint_share": (
            Term("products_with_footprint", Decimal(figures.products_with_footprint), ""),
            Term("products_made", Decimal(figures.products if figures.has_bills else 0), ""),
        ),
        "auto_collection_rate": (
            Term("readings_auto", Decimal(figures.readings_auto), ""),
            Term("readings", Decimal(figures.readings), ""),
        ),
    }
    return {name: pair for name, pair in pairs.items() if pair[1].amount > 0}


def _power(name: str, energy_mwh_int: int) -> Term:
    return Term(name, Decimal(energy_mwh_int) / 10**6, "kWh")


def values(figures: Figures, conversion: Conversion) -> Mapping[str, Decimal]:
    """Return indicator -> value, part by whole, those without data left out."""
    return {name: part.amount / whole.amount for name, (part, whole) in terms(figures, conversion).items()}


def indicators(
    figures: Figures,
    conversion: Conversion,
    limits: Iterable[Limit],
    given: Mapping[str, Decimal],
    proofs: Iterable[Proof] = (),
) -> tuple[Indicator, ...]:
    """Return every limited indicator with its value and whether it keeps its limits.

    given: indicators that no meter tells (waste, water reuse ...) -> value. What is neither computed nor given has no
    value: missing is not zero. proofs: of the whole checklist, which two indicators count.

    Raises LedgerError when a figure is given that is computed.
    """
    checked = tuple(proofs)
    counts = met(checked) if checked else {}
    computed = {**values(figures, conversion), **{name: part.amount for name, (part, _) in counts.items()}}
    twice = sorted(computed.keys() & given.keys())
    if twice:
        raise LedgerError(f"indicators {twice}: are computed from the ledger; leave them out of what is given")
    known = {**computed, **given}
    made_of = {**terms(figures, conversion), **counts}
    without = WITHOUT if figures.has_bills else {**WITHOUT, "product_footprint_share": "no_bill"}
    return tuple(
        _indicator(one, known.get(one.indicator), made_of.get(one.indicator, ()), without.get(one.indicator, NOT_GIVEN))
        for one in limits
    )


def _indicator(limit: Limit, value: Decimal | None, made_of: tuple[Term, ...], without: str) -> Indicator:
    return Indicator(
        limit.indicator,
        limit.name,
        limit.unit,
        value,
        limit.entry,
        limit.goal,
        _meets(value, limit.entry, limit.sense),
        _meets(value, limit.goal, limit.sense),
        limit.verified,
        limit.basis,
        made_of,
        without if value is None else "",
    )


def _meets(value: Decimal | None, limit: Decimal | None, sense: str) -> bool | None:
    if value is None or limit is None:
        return None
    return value <= limit if sense == "at_most" else value >= limit
