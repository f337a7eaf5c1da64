"""The desk behind the energy pages: the next 24 hours, another glass, the lamps; made in the background."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from parkwright.carbon.demand import PEAK
from parkwright.energy import demand, dispatch, heat, lamp_fleet, movable, tariff
from parkwright.energy import tank as tanks
from parkwright.energy.forecast import LEVELS
from parkwright.model.errors import ForecastError, ParkwrightError
from parkwright.model.opening import Opening, folder_opening
from parkwright.model.park import Park
from parkwright.model.plant import Tank
from parkwright.plan import expected, month
from parkwright.plan.expected import Expected
from parkwright.run.levels import level_signals, within
from parkwright.show.answers.ahead import (
    Ahead,
    Asset,
    Forecast,
    Glass,
    GlassOffer,
    GlassTrial,
    Glazed,
    HeatSource,
    Lamp,
    LampFaults,
    LampFleet,
    Lamps,
    SolarYield,
    SolarYields,
    State,
    WorkPlan,
)
from parkwright.show.answers.day import schedule_of
from parkwright.show.context import FactsReader
from parkwright.show.frames import Frames
from parkwright.wire import buildings, forecast, lamp_faults, lamps, yields
from parkwright.wire.pace import lived_since
from parkwright.wire.places import Places
from parkwright.wire.work import empty, of_day, unfinished_at

Reals = NDArray[np.float64]

AHEAD = timedelta(hours=24)
MWH_PER_KWH = 1_000_000
KEPT = 64
"""Answers that are kept for who asks again (assumed)."""
PANEL_CNY_PER_W, BATTERY_CNY_PER_WH = 2.0, 1.2
"""What the search of lamps weighs, as `parkwright energy lamps` does where nothing else is given; assumed."""

LAMP_DAYS, SOLAR_DAYS = 14, 60
"""Days that lamps and solar fields are judged by, as `parkwright energy lamp-faults` and `solar` do where not told."""


@dataclass
class _Work:
    """Work in the background: how far it is and what came of it."""

    state: State = "working"
    share: float = 0.0
    detail: str = ""
    answer: Any = None


@dataclass
class EnergyDesk:
    """Answers what the energy manager asks; one piece of work at a time, the others wait."""

    park: Park
    park_dir: Path
    var: Path
    facts: FactsReader
    _works: OrderedDict[Hashable, _Work] = field(default_factory=OrderedDict)
    _last: Ahead | None = None
    _going: _Work | None = None

    def __post_init__(self) -> None:
        """Begin with nothing asked."""
        self._rows = Frames(self.facts)
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="energy")

    def close(self) -> None:
        """Let go of the work that waits."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def ahead(self, now: datetime) -> Ahead:
        """Return the plan of the next 24 hours; the last one made while a newer one is in work."""
        begin = self._interval(now)
        with self._lock:
            fresh = self._last is not None and self._last.made_at == begin
            if not fresh and (self._going is None or self._going.state != "working"):
                failed = self._going is not None and self._going.state == "failed"
                if not failed or self._going is None or self._going.answer != begin:
                    self._going = _Work(answer=begin)
                    self._pool.submit(self._look_ahead, self._going, begin)
            going, last = self._going, self._last
        if last is not None and (going is None or going.state == "ready"):
            return last
        told = {"state": going.state, "share": going.share, "detail": going.detail} if going else {}
        return (last or _nothing(self.park)).model_copy(update=told)

    def offer(self) -> GlassOffer:
        """Return glass and buildings that can be tried."""
        return GlassOffer(
            glass=[
                Glass(
                    id=row["id"], name_en=row["name"]["en"], name_zh=row["name"]["zh"], u_w_per_m2k=row["u_w_per_m2k"],
                    g=row["g"], visible=row["visible"], cost_cny_per_m2=row["cost_cny_per_m2"],
                )
                for row in buildings.catalogue_answer()["glass"]
            ],
            buildings=[
                Glazed(
                    building_id=one.id, name_en=one.name.en, name_zh=one.name.zh, glass_area_m2=one.glass_area_m2,
                    glass_u=one.glass_u, glass_g=one.glass_g,
                )
                for one in self.park.buildings
                if one.glass_area_m2 > 0.0
            ],
        )  # fmt: skip

    def trial(self, building_id: str, glass_id: str) -> GlassTrial:
        """Return what a glass changes on a building, as far as it is; begin it where it is not."""
        work = self._work(
            ("glass", building_id, glass_id), lambda: buildings.glass_answer(self.park, building_id, glass_id)
        )
        found: Mapping[str, Any] = work.answer or {}
        return GlassTrial(
            state=work.state,
            detail=work.detail,
            building_id=building_id,
            glass_id=glass_id,
            before=_numbers(found.get("before", {})),
            after=_numbers(found.get("after", {})),
            price_basis=found.get("price_basis", ""),
            **{
                name: found.get(name)
                for name in ("saved_kwh", "saved_cny", "saved_kg", "invested_cny", "payback_years")
            },
        )

    def lamps(self) -> Lamps:
        """Return how the lamps fare through the typical year, as far as it is; begin it where it is not."""
        if not self.park.energy.lamps:
            return Lamps(state="ready", detail="", places_m={}, fleets=[])
        work = self._work("lamps", lambda: lamps.answer(self.park, PANEL_CNY_PER_W, BATTERY_CNY_PER_WH, 0.0))
        fleets = (work.answer or {"fleets": []})["fleets"]
        places = {
            one.id: [(round(float(east), 1), round(float(north), 1)) for east, north in lamp_fleet.places(one)]
            for one in self.park.energy.lamps
        }
        return Lamps(state=work.state, detail=work.detail, places_m=places, fleets=[_fleet(one) for one in fleets])

    def lamp_faults(self, now: datetime) -> LampFaults:
        """Return which lamps have a fault, as far as it is known; looked for again with each closed day."""
        if not self.park.energy.lamps:
            return LampFaults(state="ready", detail="", weather="", first=None, last=None, notes=[], lamps=[])
        key = ("lamp_faults", *self._closed(now))
        work = self._work(key, lambda: lamp_faults.answer(self.park, self.var, LAMP_DAYS))
        found = work.answer or {"weather": "", "first": None, "last": None, "fleets": []}
        return LampFaults(
            state=work.state, detail=work.detail, weather=found["weather"], first=found["first"], last=found["last"],
            notes=[one["note"] for one in found["fleets"] if one["note"]],
            lamps=[Lamp(fleet=one["fleet"], **lamp) for one in found["fleets"] for lamp in one["lamps"]],
        )  # fmt: skip

    def solar(self, now: datetime) -> SolarYields:
        """Return how the solar fields did, as far as it is known; looked at again with each closed day."""
        if not self.park.energy.solar:
            return SolarYields(state="ready", detail="", weather="", fields=[])
        key = ("solar", *self._closed(now))
        work = self._work(key, lambda: yields.answer(self.park, self.park_dir, self.var, SOLAR_DAYS))
        found = work.answer or {"weather": "", "fields": []}
        fields = [SolarYield(**one) for one in found["fields"]]
        return SolarYields(
            state=work.state, detail=work.detail, weather=found["weather"], fields=fields,
            not_judged=found.get("not_judged", []),
        )  # fmt: skip

    def _closed(self, now: datetime) -> tuple[date, int]:
        """Return the park's day and how many days are closed: with either, what looks back has more to look at."""
        return now.astimezone(self.park.zone).date(), len(self.facts.days("books"))

    def work(self, now: datetime) -> WorkPlan:
        """Return what planning today's movable work together with the plant saves, as far as it is; begin it if not."""
        day = now.astimezone(self.park.zone).date()
        if not self.park.energy.movable:
            return empty(self.park, day).model_copy(update={"state": "ready"})
        self._rows.refresh()
        planned = schedule_of(self._rows, day)
        schedule = planned if planned.height else None
        work = self._work(
            ("work", day, planned.height),
            lambda: of_day(self.park, day, schedule, self._opening(self.park.midnight(day))),
        )
        found: WorkPlan = work.answer or empty(self.park, day)
        return found.model_copy(update={"state": work.state, "detail": work.detail})

    def _work(self, key: Hashable, make: Callable[[], Any]) -> _Work:
        with self._lock:
            if key not in self._works:
                self._works[key] = _Work()
                self._pool.submit(_done, self._works[key], make)
                while len(self._works) > KEPT:
                    self._works.popitem(last=False)
            return self._works[key]

    @property
    def _step_h(self) -> float:
        return self.park.site.metering_interval_s / 3600.0

    @property
    def _since(self) -> date | None:
        """The day on which the park went live."""
        return lived_since(Places(self.var, self.park.site.park_id))

    def _interval(self, now: datetime) -> datetime:
        start = self.park.midnight(now.astimezone(self.park.zone).date())
        step = timedelta(seconds=self.park.site.metering_interval_s)
        return start + ((now - start) // step) * step

    def _look_ahead(self, work: _Work, begin: datetime) -> None:
        """Plan the next 24 hours from `begin` on."""
        try:
            asked = self._expected(begin)
            work.share = 0.2
            opening = self._opening(begin)
            free = month.of_day(self.park, begin.astimezone(self.park.zone).date(), opening)
            work.share = 0.3
            found = dispatch.solve(
                self.park, asked.starts, asked.load_kw, asked.pv_kw, asked.heat_kw, asked.waste_kw, asked.price,
                asked.co2e, opening, month=free, direct_kw=asked.direct_kw,
            )  # fmt: skip
            work.share = 0.4
            made = _ahead(self.park, begin, asked, found, self._forecasts(asked.starts, work), opening)
            with self._lock:
                self._last = made
            work.state = "ready"
        except ParkwrightError as error:
            work.detail, work.state = str(error), "failed"

    def _expected(self, begin: datetime) -> Expected:
        """Return what the next 24 hours ask for: a day that is planned by its schedule, another at the usual pace."""
        parts, left = [], None
        for day in self._days(begin):
            self._rows.refresh()
            planned = schedule_of(self._rows, day)
            done = movable.taken(self._rows.read("dispatch", day.isoformat()), self.park)
            work_kw = done or movable.spread_kw(self.park, day, left)
            parts.append(expected.of_schedule(self.park, day, planned if planned.height else None, None, work_kw))
            left = movable.unfinished(self.park, day, done) if done else None
        whole = expected.joined(parts)
        chosen = ((whole.starts >= begin) & (whole.starts < begin + AHEAD)).to_numpy()
        arrays = {one.name: getattr(whole, one.name)[chosen] for one in fields(whole) if one.name != "starts"}
        return Expected(whole.starts.filter(pl.Series(chosen)), **arrays)

    def _days(self, begin: datetime) -> list[date]:
        first = begin.astimezone(self.park.zone).date()
        last = (begin + AHEAD - timedelta(seconds=1)).astimezone(self.park.zone).date()
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]

    def _opening(self, begin: datetime) -> Opening:
        """Return what is stored at `begin`, or as the folder opens it, the month's highest import, and work left."""
        stored = dict(folder_opening(self.park).stored_kwh)
        today = begin.astimezone(self.park.zone).date()
        samples = self._rows.read("samples", today.isoformat())
        told = pl.col("signal_id").is_in(list(level_signals(self.park))) & pl.col("value").is_finite()
        known = samples.filter(told, pl.col("start") <= begin)
        newest = known.sort("start", maintain_order=True).unique("signal_id", keep="last")
        stored |= within(self.park, dict(newest.select("signal_id", "value").iter_rows()))
        left = unfinished_at(self.park, self._rows.read, self._since, today)
        return Opening(stored, reached_kw={demand.month_of(today): self._reached_kw(today, begin)}, unfinished=left)

    def _reached_kw(self, today: date, begin: datetime) -> float:
        """Return the highest import of the month so far: of the closed days by their books, of today as metered."""
        first = today.replace(day=1).isoformat()
        closed = [day for day in self.facts.days("books") if first <= day < today.isoformat()]
        peaks = [
            value
            for day in closed
            for value in self._rows.read("books", day).filter(pl.col("key") == PEAK)["value"].to_list()
        ]
        meters = [one.id for one in self.park.meters if one.commodity == "electricity" and one.role == "import"]
        read = self._rows.read("readings", today.isoformat())
        mine = read.filter(pl.col("meter_id").is_in(meters), pl.col("start") < begin)
        sums = mine.group_by("start").agg(pl.col("energy_mwh_int").sum())["energy_mwh_int"].to_list()
        return max([*peaks, *(mwh / MWH_PER_KWH / self._step_h for mwh in sums)], default=0.0)

    def _forecasts(self, starts: pl.Series, work: _Work) -> dict[str, Forecast]:
        """Return the forecasts of load, sun and heat with their quantiles; none where nothing is known to make one."""
        found: dict[str, list[pl.DataFrame]] = {}
        told: dict[str, Mapping[str, Any]] = {}
        wanted = {start.isoformat(timespec="seconds").replace("+00:00", "Z") for start in starts.to_list()}
        days = self._days(starts[0])
        for number, day in enumerate(days, start=1):
            try:
                answer = forecast.answer(self.park, self.park_dir, day, self.var, planned=None, proof_days=0)
            except ForecastError:
                return {}
            work.share = 0.4 + 0.6 * number / len(days)
            for name, one in answer["series"].items():
                told[name] = one
                rows = pl.DataFrame(one["rows"]).filter(pl.col("start").is_in(list(wanted)))
                found.setdefault(name, []).append(rows)
        made = {}
        for name, frames in found.items():
            rows = pl.concat(frames)
            if rows.height == starts.len():
                made[name] = Forecast(
                    source=told[name]["source"],
                    history_days=told[name]["history_days"],
                    levels=list(LEVELS),
                    quantile_kw=[rows[f"q{round(level * 100):02d}_kw"].to_list() for level in LEVELS],
                    mean_kw=rows["mean_kw"].to_list(),
                )
        return made


