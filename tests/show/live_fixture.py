"""Facts that grow with a clock: a plausible live day of any park, minute by minute, behind the reader's methods."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from parkwright.model.park import Park
from parkwright.model.tables import TABLES, conform
from parkwright.move.fleet import robot_ids
from parkwright.move.route import Roads

MINUTE = timedelta(minutes=1)
RUN, DOWN, SETUP, BLOCKED, STARVED = 3, 6, 2, 4, 5


class LiveFacts:
    """Facts up to the clock's minute; `start` is where the first batch lies."""

    def __init__(self, park: Park, clock, start: datetime) -> None:
        self.park, self.clock, self.at = park, clock, start
        self.rng = np.random.default_rng(3)
        self.batches: list[tuple[int, str, str, datetime, pl.DataFrame]] = []
        self.roads = Roads(park.nodes, park.edges)
        self.free = dict.fromkeys(robot_ids(park), (park.fleet.home_node, start)) if park.fleet else {}
        self.state = dict.fromkeys(park.work_unit, 0)
        self.made = {line.id: 0 for line in park.work_centers}
        self.serial = {line.id: 0 for line in park.work_centers}
        finished = {p.segment_id for p in park.products if p.kind == "finished"}
        self.finished = [line.id for line in park.work_centers if finished & set(line.segment_ids)]
        self.power: dict[str, float] = {}
        self._plan()

    def head(self) -> tuple[int, bytes]:
        self._grow()
        return len(self.batches), b""

    def read(self, kind: str, start_day: str, end_day: str | None = None) -> pl.DataFrame:
        self._grow()
        found = [
            rows for _, k, day, _, rows in self.batches if k == kind and start_day <= day <= (end_day or start_day)
        ]
        return pl.concat(found) if found else TABLES[kind].empty()

    def since(self, seq: int, kinds: Sequence[str] | None = None):
        self._grow()
        return [batch for batch in self.batches[seq:] if kinds is None or batch[1] in kinds]

    def days(self, kind: str) -> list[str]:
        return sorted({day for _, k, day, _, _ in self.batches if k == kind})

    def lookup(self, kind: str, day: str, column: str, value: str) -> pl.DataFrame:
        return self.read(kind, day).filter(pl.col(column) == value)

    def _add(self, kind: str, rows: list[dict[str, object]]) -> None:
        if rows:
            day = self.at.astimezone(self.park.zone).date().isoformat()
            frame = conform(pl.DataFrame(rows, schema=TABLES[kind].schema, orient="row"), TABLES[kind])
            self.batches.append((len(self.batches) + 1, kind, day, self.at, frame))

    def _hour(self) -> float:
        local = self.at.astimezone(self.park.zone)
        return local.hour + local.minute / 60

    def _plan(self) -> None:
        day = self.at.astimezone(self.park.zone).date()
        midnight = self.park.midnight(day)
        orders, jobs, schedule = [], [], []
        for line in self.park.work_centers:
            at, n = midnight + timedelta(hours=6), 0
            product = next((p for p in self.park.products if p.segment_id in line.segment_ids), None)
            while at < midnight + timedelta(hours=22) and product is not None:
                quantity = int(self.rng.choice([2, 3, 4, 30, 120], p=[0.3, 0.3, 0.2, 0.15, 0.05]))
                end = at + timedelta(seconds=line.takt_s * quantity * 1.15)
                late = self.rng.random() < 0.03
                job, order = f"J-{line.id}-{n:04d}", f"O-{line.id}-{n:04d}"
                market = "stock" if product.kind == "board" else self.park.markets[0].id
                orders.append({"order_id": order, "product_id": product.id, "quantity": quantity, "release": midnight,
                               "due": end + timedelta(minutes=-20 if late else 90), "weight": 1.0,
                               "market_id": market})  # fmt: skip
                jobs.append({"job_id": job, "order_id": order, "product_id": product.id,
                             "segment_id": product.segment_id, "family_id": product.family_id, "quantity": quantity,
                             "kit_ready": midnight})  # fmt: skip
                schedule.append({"job_id": job, "segment_id": product.segment_id, "work_center_id": line.id,
                                 "setup_start": at, "start": at + timedelta(seconds=10), "end": end, "energy_kwh": 1.0,
                                 "cost_cny": 1.0, "co2e_kg": 1.0})  # fmt: skip
                at, n = end, n + 1
        signal, load = [], []
        for k, start in enumerate(self.park.intervals(day)):
            hour = k / 4
            band = "valley" if hour < 6 or 12 <= hour < 14 else "peak" if 8 <= hour < 10 or 16 <= hour < 22 else "flat"
            band = "sharp" if 18 <= hour < 20 else band
            price = {"valley": 0.28, "flat": 0.7, "peak": 1.12, "sharp": 1.34}[band]
            signal.append({"start": start, "band": band, "price_cny_per_kwh": price, "cap_kw": 6000.0,
                           "co2e_kg_per_kwh": 0.68 * (1 - 0.5 * self._sun(hour))})  # fmt: skip
            load.append({"start": start, "meter_id": "site", "power_kw": self._load(hour)})
        for kind, rows in (
            ("job_orders", orders),
            ("jobs", jobs),
            ("schedule", schedule),
            ("signal", signal),
            ("load", load),
        ):
            self._add(kind, rows)
        self.ends = sorted(((row["end"], row) for row in schedule), key=lambda pair: pair[0])

    def _sun(self, hour: float) -> float:
        return max(0.0, math.sin(math.pi * (hour - 5.2) / 13.8)) ** 1.3 if 5.2 < hour < 19 else 0.0

    def _load(self, hour: float) -> float:
        return 2350 + 500 * math.sin((hour - 9) / 4) if 6 <= hour < 22 else 620

    def _grow(self) -> None:
        while self.at <= self.clock():
            self._minute()
            self.at += MINUTE

    def _minute(self) -> None:
        hour = self._hour()
        working = 6 <= hour < 22
        passages, verdicts, passports = [], [], []
        for line in self.park.work_centers:
            for unit in line.work_unit:
                roll = self.rng.random()
                if not working:
                    self.state[unit.id] = 0
                elif self.state[unit.id] != RUN or roll < 0.03:
                    self.state[unit.id] = int(self.rng.choice([RUN, 1, BLOCKED, STARVED, DOWN, SETUP],
                                                              p=[0.86, 0.04, 0.03, 0.03, 0.015, 0.025]))  # fmt: skip
            if working:
                self._units(line, passages, verdicts, passports)
        self._add("passages", passages)
        self._add("verdicts", verdicts)
        self._add("passports", passports)
        self._samples(hour)
        self._moves(working)
        done = []
        while self.ends and self.ends[0][0] <= self.at:
            row = self.ends.pop(0)[1]
            done.append({"job_id": row["job_id"], "work_center_id": row["work_center_id"], "start": row["start"],
                         "end": row["end"], "good": 3, "scrapped": 0})  # fmt: skip
        self._add("job_responses", done)

    def _units(self, line, passages, verdicts, passports) -> None:
        for _ in range(int(self.rng.poisson(60 / line.takt_s * 0.8))):
            self.serial[line.id] += 1
            day = self.at.astimezone(self.park.zone).strftime("%y%m%d")
            unit = f"{self.park.site.park_id}-{day}-{line.id}-{self.serial[line.id]:06d}"
            good, fail = self.rng.random() > 0.006, self.rng.random() < 0.02
            for station in line.work_unit:
                result = "fail" if fail and station.kind == "test" else "ok"
                passages.append({"unit_id": unit, "job_id": "J", "segment_id": line.segment_ids[0],
                                 "work_unit_id": station.id, "start": self.at - MINUTE, "end": self.at,
                                 "result": result})  # fmt: skip
            verdicts.append({"unit_id": unit, "segment_id": line.segment_ids[0], "at": self.at,
                             "verdict": "good" if good else "scrap", "reason": "passed_all"})  # fmt: skip
            self.made[line.id] += good
            if good and line.id in self.finished:
                product = self.rng.choice([p.id for p in self.park.products if p.segment_id == line.segment_ids[0]])
                passports.append({"unit_id": unit, "product_id": product, "order_id": "O", "at": self.at,
                                  "status": "provisional", "direct_mwh_int": 900_000, "overhead_mwh_int": 2_400_000,
                                  "location_ug": int(2.3e9 * (0.9 + 0.2 * self.rng.random())), "market_ug": 2 * 10**9,
                                  "material_ug": 196_400_000_000, "cost_1e4cny": 20_000})  # fmt: skip

    def _samples(self, hour: float) -> None:
        solar, load = 3100 * self._sun(hour), self._load(hour) + 40 * float(self.rng.normal())
        battery = 620.0 if 12 <= hour < 14 else -540.0 if 18 <= hour < 20 else 0.0
        net = load + battery - solar
        values: dict[str, float] = {f"{unit}/state": float(state) for unit, state in self.state.items()}
        values |= {f"{line}/units_out": float(made) for line, made in self.made.items()}
        fields = max(1, len(self.park.energy.solar))
        role = {"import": max(0, net), "export": max(0, -net), "charge": max(0, battery), "discharge": max(0, -battery),
                "generation": solar / fields}  # fmt: skip
        for meter in self.park.meters:
            if meter.commodity != "electricity":
                continue
            unit = self.park.work_unit.get(meter.serves)
            kw = role.get(
                meter.role, 40.0 if unit is None else unit.run_kw if self.state[unit.id] == RUN else unit.idle_kw
            )
            values[f"{meter.id}/power_kw"] = float(kw)
        for bat in self.park.energy.battery:
            values[f"{bat.id}/soc_kwh"] = bat.capacity_kwh * (0.35 + 0.3 * math.sin(hour / 4))
        for tank in self.park.energy.tank:
            values[f"{tank.id}/stored_kwh"] = tank.capacity_kwh * 0.62
        for building in self.park.buildings:
            values[f"{building.id}/temperature_c"] = 25.4
        values |= {"weather/temperature_c": 24 + 8 * self._sun(hour), "weather/ghi_w_per_m2": 820 * self._sun(hour),
                   "lamps/lit": 1.0 if hour < 5 or hour > 19.5 else 0.0}  # fmt: skip
        self._add(
            "samples", [{"start": self.at, "signal_id": s, "value": v, "quality": "good"} for s, v in values.items()]
        )
        for meter in self.park.meters:
            self.power[meter.id] = self.power.get(meter.id, 0.0) + values.get(f"{meter.id}/power_kw", 0.0) / 60
        if self.at.minute % 15 == 0:
            start = self.at - timedelta(minutes=15)
            self._add("readings", [
                {"start": start, "meter_id": m.id, "energy_mwh_int": round(self.power[m.id] * 1e6), "value": None,
                 "quality": "good"} for m in self.park.meters if m.commodity == "electricity"
            ])  # fmt: skip
            use = round((solar + max(0, net)) / 4 * 1e6)
            co2e = {"journal_id": f"j{start}", "account": "unit:x", "commodity": "co2e", "view": "location",
                    "quantity": round(max(0.0, net) / 4 * 0.6796e9), "start": start, "end": self.at, "factor_id": None,
                    "method_id": "m", "activity_ref": "a"}  # fmt: skip
            self._add("postings", [co2e, co2e | {"commodity": "electricity", "view": "physical", "quantity": use}])
            self.power.clear()

    def _moves(self, working: bool) -> None:
        rows = []
        stops = [n.id for n in self.park.nodes if n.kind in {"line", "warehouse", "dock"}]
        for robot, (node, at) in self.free.items():
            if at > self.at or not working or self.rng.random() < 0.35 or len(stops) < 2:
                continue
            a, b = (str(stop) for stop in self.rng.choice(stops, 2, replace=False))
            pickup = self.at + timedelta(seconds=20 + self.roads.distance_m(node, a) / 1.2)
            end = pickup + timedelta(seconds=20 + self.roads.distance_m(a, b) / 1.2)
            rows.append({"task_id": f"T-{robot}-{self.at:%H%M}", "robot_id": robot, "origin_node": node, "from_node": a,
                         "to_node": b, "start": self.at, "pickup": pickup, "end": end})  # fmt: skip
            self.free[robot] = (b, end)
        self._add("moves", rows)
