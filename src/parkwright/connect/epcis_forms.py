"""Words and forms of EPCIS 2.0 values: vocabularies, times, URIs and numbers, each refused by name.

References: GS1 EPCIS 2.0.0; GS1 CBV 2.0.0; RFC 3339, section 5.6; RFC 3986.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

from parkwright.connect.pact_wire import WireError

Check = Callable[[object, str], None]
"""Refuses a value that does not keep its form; second argument: where it stands."""


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


STEPS = _words("""
    accepting arriving assembling collecting commissioning consigning creating_class_instance cycle_counting
    decommissioning departing destroying disassembling dispensing encoding entering_exiting holding inspecting
    installing killing loading other packing picking receiving removing repackaging repairing replacing
    reserving retail_selling shipping staging_outbound stock_taking stocking storing transporting unloading
    unpacking void_shipping sensor_reporting sampling
""")
"""Business steps (CBV 2.0, 7.1)."""

DISPOSITIONS = _words("""
    active container_closed damaged destroyed dispensed disposed encoded expired in_progress in_transit inactive
    no_pedigree_match non_sellable_other partially_dispensed recalled reserved retail_sold returned
    sellable_accessible sellable_not_accessible stolen unknown available completeness_verified
    completeness_inferred conformant container_open mismatch_instance mismatch_class mismatch_quantity
    needs_replacement non_conformant unavailable
""")
"""Dispositions (CBV 2.0, 7.2)."""

TRANSACTIONS = _words("""
    bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt
""")
"""Kinds of business transaction (CBV 2.0, 7.3)."""

ENDS = _words("""
    owning_party possessing_party location
""")
"""Kinds of source and destination (CBV 2.0, 7.4)."""

MEASURED = _words("""
    AbsoluteHumidity AbsorbedDose AbsorbedDoseRate Acceleration Radioactivity Altitude AmountOfSubstance
    AmountOfSubstancePerUnitVolume Angle AngularAcceleration AngularMomentum AngularVelocity Area Capacitance
    Conductance Conductivity Count Density Dimensionless DoseEquivalent DoseEquivalentRate DynamicViscosity
    ElectricCharge ElectricCurrent ElectricCurrentDensity ElectricFieldStrength Energy Exposure Force Frequency
    Illuminance Inductance Irradiance KinematicViscosity Length LinearMomentum Luminance LuminousFlux
    LuminousIntensity MagneticFlux MagneticFluxDensity MagneticVectorPotential Mass MassConcentration
    MassFlowRate MassPerAreaTime MemoryCapacity MolalityOfSolute MolarEnergy MolarMass MolarVolume Power
    Pressure RadiantFlux RadiantIntensity RelativeHumidity Resistance Resistivity SolidAngle SpecificVolume
    Speed SurfaceDensity SurfaceTension Temperature Time Torque Voltage Volume VolumeFlowRate VolumeFraction
    VolumetricFlux Wavenumber
""")
"""Kinds of measurement (GS1 Web Vocabulary, MeasurementType)."""

COMPONENTS = _words("""
    x y z axial_distance azimuth height spherical_radius polar_angle elevation_angle easting northing latitude
    longitude altitude
