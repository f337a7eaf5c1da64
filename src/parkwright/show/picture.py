"""The live picture of the park: what the newest facts say of machines, lines, robots, power and passports."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from parkwright.model.park import Park
from parkwright.model.tables import MOVES
from parkwright.move.fleet import positions, robot_ids
from parkwright.move.route import Roads
from parkwright.show.answers.wall import Wall

Sections = dict[str, dict[str, Any]]
"""section -> key -> value; what a viewer's picture is made of, and what deltas are taken over."""

STATES = ("off", "idle", "setup", "run", "blocked", "starved", "down")
RECENT_UNITS = 6
LATEST_PASSPORTS = 8
IDLE, EMPTY, LOADED, CHARGING = range(4)
STALE_AFTER = timedelta(minutes=3)
STALE_AFTER_WALL_S = 20.0
KG_PER_UG = 1e-9


class Picture:
    """The newest value of everything that a visitor sees; taking the same rows twice changes nothing."""

    def __init__(self, park: Park) -> None:
        """Start without facts: machines off, robots at home, figures unknown."""
        self.park = park
        self.values: dict[str, float] = {}
        self.as_of: datetime | None = None
        self.moves: pl.DataFrame = MOVES.empty()
        self.recent: dict[str, list[list[Any]]] = {}
        self.passports: dict[str, list[Any]] = {}
        self._roads = Roads(park.nodes, park.edges)
        home = park.fleet.home_node if park.fleet else ""
        self._homes = dict.fromkeys(robot_ids(park), home)
        self._product = {product.id: product.name for product in park.products}
        self._kw_of = {
            f"{meter.id}/power_kw": meter.serves
            for meter in park.meters
            if meter.role == "load" and meter.serves and meter.commodity == "electricity"
        }

    def take(self, kind: str, rows: pl.DataFrame) -> None:
        """Take in recorded rows; kinds that the picture does not show are passed over."""
        if not rows.height:
            return
        if kind == "samples":
            self._take_samples(rows)
        elif kind == "moves":
            known = pl.concat([self.moves, rows]).unique("task_id", keep="last", maintain_order=True).sort("start")
            self.moves = known.group_by("robot_id", maintain_order=True).tail(3).select(MOVES.schema.keys())
        elif kind == "passages":
            self._take_passages(rows)
        elif kind == "passports":
            self._take_passports(rows)

    def _take_samples(self, rows: pl.DataFrame) -> None:
        newest = rows.sort("start", maintain_order=True).unique("signal_id", keep="last")
        top = rows["start"].max()
        if isinstance(top, datetime) and (self.as_of is None or top >= self.as_of):
            self.as_of = top
            self.values.update(zip(newest["signal_id"], newest["value"], strict=True))

    def _take_passages(self, rows: pl.DataFrame) -> None:
        last = rows.sort("end", maintain_order=True).group_by("work_unit_id", maintain_order=True).tail(RECENT_UNITS)
        for work_unit_id, unit_id, end, result in last.select("work_unit_id", "unit_id", "end", "result").iter_rows():
            known = [row for row in self.recent.get(work_unit_id, []) if row[0] != unit_id]
            known.insert(0, [unit_id, stamp(end), result])
            self.recent[work_unit_id] = sorted(known, key=lambda row: row[1], reverse=True)[:RECENT_UNITS]

    def _take_passports(self, rows: pl.DataFrame) -> None:
        last = rows.sort("at", maintain_order=True).tail(4 * LATEST_PASSPORTS)
        chosen = last.select("unit_id", "product_id", "at", "location_ug", "material_ug", "status")
        for unit_id, product_id, at, location_ug, material_ug, status in chosen.iter_rows():
            energy_kg, material_kg = round(location_ug * KG_PER_UG, 3), round(material_ug * KG_PER_UG, 1)
            self.passports[unit_id] = [unit_id, product_id, stamp(at), energy_kg, material_kg, status]
        kept = sorted(self.passports.values(), key=lambda row: (row[2], row[0]), reverse=True)[:LATEST_PASSPORTS]
        self.passports = {row[0]: row for row in kept}

    def robots(self, at: datetime) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        """Return where the robots are at an instant: (R, 3) of x, y [m], heading [rad from east], and states (R,)."""
        if not self._homes or not self.park.nodes:
            return np.zeros((0, 3)), np.zeros(0, np.uint8)
        found = positions(self._roads, self.moves, self._homes, at)
        active = set(self.moves.filter(pl.col("start") <= at, pl.col("end") > at)["robot_id"])
        driving = np.array([robot_id in active for robot_id in found.robot_ids])
        state = np.where(found.loaded, LOADED, np.where(driving, EMPTY, IDLE)).astype(np.uint8)
        heading = np.radians(90.0 - found.heading_deg)
        place = np.column_stack([found.x_m, found.y_m, heading])
        return _parked(place, driving), state

    def sections(self, now: datetime, speed: float, wall: Wall | None, sun: tuple[float, float]) -> Sections:
        """Return the picture at `now`, plain values only.

        speed: park seconds in a wall second. wall: the six figures, the same as the API's. sun: elevation and
        azimuth [deg].
        """
        values = self.values
        late = self.as_of is None or now - self.as_of > max(STALE_AFTER, timedelta(seconds=STALE_AFTER_WALL_S * speed))
        sky = {"elevation": round(sun[0], 2), "azimuth": round(sun[1], 2), "lit": values.get("lamps/lit")}
        sky |= {"temperature_c": values.get("weather/temperature_c"), "ghi": values.get("weather/ghi_w_per_m2")}
        machines = {unit: self._state(unit) for unit in self.park.work_unit}
        found: Sections = {
            "clock": {
                "at": stamp(now),
                "as_of": stamp(self.as_of) if self.as_of else "",
                "stale": late,
                "speed": speed,
            },
            "sky": sky,
            "machines": machines,
            "lines": {line.id: self._line(line.id, [u.id for u in line.work_unit]) for line in self.park.work_centers},
            "kw": {thing: round(values[signal], 2) for signal, thing in self._kw_of.items() if signal in values},
            "stores": self._stores(),
            "rooms": {
                b.id: round(values[s], 1) for b in self.park.buildings if (s := f"{b.id}/temperature_c") in values
            },
            "passports": {"latest": [self._named(row) for row in self.passports.values()]},
        }
        if wall is not None:
            found |= _answers(wall)
        return found

    def _state(self, work_unit_id: str) -> int:
        code = self.values.get(f"{work_unit_id}/state", 0.0)
        return int(code) if 0 <= code < len(STATES) else 0

    def _line(self, line_id: str, units: list[str]) -> dict[str, Any]:
        """Return a line's state (the one that a person would name), the share of machines that run, its good units."""
        codes = [STATES[self._state(unit)] for unit in units]
        running = codes.count("run") / len(codes)
        named = next((state for state in ("down", "setup") if state in codes), "")
        if not named:
            rest = ("run", "blocked", "starved", "idle", "off")
            named = "run" if running >= 0.25 else max(rest, key=lambda state: (codes.count(state), -rest.index(state)))
        kw = next((self.values.get(f"{m.id}/power_kw") for m in self.park.meters if m.serves == line_id), None)
        out = self.values.get(f"{line_id}/units_out")
        return {
            "state": named,
            "running": round(running, 3),
            "units": None if out is None else int(out),
            "kw": None if kw is None else round(kw, 1),
        }

    def _stores(self) -> dict[str, float]:
        energy, values = self.park.energy, self.values
        shares = {b.id: (values.get(f"{b.id}/soc_kwh"), b.capacity_kwh) for b in energy.battery}
        shares |= {t.id: (values.get(f"{t.id}/stored_kwh"), t.capacity_kwh) for t in energy.tank}
        return {key: round(stored / capacity, 3) for key, (stored, capacity) in shares.items() if stored is not None}

    def _named(self, row: list[Any]) -> list[Any]:
        name = self._product.get(row[1])
        return [row[0], {"en": name.en, "zh": name.zh} if name else {"en": row[1], "zh": row[1]}, *row[2:]]