def _done(work: _Work, make: Callable[[], Any]) -> None:
    try:
        work.answer = make()
        work.share, work.state = 1.0, "ready"
    except ParkwrightError as error:
        work.detail, work.state = str(error), "failed"


def _ahead(
    park: Park, begin: datetime, asked: Expected, found: dispatch.Dispatched, forecasts: dict[str, Forecast],
    opening: Opening,
) -> Ahead:  # fmt: skip
    rows = {
        asset_id: frame
        for (asset_id,), frame in found.dispatch.partition_by("asset_id", as_dict=True, maintain_order=True).items()
    }
    power = {key: frame["power_kw"].to_numpy() for key, frame in rows.items()}
    step_h = park.site.metering_interval_s / 3600.0
    bought = np.maximum(power[dispatch.GRID], 0.0)
    sources = _heat_sources(park, power)
    lifted = [one for one in sources if one.key == "waste"]
    return Ahead(
        state="ready", share=1.0, detail="", made_at=begin, start=asked.starts.to_list(),
        interval_s=park.site.metering_interval_s, band=tariff.prices(park, asked.starts)["band"].to_list(),
        price_cny_per_kwh=_told(asked.price, 4), co2e_kg_per_kwh=_told(asked.co2e, 4),
        load_kw=_told(asked.load_kw), solar_kw=_told(asked.pv_kw), heat_kw=_told(asked.heat_kw),
        forecasts=forecasts, assets=_assets(park, rows, opening), heat=sources, status=found.status,
        cost_cny=float(found.objective_cny), import_kwh=float(bought.sum()) * step_h,
        co2e_kg=float((bought * asked.co2e).sum()) * step_h, peak_kw=float(bought.max(initial=0.0)),
        recovered_kwh=float(sum(sum(one.power_kw) for one in lifted)) * step_h,
        curtailed_kwh=float(found.curtailed_kw.sum()) * step_h,
    )  # fmt: skip


