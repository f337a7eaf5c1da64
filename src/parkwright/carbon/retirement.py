"""How much may be retired to a span of consumption, and what counts of it once the ledger says that less was used."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from parkwright.carbon.certificates import ENERGY_MWH_INT, Certificate, CertificateError
from parkwright.carbon.factors import named
from parkwright.model.park import Park

Span = tuple[datetime, datetime]
"""[start, end)."""


@dataclass(frozen=True, slots=True)
class Used:
    """Electricity that a closed day [start, end) used [mWh]: bought, and generated and used on the site."""

    start: datetime
    end: datetime
    bought_mwh_int: int
    own_mwh_int: int


@dataclass(frozen=True, slots=True)
class Consumption:
    """A span of consumption [start, end), and what closed days used: at least those within `reach` of the span.

    regions: of the market that the park buys in; none where it is not known.
    """

    start: datetime
    end: datetime
    days: tuple[Used, ...]
    regions: tuple[str, ...] = ()

    @property
    def span(self) -> Span:
        """The span alone."""
        return self.start, self.end


def market_regions(park: Park) -> tuple[str, ...]:
    """Return the regions whose certificates count in a park: those it names, else the country of its residual factor.

    That country is the first part of the factor's geography (ISO 3166, CN of CN-TJ): the certificates of China count in
    all of it. None where the geography names no country.
    """
    if park.site.certificate_regions:
        return park.site.certificate_regions
    country = named(park, park.site.residual_grid_factor).geography.partition("-")[0]
    return (country,) if re.fullmatch("[A-Z]{2}", country) else ()


def refuse_region(certificate: Certificate, regions: Sequence[str]) -> None:
    """Raise CertificateError when a certificate is from outside the market; own power is used where it is made.

    A region lies in one that it begins with: CN-NM in CN. Nothing is refused where no region is known.

    References: GHG Protocol, Scope 2 Guidance, 2015, table 7.1, criterion 5 (sourced from the market of the use).
    """
    region = certificate.region
    if certificate.own or not regions or any(region == one or region.startswith(f"{one}-") for one in regions):
        return
    text = (
        f"certificate {certificate}: is from {region}, the park buys in {', '.join(regions)}; retire one from there, "
        "or name the regions of its market as certificate_regions in park.toml"
    )
    raise CertificateError(text, "other_market", serials=str(certificate), region=region, market=", ".join(regions))


def reach(certificates: Iterable[Certificate], load: Span) -> Span:
    """Return the span that [load[0], load[1]) shares with the loads that it overlaps, and those overlap, and so on.

    The vintage of own power whose certificates were sold counts as a load: that power is gone, too. What was used
    outside the span says nothing about how much can still be retired to the load.
    """
    known = list(certificates)
    return _reached([(a, b) for own in (False, True) for a, b, _ in _taken(known, (), own)], load)


def _reached(spans: Sequence[Span], load: Span) -> Span:
    start, end = load
    while True:
        touched = [(a, b) for a, b in spans if a < end and b > start]
        wider = min((start, *(a for a, _ in touched))), max((end, *(b for _, b in touched)))
        if wider == (start, end):
            return wider
        start, end = wider


def retirable(certificates: Sequence[Certificate], load: Consumption, own: bool) -> int:
    """Return how much energy [mWh] can be retired to a span of consumption beside what is retired already.

    certificates: all of the park. own: whether for certificates of own power, which are retired to own power that was
    used and whose certificates were not sold; all others are to power that was bought, and to own power whose
    certificates were sold. In no span is more retired than was used within it, so that each has its own megawatt-hour,
    however loads overlap.

    References: P. Hall, On representatives of subsets, 1935 (the condition, for intervals).
    """
    taken = _taken(certificates, load.days, own)
    gained = [(day.start, day.end, day.own_mwh_int if own else day.bought_mwh_int) for day in load.days]
    if not own:
        sold = (one for one in certificates if one.state == "sold" and one.own)
        gained += [(one.vintage_start, one.vintage_end, one.energy_mwh_int) for one in sold]
    start, end = _reached([(a, b) for a, b, _ in taken], load.span)
    starts = {load.start, *(a for a, _, _ in taken if start <= a < load.start)}
    ends = {load.end, *(b for _, b, _ in taken if load.end < b <= end)}
    return max(min(_within(gained, a, b) - _within(taken, a, b) for a in starts for b in ends), 0)


def _taken(
    certificates: Sequence[Certificate], days: Sequence[Used], own: bool
) -> list[tuple[datetime, datetime, int]]:
    """Return (start, end, energy [mWh]) of what own or other power is given away: retired, and of own power sold.

    What was sold takes from the whole days of its vintage, since the use of a part of a day is not told.
    """
    taken = [
        (one.load_start, one.load_end, one.energy_mwh_int)
        for one in certificates
        if one.own == own and one.load_start is not None and one.load_end is not None
    ]
    if own:
        sold = (one for one in certificates if one.own and one.state == "sold")
        taken += [(*_whole_days(one, days), one.energy_mwh_int) for one in sold]
    return taken


def _whole_days(one: Certificate, days: Sequence[Used]) -> Span:
    """Return the vintage of a certificate, widened to the days that it lies in where they are known."""
    touched = [day for day in days if day.start < one.vintage_end and day.end > one.vintage_start]
    starts, ends = (day.start for day in touched), (day.end for day in touched)
    return min((one.vintage_start, *starts)), max((one.vintage_end, *ends))


def refuse_unmade(parts: Sequence[Certificate], certificates: Sequence[Certificate], days: tuple[Used, ...]) -> None:
    """Raise CertificateError when the certificates of own power that are to be sold are more than was made and used.

    parts: of ranges, that are to be sold. certificates: all of the park, as they are before. days: closed days, at
    least those within the reach of the vintages. Own power whose certificates are sold or retired already is gone.

    References: GHG Protocol, Scope 2 Guidance, 2015, table 7.1, criterion 2 (the only instrument of its energy).
    """
    known = list(certificates)
    for part in parts:
        if not part.own:
            continue
        start, end = _whole_days(part, days)
        left = retirable(known, Consumption(start, end, days), own=True)
        if part.energy_mwh_int > left:
            if not any(start <= day.start and day.end <= end for day in days):
                text = f"certificate {part}: no day of its vintage is closed; sell once it is known what was made"
                raise CertificateError(text, "vintage_open", serials=str(part))
            numbers, mwh = left // ENERGY_MWH_INT, f"{left / ENERGY_MWH_INT:.3f}"
            text = (
                f"certificate {part}: {part.energy_mwh_int // ENERGY_MWH_INT} MWh are more than the {mwh} MWh of own "
                f"power of its vintage that are neither sold nor retired; sell {numbers} at most"
            )
            raise CertificateError(text, "beyond_made", serials=str(part), n=str(numbers), mwh=mwh)
        known.append(replace(part, state="sold"))


def _within(amounts: Iterable[tuple[datetime, datetime, int]], start: datetime, end: datetime) -> int:
    """Return the energy [mWh] of what lies in [start, end) as a whole."""
    return sum(energy for a, b, energy in amounts if start <= a and b <= end)


def refuse_unused(parts: Sequence[Certificate], certificates: Sequence[Certificate], load: Consumption) -> None:
    """Raise CertificateError when parts of ranges are more than can still be retired to a load; it says how much can.

    certificates: all of the park, as they are before.
    """
    for own in (False, True):
        asked = [part for part in parts if part.own == own]
        energy = sum(part.energy_mwh_int for part in asked)
        left = retirable(certificates, load, own) if energy else 0
        if energy <= left:
            continue
        named = f"{asked[0].registry} {asked[0].first_serial}-{asked[-1].last_serial}"
        if not any(load.start <= day.start and day.end <= load.end for day in load.days):
            text = f"certificate {named}: none of the days of consumption is closed; retire once their use is known"
            raise CertificateError(text, "days_open", serials=named)
        kind, numbers, mwh = "own" if own else "bought", left // ENERGY_MWH_INT, f"{left / ENERGY_MWH_INT:.3f}"
        way = f"retire {numbers} at most, or name more days" if numbers else "name more days"
        text = (
            f"certificate {named}: {energy // ENERGY_MWH_INT} MWh are more than the {mwh} MWh of {kind} power that can "
            f"still be retired to these days; {way}"
        )
        raise CertificateError(text, "beyond_use", serials=named, n=str(numbers), mwh=mwh)


def of_closed(
    park: Park, days: Sequence[date], certificates: Iterable[Certificate]
) -> tuple[list[Certificate], list[Certificate]]:
    """Return the certificates whose load, or vintage where they are sold, touches one of the days, and the others."""
    bounds = [park.day_bounds(day) for day in days]
    known: list[Certificate] = []
    outside: list[Certificate] = []
    for one in certificates:
        start, end = one.load_start or one.vintage_start, one.load_end or one.vintage_end
        touches = any(first < end and last > start for first, last in bounds)
        (known if touches else outside).append(one)
    return known, outside


def counted(retired: Iterable[Certificate], used_mwh_int: int) -> tuple[tuple[Certificate, int], ...]:
    """Return what counts [mWh] of certificates that were retired to, or sold of, a use of used_mwh_int, in their order.

    No more counts than was used: a ledger that was corrected downward may leave the last ones with less, or nothing.
    """
    found, left = [], used_mwh_int
    for one in sorted(retired, key=lambda one: (one.changed_at, one.registry, one.first_serial)):
        energy = min(one.energy_mwh_int, left)
        found.append((one, energy))
        left -= energy
    return tuple(found)