""")
"""Parts of a measured vector (CBV 2.0, 7.7)."""

ALERTS = frozenset({"ALARM_CONDITION", "ERROR_CONDITION"})
"""Alerts of a sensor (GS1 Web Vocabulary, SensorAlertType)."""
REASONS = frozenset({"did_not_occur", "incorrect_data"})
"""Reasons of an error declaration (CBV 2.0, 7.5)."""
CBV = re.compile(r"urn:epcglobal:cbv|https?://ns\.gs1\.org/cbv/")
WEB_VOCABULARY = re.compile(r"https?://(www\.)?gs1\.org/voc/")
"""Long forms of words that EPCIS 2.0 writes short in JSON."""
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:(?:[A-Za-z0-9\-._~:/?@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*"
                 r"(?:#(?:[A-Za-z0-9\-._~:/?@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*)?")  # fmt: skip
URI_LONGEST = 500
"""Longest URI that is read [characters] (assumed: a bound)."""
TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,12})?"
    r"(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
)
OFFSET = re.compile(r"[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00)")
UNIT = re.compile(r"[A-Z0-9]{2,3}")
HEX = re.compile(r"[A-Fa-f0-9]+")


def refuse(at: str, value: object, way_out: str) -> WireError:
    """Return the refusal of a value at a place."""
    return WireError(f"{at}: is {str(value)[:80]!r}; {way_out}")


def text(value: object, at: str) -> None:
    """Refuse what is no text."""
    if not isinstance(value, str):
        raise refuse(at, value, "write a text")


def flag(value: object, at: str) -> None:
    """Refuse what is neither true nor false."""
    if not isinstance(value, bool):
        raise refuse(at, value, "write true or false")


def number(value: object, at: str) -> None:
    """Refuse what is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refuse(at, value, "write a number")


def uri(value: object, at: str) -> None:
    """Refuse what is no absolute URI (RFC 3986, 4.3)."""
    if not is_uri(value):
        raise refuse(at, value, f"write a URI of at most {URI_LONGEST} characters")


def is_uri(value: object) -> bool:
    """Return whether the value is a URI with a scheme."""
    if not isinstance(value, str) or len(value) > URI_LONGEST or not URI.fullmatch(value):
        return False
    try:
        port = urlsplit(value).port
    except ValueError:
        return False
    return port is None or port >= 0


def time(value: object, at: str) -> None:
    """Refuse what is no instant with an offset (RFC 3339)."""
    instant(value, at)


def instant(value: object, at: str) -> datetime:
    """Return the instant in UTC; raises WireError for what is none."""
    try:
        if isinstance(value, str) and TIME.fullmatch(value):
            return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise refuse(at, value, "write an instant that the calendar has") from error
    raise refuse(at, value, "write an instant with its offset, as 2026-07-15T08:00:00+08:00")


def matching(form: re.Pattern[str], way_out: str) -> Check:
    """Return a check of texts by their form."""

    def check(value: object, at: str) -> None:
        if not isinstance(value, str) or not form.fullmatch(value):
            raise refuse(at, value, way_out)

    return check


def word(words: frozenset[str], long_form: re.Pattern[str] = CBV) -> Check:
    """Return a check of words: one of the vocabulary, or a URI of another."""

    def check(value: object, at: str) -> None:
        if isinstance(value, str) and (value in words or (is_uri(value) and not long_form.match(value))):
            return
        raise refuse(at, value, "write a word of the standard's vocabulary, or the URI of your own")

    return check


def each(check: Check, *, least: int = 0, once: bool = False) -> Check:
    """Return a check of lists; least: how many there must be at least; once: none twice."""

    def check_list(value: object, at: str) -> None:
        if not isinstance(value, list) or len(value) < least:
            raise refuse(at, value, f"write a list of at least {least}")
        for place, one in enumerate(value):
            check(one, f"{at}[{place}]")
        if once and len(set(value)) < len(value):
            raise refuse(at, "a list with a thing twice", "name each once")

    return check_list


def record(fields: Mapping[str, Check], needed: tuple[str, ...] = (), *, own: bool = True) -> Check:
    """Return a check of objects; needed: names that must be there; own: whether names that are URIs may be added."""

    def check(value: object, at: str) -> None:
        if not isinstance(value, dict):
            raise refuse(at, value, "write an object")
        for name in needed:
            if name not in value:
                raise WireError(f"{at}.{name}: is missing; add it")
        for name, one in value.items():
            if name in fields:
                fields[name](one, f"{at}.{name}")
            elif not (own and is_uri(name)):
                raise WireError(f"{at}.{name[:80]}: is no field of EPCIS; leave it out or give it a namespace")

    return check