def _assets(park: Park, rows: Mapping[str, pl.DataFrame], opening: Opening) -> list[Asset]:
    plant = park.energy
    named: list[tuple[str, str, str, str, float | None]] = [
        *((one.id, one.name.en, one.name.zh, "battery", one.capacity_kwh) for one in plant.battery),
        *((one.id, one.name.en, one.name.zh, "exchanger", None) for one in plant.exchanger),
        *((one.id, one.name.en, one.name.zh, "heat_pump", None) for one in plant.heat_pump),
        *((one.id, one.name.en, one.name.zh, "tank", one.capacity_kwh) for one in plant.tank),
        *((one.id, one.name.en, one.name.zh, "boiler", None) for one in plant.boiler),
        (dispatch.GRID, "Grid", "电网", "grid", None),
    ]
    layers = {one.id: _layers(park, one, rows[one.id], opening) for one in plant.tank if one.id in rows}
    return [
        Asset(
            asset_id=asset_id, name_en=name_en, name_zh=name_zh, kind=kind, capacity_kwh=capacity_kwh,
            power_kw=_told(rows[asset_id]["power_kw"].to_numpy()),
            stored_kwh=rows[asset_id]["state_of_charge_kwh"].round(3).to_list(),
            reason=rows[asset_id]["reason"].to_list(), **layers.get(asset_id, {}),
        )
        for asset_id, name_en, name_zh, kind, capacity_kwh in named
        if asset_id in rows
    ]  # fmt: skip


