"""The building cases of ASHRAE 140-2020, clause 5.2: what is built, how it is used, and what is asked of each.

Facts of the standard as public validations carry them: Modelica Buildings Library, ThermalZones.Detailed.Validation
.BESTEST (layers, glass, gaps, set-points, ventilation, shades) and NREL BESTEST-GSR (gains, absorptances, results).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from parkwright.energy.adjoining import other_side
from parkwright.energy.facades import Shade
from parkwright.energy.panes import Glazing, Pane
from parkwright.energy.rooms import Element, Run, Use, Zone
from parkwright.energy.walls import Construction, Layer

Reals = NDArray[np.float64]

CLEAR = Pane(0.834, 0.075, 0.075, 0.84, 0.84, 0.003048, 1.0)
LOW_E = Pane(0.452, 0.359, 0.397, 0.84, 0.047, 0.00318, 1.0, coated=True)
GLASS = {
    "double": Glazing((CLEAR, CLEAR), (0.012,), "air"),
    "low_e": Glazing((LOW_E, CLEAR), (0.012,), "argon"),
    "single": Glazing((CLEAR,)),
}
"""Windows of cases 600, 660 and 670."""

_BOARD, _SIDING = Layer(0.012, 0.16, 950.0, 840.0), Layer(0.009, 0.14, 530.0, 900.0)
_CEILING, _DECK = Layer(0.010, 0.16, 950.0, 840.0), Layer(0.019, 0.14, 530.0, 900.0)
_BLOCK = Layer(0.1, 0.51, 1400.0, 1000.0)


def _fibre(thickness_m: float) -> Layer:
    return Layer(thickness_m, 0.04, 12.0, 840.0)


def _foam(thickness_m: float) -> Layer:
    return Layer(thickness_m, 0.04, 10.0, 1400.0)


WALLS = {
    "light": Construction((_SIDING, _fibre(0.066), _BOARD)),
    "heavy": Construction((_SIDING, _foam(0.0615), _BLOCK)),
    "light_insulated": Construction((_SIDING, _foam(0.25), _BOARD)),
    "heavy_insulated": Construction((_SIDING, _foam(0.2452), _BLOCK)),
}
ROOFS = {
    "usual": Construction((_DECK, _fibre(0.1118), _CEILING)),
    "insulated": Construction((_DECK, _fibre(0.4), _CEILING)),
}
FLOORS = {
    "light": Construction((Layer(1.003, 0.04), Layer(0.025, 0.14, 650.0, 1200.0))),
    "heavy": Construction((Layer(1.007, 0.04), Layer(0.08, 1.13, 1400.0, 1000.0))),
}
_LENGTH, _WIDTH, _HEIGHT = 8.0, 6.0, 2.7
_SOUTH = Shade(3.0, 2.0, overhang_m=1.0, overhang_gap_m=0.5, overhang_side_m=0.5)
_FINNED = Shade(
    3.0, 2.0, overhang_m=1.0, overhang_gap_m=0.5, overhang_side_m=0.0, fin_m=1.0, fin_top_m=0.5, fin_bottom_m=0.2
)


@dataclass(frozen=True, slots=True)
class Case:
    """A case: heavy or light, insulation, glass, where the windows are, shades, band [degC] and night air."""

    name: str
    heavy: bool = False
    insulated: bool = False
    glass: str = "double"
    east_west: bool = False
    shaded: bool = False
    setback: bool = False
    night_air: bool = False
    heated_c: float = 20.0
    cooled_c: float = 27.0
    free: bool = False


def _series(start: int, heavy: bool) -> tuple[Case, ...]:
    base = Case(str(start), heavy=heavy)
    night = replace(base, name=str(start + 50), night_air=True)
    found = [
        base,
        replace(base, name=str(start + 10), shaded=True),
        replace(base, name=str(start + 20), east_west=True),
        replace(base, name=str(start + 30), east_west=True, shaded=True),
        replace(base, name=str(start + 40), setback=True),
        night,
        replace(base, name=str(start + 80), insulated=True),
        replace(base, name=str(start + 85), cooled_c=20.0),
        replace(base, name=str(start + 95), cooled_c=20.0, insulated=True),
        replace(base, name=f"{start}FF", free=True),
        replace(night, name=f"{start + 50}FF", free=True),
        replace(base, name=f"{start + 80}FF", insulated=True, free=True),
    ]
    return tuple(found)


CASES: tuple[Case, ...] = (
    *_series(600, heavy=False),
    Case("660", glass="low_e"),
    Case("670", glass="single"),
    *_series(900, heavy=True),
)
"""The cases with one zone; the one with two is `sunspace`."""

INFILTRATION_PER_H = 0.5
NIGHT_M3_PER_H = 1700.0
GAINS_W, RADIANT_SHARE = 200.0, 0.6


def zone(case: Case) -> Zone:
    """Return what is built in a case: 8 m by 6 m by 2.7 m, 12 m2 of windows to the south or 6 m2 each east and west."""
    mass = "heavy" if case.heavy else "light"
    wall = WALLS[mass + ("_insulated" if case.insulated else "")]
    roof = ROOFS["insulated" if case.insulated else "usual"]
    elements = [
        Element("roof", _LENGTH * _WIDTH, 0.0, 180.0, roof, middle_m=_HEIGHT),
        Element("floor", _LENGTH * _WIDTH, 180.0, 0.0, FLOORS[mass], sheltered=True),
    ]
    windows = {90.0: 1, 270.0: 1} if case.east_west else {180.0: 2}
    for name, azimuth, length in (
        ("north", 0.0, _LENGTH), ("east", 90.0, _WIDTH), ("south", 180.0, _LENGTH), ("west", 270.0, _WIDTH),
    ):  # fmt: skip
        glass = 6.0 * windows.get(azimuth, 0)
        elements.append(Element(name, length * _HEIGHT - glass, 90.0, azimuth, wall, middle_m=0.5 * _HEIGHT))
    for azimuth, count in windows.items():
        sides = ("left", "right") if count == 2 else ("one",)
        elements += [_window(case, azimuth, side) for side in sides]
    return Zone(tuple(elements), _LENGTH * _WIDTH * _HEIGHT)


def _window(case: Case, azimuth: float, side: str) -> Element:
    shade = None
    if case.shaded:
        shade = _FINNED if case.east_west else _SOUTH
    return Element(
        f"window {azimuth:g} {side}", 6.0, 90.0, azimuth, glazing=GLASS[case.glass],
        middle_m=1.2, shade=shade,
    )  # fmt: skip


def use(case: Case, step_s: float, days: int = 365) -> Use:
    """Return how a case is used through the year, by step: gains, outside air and the band of the air.

    Set back at night: 10 degC from 23:00 to 07:00, then rising to 20 degC until 08:00. Night air: a fan from 18:00 to
    07:00, no heating, cooling from 07:00 to 18:00 only. A free case has no plant.
    """
    per_day = round(86400.0 / step_s)
    hour = (np.arange(per_day) + 1.0) * step_s / 3600.0
    heated = np.full(per_day, case.heated_c)
    cooled = np.full(per_day, case.cooled_c)
    air = np.full(per_day, INFILTRATION_PER_H)
    if case.setback:
        heated = np.where((hour <= 7.0) | (hour > 23.0), 10.0, np.clip(10.0 + 10.0 * (hour - 7.0), 10.0, 20.0))
    if case.night_air:
        fan = (hour <= 7.0) | (hour > 18.0)
        air += np.where(fan, NIGHT_M3_PER_H / (_LENGTH * _WIDTH * _HEIGHT), 0.0)
        heated = np.full(per_day, -np.inf)
        cooled = np.where(fan, np.inf, cooled)
    if case.free:
        heated, cooled = np.full(per_day, -np.inf), np.full(per_day, np.inf)
    gains = np.full(per_day * days, GAINS_W)
    return Use(
        np.tile(air, days), (1.0 - RADIANT_SHARE) * gains, RADIANT_SHARE * gains,
        np.tile(heated, days), np.tile(cooled, days),
    )  # fmt: skip


SUNSPACE = "960"
"""The case of a heavy sunspace that is left alone beside a light room that is heated and cooled."""
_DEPTH = 2.0
_BLOCKS = Construction((Layer(0.2, 0.51, 1400.0, 1000.0),))


def sunspace(step_s: float, days: int = 365) -> tuple[dict[str, Zone], dict[str, Use]]:
    """Return the zones and the uses of case 960, by name: "room" (case 600 without windows) and "sunspace".

    The sunspace, 8 m by 2 m by 2.7 m, lies south of the room, with the heavy walls and floor and the windows of case
    900; 0.2 m of concrete blocks part the two.
    """
    case, heavy = Case("600"), Case("900", heavy=True)
    common = Element("common", _LENGTH * _HEIGHT, 90.0, 180.0, _BLOCKS, sheltered=True, beside="sunspace")
    kept = [one for one in zone(case).elements if one.glazing is None and one.name != "south"]
    room = Zone((*kept, common), _LENGTH * _WIDTH * _HEIGHT)
    by_name = {one.name: one for one in zone(heavy).elements if one.glazing is None}
    areas = {"roof": _LENGTH * _DEPTH, "floor": _LENGTH * _DEPTH, "east": _DEPTH * _HEIGHT, "west": _DEPTH * _HEIGHT}
    walls = [replace(by_name[name], area_m2=area) for name, area in areas.items()]
    windows = [_window(heavy, 180.0, side) for side in ("left", "right")]
    sunny = Zone(
        (*walls, by_name["south"], *windows, other_side(common, "room")), _LENGTH * _DEPTH * _HEIGHT
    )  # fmt: skip
    alone = use(Case("960", free=True), step_s, days)
    nothing = np.zeros_like(alone.convective_w)
    return (
        {"room": room, "sunspace": sunny},
        {"room": use(case, step_s, days), "sunspace": replace(alone, convective_w=nothing, radiant_w=nothing)},
    )


def quantities(case: Case, run: Run) -> dict[str, float]:
    """Return what the standard asks of a case: energy [MWh] and hourly peaks [kW], or temperatures [degC] when free."""
    per_hour = round(3600.0 / run.step_s)
    if case.free:
        air = run.air_c.reshape(-1, per_hour).mean(axis=1)
        return {"max_c": float(air.max()), "min_c": float(air.min()), "mean_c": float(air.mean())}
    heating = run.heating_w.reshape(-1, per_hour).mean(axis=1) / 1000.0
    cooling = run.cooling_w.reshape(-1, per_hour).mean(axis=1) / 1000.0
    return {
        "heating_mwh": float(heating.sum()) / 1000.0,
        "cooling_mwh": float(cooling.sum()) / 1000.0,
        "peak_heating_kw": float(heating.max()),
        "peak_cooling_kw": float(cooling.max()),
    }
