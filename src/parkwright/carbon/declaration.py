"""A product carbon footprint as it is declared to a partner, and what its parts must sum to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType

from parkwright.model.errors import LedgerError

ACTIVE, DEPRECATED = "active", "deprecated"
VALID_YEARS = 3
"""Years from the end of the reference period where no validity is given (PACT Technical Specifications 3.0)."""
SUMMED = (
    "fossil",
    "land_use_change",
    "land_management_fossil",
    "land_management_biogenic",
    "land_management_removals",
    "biogenic_other",
    "technological_removals",
    "capture_storage",
)
"""Parts whose sum is the footprint without biogenic uptake; land_management_fossil counts, as the published example 1
of the PACT Technical Specifications 3.0 adds up with it alone."""
REMOVALS = ("land_management_removals", "technological_removals", "capture_storage", "uptake")
"""Parts that are never positive."""
ASIDE = ("aircraft", "packaging", "outbound")
"""Parts that are shown beside the footprint and not summed: contained in other parts, or beyond the gate."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """A product carbon footprint, cradle to gate, for the declared amount: `amount` of `unit`, for example 12 liters.

    parts: name in SUMMED, ASIDE or "uptake" -> kg CO2e for the declared amount. total_kg: without biogenic uptake;
    net_kg: with it. mass_kg: mass of the declared amount. period: reference period, valid: validity, aware UTC.
    preceding: ids of the declarations that this one replaces.
    """

    id: str
    created: datetime
    status: str
    company_name: str
    company_ids: tuple[str, ...]
    product_ids: tuple[str, ...]
    product_name: str
    product_text: str
    unit: str
    amount: Decimal
    mass_kg: Decimal
    period: tuple[datetime, datetime]
    total_kg: Decimal
    net_kg: Decimal
    parts: Mapping[str, Decimal]
    fossil_carbon_kg: Decimal
    biogenic_carbon_kg: Decimal | None = None
    preceding: tuple[str, ...] = ()
    valid: tuple[datetime, datetime] | None = None
    classifications: tuple[str, ...] = ()
    comment: str = ""
    region: str | None = None
    country: str | None = None
    subdivision: str | None = None
    boundary: str = ""
    gwp_sets: tuple[str, ...] = ("AR6",)
    standards: tuple[str, ...] = ("PACT-3.0",)
    exempted_percent: Decimal = Decimal(0)
    primary_share_percent: Decimal | None = None
    quality: Mapping[str, Decimal] = field(default_factory=lambda: MappingProxyType({}))
    sources: tuple[tuple[str, str], ...] = ()
    spec: str = "3.0.0"

    @property
    def validity(self) -> tuple[datetime, datetime]:
        """The first and the last valid instant: as given, else three years from the end of the reference period."""
        if self.valid is not None:
            return self.valid
        return self.period[1], years_after(self.period[1], VALID_YEARS)

    @property
    def parts_sum_kg(self) -> Decimal:
        """The sum of the parts that make up the footprint without biogenic uptake."""
        return sum((self.parts.get(name, Decimal(0)) for name in SUMMED), Decimal(0))


def years_after(instant: datetime, years: int) -> datetime:
    """Return the same day and time that many years later; 29 February becomes 1 March."""
    day = (instant.month, instant.day)
    if day == (2, 29) and not _leap(instant.year + years):
        return instant.replace(year=instant.year + years, month=3, day=1)
    return instant.replace(year=instant.year + years)


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def issued(declaration: Declaration) -> Declaration:
    """Return a declaration of our own, or raise LedgerError where its figures do not add up exactly.

    What we issue holds to the identity without tolerance: total = sum of parts, net = total + uptake.
    """
    found = declaration.parts_sum_kg
    if found != declaration.total_kg:
        raise LedgerError(
            f"footprint of {declaration.product_name}: its parts sum to {found}, its total is {declaration.total_kg}; "
            "declare the sum"
        )
    net = declaration.total_kg + declaration.parts.get("uptake", Decimal(0))
    if net != declaration.net_kg:
        raise LedgerError(
            f"footprint of {declaration.product_name}: with uptake it is {net}, declared is {declaration.net_kg}; "
            "declare the sum"
        )
    return declaration


def superseded(declaration: Declaration) -> Declaration:
    """Return the declaration as deprecated: a newer version names it among its preceding ones."""
    return replace(declaration, status=DEPRECATED)


@dataclass(frozen=True, slots=True)
class Filter:
    """What a partner asks for; an empty criterion lets all through. Within one: any; between them: all.

    product_ids, company_ids, geographies, classifications, statuses: lower case, as matches ignore case.
    """

    product_ids: frozenset[str] = frozenset()
    company_ids: frozenset[str] = frozenset()
    geographies: frozenset[str] = frozenset()
    classifications: frozenset[str] = frozenset()
    statuses: frozenset[str] = frozenset()
    valid_on: datetime | None = None
    valid_after: datetime | None = None
    valid_before: datetime | None = None

    def matches(self, declaration: Declaration) -> bool:
        """Return whether the declaration meets every criterion.

        References: PACT Technical Specifications 3.0, action ListFootprints, filtering.
        """
        places = [declaration.region, declaration.country, declaration.subdivision]
        wanted = (
            (self.product_ids, declaration.product_ids),
            (self.company_ids, declaration.company_ids),
            (self.geographies, [place for place in places if place]),
            (self.classifications, declaration.classifications),
            (self.statuses, [declaration.status]),
        )
        if any(values and values.isdisjoint(text.lower() for text in held) for values, held in wanted):
            return False
        first, last = declaration.validity
        return (
            (self.valid_on is None or first <= self.valid_on <= last)
            and (self.valid_after is None or first > self.valid_after)
            and (self.valid_before is None or last < self.valid_before)
        )


def lowered(values: list[str] | tuple[str, ...]) -> frozenset[str]:
    """Return the values as a criterion that ignores case."""
    return frozenset(value.lower() for value in values)


def newest_first(declarations: list[Declaration]) -> list[Declaration]:
    """Return the declarations from the newest to the oldest; equal instants by id, so that pages do not overlap."""
    return sorted(declarations, key=lambda one: (one.created, one.id), reverse=True)


def chain(declarations: Mapping[str, Declaration], id_: str) -> list[str]:
    """Return the ids of the versions before `id_`, nearest first, over what is known; a loop ends it."""
    found: list[str] = []
    waiting = list(declarations[id_].preceding) if id_ in declarations else []
    while waiting:
        at = waiting.pop(0)
        if at in found or at == id_:
            continue
        found.append(at)
        waiting += list(declarations[at].preceding) if at in declarations else []
    return found


def utc(instant: datetime) -> datetime:
    """Return an aware instant in UTC; raises LedgerError for one without a zone."""
    if instant.tzinfo is None:
        raise LedgerError(f"the instant {instant} has no time zone; give 2026-07-15T00:00:00Z")
    return instant.astimezone(UTC)