def _layers(park: Park, one: Tank, rows: pl.DataFrame, opening: Opening) -> dict[str, list[float]]:
    """Return the hottest and the coldest water of a tank at the end of each interval [degC]."""
    held = opening.stored_kwh.get(one.id, one.capacity_kwh * one.opening_share)
    level = tanks.course(one, held, rows["power_kw"].to_numpy(), park.site.metering_interval_s / 3600.0)
    return {"top_c": _told(level[:, 0]), "bottom_c": _told(level[:, -1])}


def _heat_sources(park: Park, power: Mapping[str, Reals]) -> list[HeatSource]:
    """Return where the heat comes from: waste heat exchanged or lifted, the heat pumps' own power, boilers, tanks."""
    found = [
        HeatSource(key="waste", from_c=one.source_c, to_c=one.supply_c, power_kw=_told(power[one.id]))
        for one in park.energy.exchanger
    ]
    for pump in park.energy.heat_pump:
        ratio = float(heat.cop(pump)[0])
        lifted = power[pump.id] * (ratio - 1.0)
        found += [
            HeatSource(key="waste", from_c=pump.source_c, to_c=pump.supply_c, power_kw=_told(lifted)),
            HeatSource(key="pump", from_c=None, to_c=pump.supply_c, power_kw=_told(power[pump.id])),
        ]
    for tank in park.energy.tank:
        given = np.maximum(-power[tank.id], 0.0)
        found.append(HeatSource(key="tank", from_c=None, to_c=None, power_kw=_told(given)))
    for boiler in park.energy.boiler:
        found.append(HeatSource(key="boiler", from_c=None, to_c=None, power_kw=_told(power[boiler.id])))
    return found