def stamp(at: datetime) -> str:
    """Return an instant as ISO 8601 in UTC to the second."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _parked(place: NDArray[np.float64], driving: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the places with robots that wait at the same spot set out side by side, four in a row."""
    place = place.copy()
    seen: dict[tuple[float, float], int] = {}
    for n in np.flatnonzero(~driving):
        spot = (round(float(place[n, 0]), 1), round(float(place[n, 1]), 1))
        k = seen[spot] = seen.get(spot, -1) + 1
        place[n, 0] += (k % 4 - 1.5) * 4.2 if k else -6.3
        place[n, 1] += (k // 4) * 3.2
        place[n, 2] = 0.0
    return place


def _answers(wall: Wall) -> Sections:
    figures = {
        figure.key: {
            "value": None if figure.value is None else float(figure.value),
            "target": None if figure.target is None else float(figure.target),
            "unit": figure.unit,
            "good_is": figure.good_is,
            "as_of": stamp(figure.as_of) if figure.as_of else "",
        }
        for figure in wall.figures
    }
    power = {
        key: None if value is None else round(value, 1) for key, value in wall.power.model_dump(exclude={"at"}).items()
    }
    return {"figures": figures, "power": power, "progress": wall.progress.model_dump(mode="json")}


def changes(before: Mapping[str, Mapping[str, Any]], after: Sections) -> Sections:
    """Return what changed from one picture to the next by section and key; a key that went is None."""
    found: Sections = {}
    for section, values in after.items():
        old = before.get(section, {})
        own = {key: value for key, value in values.items() if key not in old or old[key] != value}
        own |= {key: None for key in old if key not in values}
        if own:
            found[section] = own
    return found
