"""Reduction targets: rule sets by edition, the path they ask for, the gap to it, and the chance of keeping it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from parkwright.carbon.factors import half_up
from parkwright.model.errors import LedgerError
from parkwright.model.noun import Noun, Sourced, Text, figure, identity, word


class Rule(Sourced):
    """A rule set of one edition: what reduction it asks for from a base year to a target year.

    anchored: rate a year since the base year, or since anchor_year where the base year is later. to_net_zero: a
    straight line to zero in the net-zero year, at least at the floor rate. share: a reduction of `rate` in all.
    """

    id: str = identity("identity of this edition; another edition is another rule")
    title: Text = word("shown title")
    kind: Literal["anchored", "to_net_zero", "share"] = word("how the reduction is found")
    rate: Decimal = figure("share", "a year (anchored, to_net_zero: the floor) or in all (share)", gt=0, le=1)
    anchor_year: int | None = figure("year", "latest start of counting of an anchored rule", None, ge=1990, le=2100)
    latest_net_zero: int | None = figure("year", "net zero at the latest", None, ge=2020, le=2100)
    valid_from: str = word("first day on which the edition may be used, ISO 8601; empty when unknown", "")
    valid_to: str = word("last day on which the edition may be used, ISO 8601; empty while it holds", "")
    provisional: bool = word("true while the rule is not checked against the official text or tool", False)


class Target(Sourced):
    """A target that a park has set itself."""

    id: str = identity()
    title: Text = word("shown title")
    rule_id: str = word("rule set")
    scopes: tuple[Literal[1, 2, 3], ...] = word("scopes that it covers", min_length=1)
    view: Literal["location", "market"] = word("view of scope 2")
    base_year: int = figure("year", "base year", ge=1990, le=2100)
    base_t: Decimal = figure("t CO2e", "emissions of the base year", gt=0)
    target_year: int = figure("year", "target year", ge=1990, le=2100)
    net_zero_year: int | None = figure("year", "net-zero year, for a rule to net zero", None, ge=2020, le=2100)


class PlanPart(Sourced):
    """A part of the emissions that a park plans for a target year, with its uncertainty."""

    target_id: str = word("target that it belongs to")
    text: str = word("what it is", min_length=1)
    mean_t: Decimal = figure("t CO2e", "expected emissions; negative for a measure's effect")
    sd_t: Decimal = figure("t CO2e", "standard deviation, of its size whatever its sign", ge=0)
    group: str = word(
        "parts of one group err together, by one cause that makes all larger, so that a negative part then takes off "
        "more; others err independently",
        min_length=1,
    )

    @property
    def moved_t(self) -> float:
        """What the sum of the plan changes by when the group's cause makes this part one deviation larger [t CO2e]."""
        return float(self.sd_t.copy_sign(self.mean_t))


class Claim(Noun):
    """A published target of a company, shown as a cited example and never as a result."""

    id: str = identity()
    title: Text = word("shown title")
    base_year: str = word("base year as published")
    target_year: str = word("target year as published")
    reduction: Decimal = figure("share", "published reduction", gt=0, le=1)
    measure: Text = word("of what: absolute, or per what")
    source: str = word("publisher, year", min_length=1)


def reduction(rule: Rule, base_year: int, target_year: int, net_zero_year: int | None = None) -> Decimal:
    """Return the reduction that a rule asks for by the target year, as a share of the base year, at most 1.

    net_zero_year: needed by a rule to net zero alone.

    Raises LedgerError when the target year is not after the base year, or the net-zero year is missing or too late.

    References: Science Based Targets initiative, absolute contraction approach, cross-sector pathway.
    """
    if target_year <= base_year:
        raise LedgerError(f"rule {rule.id}: target year {target_year} is not after base year {base_year}")
    if rule.kind == "share":
        return rule.rate
    if rule.kind == "anchored":
        counted_from = min(base_year, rule.anchor_year if rule.anchor_year is not None else base_year)
        return min(rule.rate * (target_year - counted_from), Decimal(1))
    latest = rule.latest_net_zero
    if net_zero_year is None or net_zero_year <= base_year or (latest is not None and net_zero_year > latest):
        raise LedgerError(f"rule {rule.id}: net-zero year {net_zero_year}; give one after {base_year}, up to {latest}")
    rate = max(rule.rate, Decimal(1) / (net_zero_year - base_year))
    return min(rate * (target_year - base_year), Decimal(1))


def path(base_year: int, base_ug: int, target_year: int, share: Decimal) -> Mapping[int, int]:
    """Return year -> allowed emissions [ug CO2e]: a straight line from the base year to the target year.

    base_ug: emissions of the base year. share: reduction by the target year, as `reduction` gives it.

    Raises LedgerError when the target year is not after the base year.
    """
    if target_year <= base_year:
        raise LedgerError(f"path: target year {target_year} is not after base year {base_year}")
    years = target_year - base_year
    return {base_year + n: half_up(base_ug * (1 - share * n / years)) for n in range(years + 1)}


def gap_ug(allowed: Mapping[int, int], year: int, actual_ug: int) -> int:
    """Return how much more than the path allows was emitted in a year [ug CO2e]; negative when less.

    Raises LedgerError when the year is not on the path. Sinks and certificates of avoidance are no part of either.
    """
    if year not in allowed:
        raise LedgerError(f"path: has no year {year}; it runs from {min(allowed)} to {max(allowed)}")
    return actual_ug - allowed[year]


def spread(parts: Iterable[tuple[float, str]]) -> float:
    """Return the standard deviation of a sum of parts (signed deviation, group).

    Parts of one group have one cause, so that what it moves each of them by adds with its sign: what is bought and what
    a certificate takes off at the same factor offset each other. Groups err independently, so that their squares add.

    References: JCGM 100:2008 (GUM), 5.2.2, eq. 16, with correlation 1 inside a group and 0 between groups.
    """
    groups: dict[str, float] = {}
    for deviation, group in parts:
        groups[group] = groups.get(group, 0.0) + deviation
    return math.sqrt(sum(deviation**2 for deviation in groups.values()))


def probability(plan: Sequence[PlanPart], allowed_t: float) -> float:
    """Return the chance that the sum of a plan's parts stays at or below what is allowed, parts taken as normal.

    Raises LedgerError when the plan is empty.
    """
    if not plan:
        raise LedgerError("plan: has no part; give what is expected to be emitted in the target year")
    mean = float(sum((part.mean_t for part in plan), Decimal(0)))
    deviation = spread((part.moved_t, part.group) for part in plan)
    if deviation == 0.0:
        return 1.0 if mean <= allowed_t else 0.0
    return 0.5 * (1.0 + math.erf((allowed_t - mean) / (deviation * math.sqrt(2.0))))


def annual_ug(total_ug: int, days: int, days_of_year: int = 365) -> int:
    """Return emissions of some days as a year's at the same pace [ug CO2e]; raises LedgerError for no day."""
    if days < 1:
        raise LedgerError("no closed day to take a year's pace from; run a day first")
    return round(Fraction(total_ug * days_of_year, days))
