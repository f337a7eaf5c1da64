"""Energy attribute certificates: disjoint serial ranges, their states, and the market view of electricity with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType

from parkwright.carbon.activity import scope2_ug
from parkwright.carbon.attribution import apportion
from parkwright.carbon.editions import GridFactor, ResidualFactor
from parkwright.carbon.factors import MWH_INT_PER_KWH, UG_PER_KG, half_up
from parkwright.model.errors import LedgerError

ENERGY_MWH_INT = 1_000 * MWH_INT_PER_KWH
"""Energy of one certificate [mWh]: 1,000 kWh. References: National Energy Administration of China, rules of 2024."""
VALID = timedelta(days=2 * 365)
"""How long after its vintage a certificate can be retired: two years. References: NEA rules of 2024, second-hand."""
TRANSITIONS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "issued": frozenset({"held", "expired"}),
        "held": frozenset({"retired", "sold", "expired"}),
        "retired": frozenset(),
        "sold": frozenset(),
        "expired": frozenset(),
    }
)
"""States of a certificate and what may follow each; retired, sold and expired are final."""
HOUR = timedelta(hours=1)


Serials = tuple[str, int, int]
"""Registry, first and last serial number."""


class CertificateError(LedgerError):
    """What may not be done with certificates.

    finding: its name among `FINDINGS`, by which it is told in another language; of: what that sentence names.
    """

    def __init__(self, text: str, finding: str, **of: str) -> None:
        """Keep the sentence, the finding and what it names."""
        super().__init__(text)
        self.finding, self.of = finding, of


FINDINGS = (
    "overlap", "no_range", "no_vintage", "negative_factor", "no_state", "not_allowed", "not_entered", "empty_use",
    "vintage_unfit", "use_retire", "days_open", "beyond_use", "other_market",
    "hour_of_days", "vintage_open", "beyond_made",
)  # fmt: skip
"""What may be found against an act on certificates."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What all certificates of a range share: where and how the power was made, and whether on this site."""

    region: str
    technology: str
    own: bool = False
    factor_kg_per_kwh: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A range of serial numbers of one registry that share everything.

    vintage: when the energy was generated. own: it was generated and used on this site. factor_kg_per_kwh: emissions of
    the instrument. load: the span of consumption that it was retired to. changed_at: when it came into its state.
    """

    registry: str
    first_serial: int
    last_serial: int
    vintage_start: datetime
    vintage_end: datetime
    region: str
    technology: str
    own: bool
    factor_kg_per_kwh: Decimal
    state: str
    changed_at: datetime
    load_start: datetime | None = None
    load_end: datetime | None = None

    @property
    def energy_mwh_int(self) -> int:
        """Energy of the range [mWh]."""
        return (self.last_serial - self.first_serial + 1) * ENERGY_MWH_INT

    @property
    def is_of_an_hour(self) -> bool:
        """Whether the vintage says in which hour the energy was generated."""
        return self.vintage_end - self.vintage_start <= HOUR

    def __str__(self) -> str:
        """Return the range as registry first-last."""
        return f"{self.registry} {self.first_serial}-{self.last_serial}"


def refuse_range(certificate: Certificate) -> None:
    """Raise LedgerError when a new range is empty, its vintage has no length or its factor is negative."""
    if not 0 < certificate.first_serial <= certificate.last_serial:
        text = f"certificate {certificate}: is no range of serial numbers; give 1 or more, first to last"
        raise CertificateError(text, "no_range", serials=str(certificate))
    if certificate.vintage_end <= certificate.vintage_start:
        text = f"certificate {certificate}: its vintage has no length; give the months of generation"
        raise CertificateError(text, "no_vintage", serials=str(certificate))
    if certificate.factor_kg_per_kwh < 0:
        text = f"certificate {certificate}: its factor is negative; give 0 or more kg CO2e/kWh"
        raise CertificateError(text, "negative_factor", serials=str(certificate))


def refuse_move(certificate: Certificate, to: str) -> None:
    """Raise LedgerError when a certificate in its state cannot become `to`."""
    if to not in TRANSITIONS:
        text = f"certificate {certificate}: {to!r} is no state; use one of {', '.join(TRANSITIONS)}"
        raise CertificateError(text, "no_state", serials=str(certificate), state=to)
    if to not in TRANSITIONS[certificate.state]:
        allowed = ", ".join(sorted(TRANSITIONS[certificate.state])) or "nothing, it is final"
        text = f"certificate {certificate}: is {certificate.state}, cannot become {to}; allowed: {allowed}"
        raise CertificateError(text, "not_allowed", serials=str(certificate), state=certificate.state, to=to)


def refuse_load(certificate: Certificate, load_start: datetime, load_end: datetime) -> None:
    """Raise LedgerError when a certificate's vintage does not fit the span of consumption that it is retired to.

    It must have been generated, at least in part, before the span ends, and the span must begin within two years after
    its vintage.

    References: GHG Protocol, Scope 2 Guidance, 2015, table 7.1, criterion 4 (vintage close to the consumption).
    """
    if load_end <= load_start:
        text = f"certificate {certificate}: the span of consumption is empty; give an end after its start"
        raise CertificateError(text, "empty_use", serials=str(certificate))
    if certificate.vintage_start >= load_end or load_start >= certificate.vintage_end + VALID:
        text = (
            f"certificate {certificate}: vintage {certificate.vintage_start:%Y-%m-%d} to "
            f"{certificate.vintage_end:%Y-%m-%d} does not fit consumption from {load_start:%Y-%m-%d} to "
            f"{load_end:%Y-%m-%d}; retire one generated in or at most two years before it"
        )
        raise CertificateError(text, "vintage_unfit", serials=str(certificate))


@dataclass(frozen=True, slots=True)
class Market:
    """Market-based emissions of electricity, and what they are made of; energy [mWh], emissions [ug CO2e].

    residual_id: the factor of what no certificate covers; is_residual: False where it is the location factor, because
    no residual is published, which a report must say.
    """

    imported_mwh_int: int
    certified_mwh_int: int
    sold_mwh_int: int
    certified_ug: int
    remaining_ug: int
    sold_ug: int
    residual_id: str
    is_residual: bool

    @property
    def total_ug(self) -> int:
        """Emissions of certified, remaining and sold-away energy together [ug CO2e]."""
        return self.certified_ug + self.remaining_ug + self.sold_ug


def market(
    imported_mwh_int: int,
    retired: Iterable[tuple[int, Decimal]],
    residual: ResidualFactor | GridFactor,
    sold_mwh_int: int = 0,
) -> Market:
    """Return the market view of a span of consumption.

    retired: (energy [mWh], kg CO2e/kWh) of the certificates retired to it; none of own power, which is used without
    being bought. sold_mwh_int: self-used generation whose certificates were sold, so that it counts as residual power.

    Raises LedgerError when more is retired than was used, or an energy is negative.

    References: GHG Protocol, Scope 2 Guidance, 2015, ch. 6 and 7.
    """
    given = list(retired)
    if imported_mwh_int < 0 or sold_mwh_int < 0 or any(energy < 0 for energy, _ in given):
        raise LedgerError("market view: an energy is negative; give 0 or more mWh")
    certified = sum(energy for energy, _ in given)
    used = imported_mwh_int + sold_mwh_int
    if certified > used:
        raise LedgerError(
            f"market view: {certified} mWh are retired to a consumption of {used} mWh; retire at most what was used"
        )
    certified_ug = sum(half_up(energy * (UG_PER_KG // MWH_INT_PER_KWH) * factor) for energy, factor in given)
    covered = min(certified, imported_mwh_int)
    return Market(
        imported_mwh_int=imported_mwh_int,
        certified_mwh_int=certified,
        sold_mwh_int=sold_mwh_int,
        certified_ug=certified_ug,
        remaining_ug=scope2_ug(imported_mwh_int - covered, residual),
        sold_ug=scope2_ug(sold_mwh_int - (certified - covered), residual),
        residual_id=residual.id,
        is_residual=isinstance(residual, ResidualFactor),
    )


def annual_matching(load_mwh_int: Sequence[int], matched_mwh_int: Sequence[int]) -> Fraction:
    """Return the share of a year's load that clean energy covers when only the sums count (today's rule).

    load_mwh_int, matched_mwh_int: (T,) mWh in each interval. A load of 0 is covered.
    """
    load = _sound(load_mwh_int, matched_mwh_int)
    return Fraction(min(load, sum(matched_mwh_int)), load) if load else Fraction(1)


def hourly_matching(load_mwh_int: Sequence[int], matched_mwh_int: Sequence[int]) -> Fraction:
    """Return the share of the load that clean energy covers in the same interval.

    References: GHG Protocol, Scope 2 public consultation, 2025 (hourly matching; a proposal).
    """
    load = _sound(load_mwh_int, matched_mwh_int)
    covered = sum(min(pair) for pair in zip(load_mwh_int, matched_mwh_int, strict=True))
    return Fraction(covered, load) if load else Fraction(1)


def _sound(load_mwh_int: Sequence[int], matched_mwh_int: Sequence[int]) -> int:
    if len(load_mwh_int) != len(matched_mwh_int):
        raise LedgerError(f"matching: {len(load_mwh_int)} loads and {len(matched_mwh_int)} supplies; give one each")
    if any(energy < 0 for energy in (*load_mwh_int, *matched_mwh_int)):
        raise LedgerError("matching: an energy is negative; give 0 or more mWh")
    return sum(load_mwh_int)


def unsold(starts: Sequence[datetime], own_mwh_int: Sequence[int], certificates: Iterable[Certificate]) -> list[int]:
    """Return the self-used power of each hour [mWh] less that whose certificates were sold.

    starts: (T,) of the hours. own_mwh_int: (T,) generated and used on the site. What was sold is taken from the hours
    of its vintage as they used their own power, and what these do not hold from all hours alike: only their sum counts
    for a year.
    """
    left = list(own_mwh_int)
    for certificate in certificates:
        if certificate.state != "sold" or not certificate.own:
            continue
        begin, end = certificate.vintage_start, certificate.vintage_end
        made_in = [place for place, start in enumerate(starts) if start < end and start + HOUR > begin]
        rest = certificate.energy_mwh_int
        for places in (made_in, range(len(left))):
            weights = [left[place] for place in places]
            taken = apportion(min(rest, sum(weights)), weights)
            rest -= sum(taken)
            for place, energy in zip(places, taken, strict=True):
                left[place] -= energy
    return left


def in_interval(certificates: Iterable[Certificate], start: datetime, end: datetime) -> int:
    """Return the retired energy [mWh] that is known to have been generated in [start, end), where it was used too.

    Only a vintage of one hour or less says when its energy was generated; one of a month counts for the year alone.
    Certificates of own power add nothing: that power is counted where it was used.
    """
    return sum(
        certificate.energy_mwh_int
        for certificate in certificates
        if certificate.load_start is not None
        and certificate.load_end is not None
        and not certificate.own
        and certificate.is_of_an_hour
        and start <= certificate.vintage_start < end
        and certificate.load_start <= certificate.vintage_start < certificate.load_end
    )