def _told(values: Reals, digits: int = 2) -> list[float]:
    return [float(value) for value in np.round(values, digits) + 0.0]


def _numbers(given: Mapping[str, Any]) -> dict[str, float | None]:
    return {name: value for name, value in given.items() if value is None or isinstance(value, int | float)}


def _fleet(one: Mapping[str, Any]) -> LampFleet:
    named = {name: one[name] for name in LampFleet.model_fields if name in one}
    cheapest = one["cheapest"]
    return LampFleet(
        cheapest_panel_w=cheapest["panel_w"], cheapest_battery_wh=cheapest["battery_wh"],
        cheapest_cny=cheapest["cost_cny_per_lamp"], installed_cny=cheapest["installed_cny_per_lamp"], **named,
    )  # fmt: skip


def _nothing(park: Park) -> Ahead:
    return Ahead(
        state="working", share=0.0, detail="", made_at=None, start=[], interval_s=park.site.metering_interval_s,
        band=[], price_cny_per_kwh=[], co2e_kg_per_kwh=[], load_kw=[], solar_kw=[], heat_kw=[], forecasts={},
        assets=[], heat=[], status="", cost_cny=None, import_kwh=None, co2e_kg=None, peak_kw=None, recovered_kwh=None,
        curtailed_kwh=None,
    )  # fmt: skip
