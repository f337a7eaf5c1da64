"""Plausible, conforming facts of one small day (and closed days before it), in memory or into a journal.

`batches(park, until)` gives the batches of the day of `until` up to that instant and the books of the days
before; `MemoryFacts(batches)` reads them as store.journal.Journal.reader does; `write(facts, batches)` appends
them to anything with the Facts port.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

from parkwright.carbon import interval, occupancy, passport
from parkwright.model.opening import folder_opening
from parkwright.model.park import Park
from parkwright.model.tables import TABLES, conform
from parkwright.run.ports import Batch, Facts

DAY = date(2026, 7, 15)
STATIONS = {"L-SMT": ("SMT-PRN", "SMT-OVN", "SMT-AOI"), "L-NB1": ("NB1-ASM", "NB1-TST", "NB1-PCK")}
STAY_S = {"SMT-PRN": 50, "SMT-OVN": 360, "SMT-AOI": 40, "NB1-ASM": 50, "NB1-TST": 600, "NB1-PCK": 45}
KW = {"smt-prn": 4, "smt-ovn": 38, "smt-aoi": 3, "nb1-asm": 6, "nb1-tst": 22, "nb1-pck": 3}


def table(kind: str, rows: Sequence[dict[str, object]]) -> pl.DataFrame:
    """Return conforming rows of a table."""
    return conform(pl.DataFrame(rows, schema=TABLES[kind].schema, orient="row"), TABLES[kind])


class MemoryFacts:
    """Facts in memory behind the reader's methods."""

    def __init__(self, batches: Sequence[Batch], recorded_at: datetime) -> None:
        self.batches = list(batches)
        self.recorded_at = recorded_at

    def read(self, kind: str, start_day: str, end_day: str | None = None) -> pl.DataFrame:
        end_day = end_day or start_day
        found = [b.rows for b in self.batches if b.kind == kind and start_day <= b.day <= end_day]
        return pl.concat(found) if found else TABLES[kind].empty()

    def head(self) -> tuple[int, bytes]:
        return len(self.batches), len(self.batches).to_bytes(32, "big")

    def since(
        self, seq: int, kinds: Sequence[str] | None = None, limit: int = -1
    ) -> list[tuple[int, str, str, datetime, pl.DataFrame]]:
        found = [
            (n, b.kind, b.day, self.recorded_at, b.rows)
            for n, b in enumerate(self.batches, 1)
            if n > seq and (kinds is None or b.kind in kinds)
        ]
        return found if limit < 0 else found[:limit]

    def days(self, kind: str) -> list[str]:
        return sorted({b.day for b in self.batches if b.kind == kind})

    def lookup(self, kind: str, day: str | None, column: str, value: str | int) -> pl.DataFrame:
        return self.read(kind, day or "0000", day or "9999").filter(pl.col(column) == value)


def write(facts: Facts, batches: Sequence[Batch], recorded_at: datetime) -> int:
    """Append the batches, a day at a time."""
    return sum(facts.append([b], recorded_at) for b in batches)


def batches(park: Park, until: datetime, history: int = 14) -> list[Batch]:
    """Return the batches of the day of `until` up to it, and the books of `history` days before."""
    day = until.astimezone(park.zone).date()
    found = []
    for back in range(history, 0, -1):
        past = day - timedelta(days=back)
        found.append(Batch("books", past.isoformat(), 0, "books", past.isoformat(), _books(past)))
    made = FixtureDay(park, day, until).tables()
    for kind, rows in made.items():
        if rows.height:
            found.append(Batch(f"day/{kind}", day.isoformat(), 0, kind, day.isoformat(), conform(rows, TABLES[kind])))
    return found


def _books(day: date) -> pl.DataFrame:
    wave = 1 + 0.08 * math.sin(day.toordinal())
    units, grid, solar = round(900 * wave), 3300 / wave, 1900 * wave
    figures = {
        "units_good": units,
        "units_scrapped": 7,
        "orders_due": 60,
        "orders_late": 2,
        "passports": units,
        "energy_kwh.grid": grid,
        "energy_kwh.pv": solar,
        "energy_kwh.battery_in": 160,
        "energy_kwh.battery_out": 148,
        "energy_kwh.export": 40,
        "co2e_kg.location": grid * 0.6796,
        "co2e_kg.market": grid * 0.6096,
        "cost_cny": grid * 0.82,
        "meters.count": 21,
        "meters.attributed_kwh_residual_max": 0,
        "journals.count": 480,
        "journals.unbalanced": 0,
        "place.L-NB1.electricity_kwh": 2000 * wave,
        "place.L-NB1.units_good": units,
        "band.peak.import_kwh": grid / 4,
        "band.peak.cost_cny": grid / 3,
        "band.valley.import_kwh": 3 * grid / 4,
        "band.valley.cost_cny": grid / 4,
    }
    return table("books", [{"day": day.isoformat(), "key": k, "value": float(v)} for k, v in figures.items()])


class FixtureDay:
    """One day of the small park up to an instant."""

    def __init__(self, park: Park, day: date, until: datetime) -> None:
        self.park, self.day, self.until = park, day, until
        self.midnight = park.midnight(day)
        self.rng = np.random.default_rng(7)
        self.units: list[dict[str, object]] = []

    def at(self, hour: float) -> datetime:
        return self.midnight + timedelta(hours=hour)

    def tables(self) -> dict[str, pl.DataFrame]:
        made: dict[str, pl.DataFrame] = {}
        made |= self._plan()
        made |= self._execution(made["schedule"], made["jobs"])
        made |= self._logistics(made["jobs"])
        made |= self._energy()
        made |= self._carbon(made)
        made |= self._samples(made)
        made["alarms"] = self._alarms()
        return made

    def _plan(self) -> dict[str, pl.DataFrame]:
        orders, jobs, schedule = [], [], []
        clock = {"L-SMT": self.at(6), "L-NB1": self.at(6)}
        for n in range(6):
            self._job(orders, jobs, schedule, clock, f"BJ{n:03d}", "stock", "BRD-A", 150, "L-SMT", 24)
        for n in range(60):
            product = "NB-16" if n % 3 == 2 else "NB-14"
            quantity = 4 if n % 5 else 36
            due = 8 if n in (9, 14) else 14 if n < 22 else 19 if n == 55 else 22
            market = "EU" if n % 3 else "CN"
            self._job(orders, jobs, schedule, clock, f"J{n:04d}", market, product, quantity, "L-NB1", due)
        return {k: table(k, v) for k, v in (("job_orders", orders), ("jobs", jobs), ("schedule", schedule))}

    def _job(
        self,
        orders: list[dict[str, object]],
        jobs: list[dict[str, object]],
        schedule: list[dict[str, object]],
        clock: dict[str, datetime],
        job_id: str,
        market: str,
        product: str,
        quantity: int,
        line: str,
        due: float,
    ) -> None:
        segment = "smt" if line == "L-SMT" else "nb"
        family = self.park.product[product].family_id
        order_id = job_id.replace("J", "O")
        setup_start = clock[line]
        start = setup_start + timedelta(minutes=4)
        end = start + timedelta(seconds=60 * quantity)
        clock[line] = end
        orders.append(
            {
                "order_id": order_id,
                "product_id": product,
                "quantity": quantity,
                "release": self.at(0),
                "due": self.at(due),
                "weight": float(quantity),
                "market_id": market,
            }
        )
        jobs.append(
            {
                "job_id": job_id,
                "order_id": order_id,
                "product_id": product,
                "segment_id": segment,
                "family_id": family,
                "quantity": quantity,
                "kit_ready": setup_start - timedelta(minutes=30),
            }
        )
        schedule.append(
            {
                "job_id": job_id,
                "segment_id": segment,
                "work_center_id": line,
                "setup_start": setup_start,
                "start": start,
                "end": end,
                "energy_kwh": 1.1 * quantity,
                "cost_cny": 0.8 * quantity,
                "co2e_kg": 0.6 * quantity,
            }
        )

    def _execution(self, schedule: pl.DataFrame, jobs: pl.DataFrame) -> dict[str, pl.DataFrame]:
        passages, presence, verdicts, responses, assemblies = [], [], [], [], []
        segment = dict(zip(jobs["job_id"], jobs["segment_id"], strict=True))
        count = {"L-SMT": 0, "L-NB1": 0}
        boards: list[str] = []
        for row in schedule.sort("start").iter_rows(named=True):
            line, quantity = row["work_center_id"], round((row["end"] - row["start"]).total_seconds() / 60)
            good = scrapped = 0
            first = last = None
            for n in range(quantity):
                enter = row["start"] + timedelta(seconds=60 * n + 7 * (n % 3))
                if enter > self.until:
                    break
                count[line] += 1
                unit = f"TP-{self.day:%y%m%d}-{line}-{count[line]:06d}"
                scrap = count[line] % 97 == 96
                fail = count[line] % 31 == 30
                done = self._walk(
                    unit, row["job_id"], segment[row["job_id"]], line, enter, scrap, fail, passages, presence
                )
                first = first or enter
                if line == "L-NB1" and boards:
                    assemblies.append(
                        {
                            "unit_id": unit,
                            "component_id": boards.pop(0),
                            "position": "board",
                            "at": enter + timedelta(seconds=20),
                        }
                    )
                if done is None:
                    continue
                last = done
                good, scrapped = good + (not scrap), scrapped + scrap
                verdicts.append(
                    {
                        "unit_id": unit,
                        "segment_id": segment[row["job_id"]],
                        "at": done,
                        "verdict": "scrap" if scrap else "good",
                        "reason": "pack_scrap" if scrap else "pack_ok",
                    }
                )
                if line == "L-SMT" and not scrap:
                    boards.append(unit)
                elif not scrap:
                    self.units.append({"unit_id": unit, "job_id": row["job_id"], "at": done})
            if last and good + scrapped == quantity:
                responses.append(
                    {
                        "job_id": row["job_id"],
                        "work_center_id": line,
                        "start": first,
                        "end": last,
                        "good": good,
                        "scrapped": scrapped,
                    }
                )
        rows = {
            "passages": passages,
            "presence": presence,
            "verdicts": verdicts,
            "job_responses": responses,
            "assemblies": [a for a in assemblies if a["at"] <= self.until],
        }
        return {kind: table(kind, values) for kind, values in rows.items()}

    def _walk(
        self,
        unit: str,
        job: str,
        segment: str,
        line: str,
        enter: datetime,
        scrap: bool,
        fail: bool,
        passages: list[dict[str, object]],
        presence: list[dict[str, object]],
    ) -> datetime | None:
        at = enter
        for station in STATIONS[line]:
            tries = ["fail", "ok"] if fail and station == "NB1-TST" else ["ok"]
            if scrap and station in ("NB1-PCK", "SMT-AOI"):
                tries = ["scrap"]
            for result in tries:
                end = at + timedelta(seconds=STAY_S[station])
                row = {"unit_id": unit, "job_id": job, "segment_id": segment, "work_unit_id": station, "start": at}
                if end > self.until:
                    presence.append(row)
                    return None
                passages.append(row | {"end": end, "result": result})
                at = end + timedelta(seconds=5)
        return at - timedelta(seconds=5)

    def _logistics(self, jobs: pl.DataFrame) -> dict[str, pl.DataFrame]:
        kits, tasks, moves, mounts = [], [], [], []
        for n, row in enumerate(jobs.iter_rows(named=True)):
            at = row["kit_ready"] + timedelta(minutes=45 if n == 11 else 2)
            if at <= self.until:
                kits.append({"job_id": row["job_id"], "at": at})
                to = "n-smt" if row["segment_id"] == "smt" else "n-nb1"
                tasks.append(
                    {
                        "task_id": f"T-{row['job_id']}",
                        "load_id": f"kit:{row['job_id']}",
                        "from_node": "n-wh",
                        "to_node": to,
                        "release": at,
                        "due": at + timedelta(minutes=20),
                        "weight_kg": 40.0,
                    }
                )
                moves.append(
                    {
                        "task_id": f"T-{row['job_id']}",
                        "robot_id": f"R{n % 4 + 1:02d}",
                        "origin_node": "n-wh",
                        "from_node": "n-wh",
                        "to_node": to,
                        "start": at,
                        "pickup": at + timedelta(minutes=1),
                        "end": at + timedelta(minutes=5),
                    }
                )
        for material, station in (("PANEL-14", "NB1-ASM"), ("CELL-57", "NB1-ASM")):
            for n in range(4):
                start, end = self.at(6 + 2.5 * n), self.at(8.5 + 2.5 * n)
                if start <= self.until:
                    mounts.append(
                        {
                            "lot_id": f"LOT-{material}-{n:03d}",
                            "material_id": material,
                            "work_unit_id": station,
                            "position": material.lower(),
                            "start": start,
                            "end": end if end <= self.until else None,
                        }
                    )
        rows = {"kits": kits, "transport_tasks": tasks, "moves": moves, "mounts": mounts}
        return {kind: table(kind, values) for kind, values in rows.items()}

    def solar_kw(self, hour: float) -> float:
        return max(0.0, 210 * math.sin(math.pi * (hour - 5) / 14)) if 5 < hour < 19 else 0.0

    def battery_kw(self, hour: float) -> float:
        """Into the battery, AC."""
        return 52.0 if 2 <= hour < 4.5 else (-70.0 if 17 <= hour < 18.75 else 0.0)

    def _energy(self) -> dict[str, pl.DataFrame]:
        readings, signal, load, dispatch = [], [], [], []
        soc = 60.0
        for start in self.park.intervals(self.day):
            hour = (start - self.midnight).total_seconds() / 3600
            band, price = (
                ("valley", 0.35)
                if hour < 8
                else (
                    ("sharp", 1.26)
                    if 16 <= hour < 18
                    else (("peak", 1.05) if 9 <= hour < 12 or 18 <= hour < 22 else ("flat", 0.70))
                )
            )
            signal.append(
                {
                    "start": start,
                    "band": band,
                    "price_cny_per_kwh": price,
                    "co2e_kg_per_kwh": 0.6796 * (1 - 0.6 * self.solar_kw(hour) / 210),
                    "cap_kw": 800.0,
                }
            )
            wobble = 1 + 0.1 * float(self.rng.normal())
            power = self._powers(hour, wobble)
            soc += self.battery_kw(hour) * 0.25 * 0.96
            power["hp1"] = 20.0
            tops = sum(power[m] for m in ("b1", "air", "hp1", "robots"))
            site = tops * 1.015
            solar = self.solar_kw(hour) * min(1.0, 0.8 + 0.2 * wobble)
            net = site + self.battery_kw(hour) - solar
            power |= {
                "grid-in": max(net, 0),
                "grid-out": max(-net, 0),
                "pv-1": solar,
                "bat-in": max(self.battery_kw(hour), 0),
                "bat-out": max(-self.battery_kw(hour), 0),
            }
            for meter in self.park.meters:
                if meter.role == "load" and meter.commodity == "electricity":
                    load.append({"start": start, "meter_id": meter.id, "power_kw": self._powers(hour, 1.0)[meter.id]})
            net_plan = (
                sum(self._powers(hour, 1.0)[m] for m in ("b1", "air", "hp1", "robots")) * 1.015
                + 18
                - self.solar_kw(hour)
            )
            for asset, kw, stored, reason in (
                (
                    "BAT1",
                    self.battery_kw(hour),
                    soc,
                    "charge_valley"
                    if self.battery_kw(hour) > 0
                    else ("discharge_peak" if self.battery_kw(hour) < 0 else "hold"),
                ),
                ("HP1", 18.0, None, "serve_heat"),
                ("BO1", 0.0, None, "serve_heat"),
                ("grid", net_plan + self.battery_kw(hour), None, "import"),
            ):
                dispatch.append(
                    {"start": start, "asset_id": asset, "power_kw": kw, "state_of_charge_kwh": stored, "reason": reason}
                )
            if start + timedelta(minutes=15) <= self.until:
                readings += [self._reading(start, meter.id, meter.commodity, power) for meter in self.park.meters]
        rows = {"readings": readings, "signal": signal, "load": load, "dispatch": dispatch}
        return {kind: table(kind, values) for kind, values in rows.items()}

    def _powers(self, hour: float, wobble: float) -> dict[str, float]:
        busy = 1.0 if 6 <= hour < 22 else 0.15
        power = {m: kw * busy * wobble for m, kw in KW.items()}
        power["l-smt"] = sum(power[m] for m in ("smt-prn", "smt-ovn", "smt-aoi")) + 2
        power["l-nb1"] = sum(power[m] for m in ("nb1-asm", "nb1-tst", "nb1-pck")) + 3
        power["b1-hvac"] = 30 + 50 * max(0.0, math.sin(math.pi * (hour - 6) / 14))
        power["b1-light"] = 24.0 if 6 <= hour < 22 else 4.0
        power["b1"] = power["l-smt"] + power["l-nb1"] + power["b1-hvac"] + power["b1-light"] + 5
        power |= {"air": 45 * busy * wobble + 6, "hp1": 2.0, "robots": 7 * busy, "gas-bo1": 12.0}
        return power

    def _reading(self, start: datetime, meter_id: str, commodity: str, power: dict[str, float]) -> dict[str, object]:
        water = commodity == "water"
        quality = "estimated" if meter_id == "air" and start == self.at(10.25) else "good"
        return {
            "start": start,
            "meter_id": meter_id,
            "energy_mwh_int": None if water else round(power[meter_id] * 250_000),
            "value": 420.0 if water else None,
            "quality": quality,
        }

    def _carbon(self, made: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
        readings, passages = made["readings"], made["passages"]
        pools = folder_opening(self.park).pools
        written, step = [], timedelta(minutes=15)
        for start in sorted(readings["start"].unique().to_list()):
            end = start + step
            stood = pl.concat([made["presence"].filter(pl.col("start") < end)])
            here = occupancy.of_interval(self.park, start, end, passages, stood)
            price = made["signal"].filter(pl.col("start") == start)["price_cny_per_kwh"][0]
            closed = interval.close(
                self.park, start, end, readings.filter(pl.col("start") == start), here, round(price * 10_000), pools
            )
            pools = closed.pools
            written.append(closed.postings)
        postings = pl.concat(written) if written else TABLES["postings"].empty()
        until = readings["start"].max() + step if readings.height else self.midnight
        passports = passport.provisional(
            self.park, until, postings, passages, made["verdicts"], made["assemblies"], made["jobs"]
        )
        return {"postings": postings, "passports": passports}

    def _samples(self, made: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
        verdicts = made["verdicts"].filter(pl.col("verdict") == "good")
        rows = []
        at = self.midnight + timedelta(minutes=1)
        states = {"SMT-PRN": 3, "SMT-OVN": 3, "SMT-AOI": 3, "NB1-ASM": 3, "NB1-TST": 6, "NB1-PCK": 5}
        while at <= self.until:
            hour = (at - self.midnight).total_seconds() / 3600
            recent = at > self.until - timedelta(minutes=10)
            values = {
                "BAT1/soc_kwh": 60 + 50 * min(max(hour - 2, 0), 2.5) - 70 * min(max(hour - 17, 0), 1.75),
                "TK1/stored_kwh": 200.0,
                "B1/temperature_c": 25.2,
                "weather/temperature_c": 31.0,
                "weather/ghi_w_per_m2": 700.0,
                "lamps/lit": 0.0,
                "B1-n-t/temperature_c": 25.0 + 0.01 * (at.minute % 7),
                "B1-n-co2/co2_ppm": 1100.0 + at.minute,
                "B1-n-heat/temperature_c": 20.0 if 6 <= hour < 22 else 17.0,
                "B1-n-cold/temperature_c": 26.0 if 6 <= hour < 22 else 29.0,
                "B1-s-t/temperature_c": 26.6 + 0.01 * (at.minute % 7),
                "B1-light/level_share": 1.0 if 6 <= hour < 22 else 0.1,
                "WH-t/temperature_c": 30.0 + 0.01 * (at.minute % 7),
            }
            for line in ("L-SMT", "L-NB1"):
                done = verdicts.filter((pl.col("at") <= at) & pl.col("unit_id").str.contains(line, literal=True)).height
                values[f"{line}/units_out"] = float(done)
            if recent:
                power = self._powers(hour, 1.0)
                values |= {f"{m}/power_kw": kw for m, kw in power.items()}
                values |= {
                    "grid-in/power_kw": 92.0,
                    "pv-1/power_kw": self.solar_kw(hour),
                    "grid-out/power_kw": 0.0,
                    "bat-in/power_kw": 0.0,
                    "bat-out/power_kw": 0.0,
                }
                values |= {f"{u}/state": float(code if 6 <= hour < 22 else 0) for u, code in states.items()}
            rows += [{"start": at, "signal_id": s, "value": float(v), "quality": "good"} for s, v in values.items()]
            at += timedelta(minutes=1 if recent else 15)
        return {"samples": table("samples", rows)}

    def _alarms(self) -> pl.DataFrame:
        rows = [
            (
                8.5,
                "meter_reset",
                "b1-hvac",
                2,
                "meter b1-hvac began anew at 08:30: energy before that is estimated; record the meter change",
            ),
            (
                10.5,
                "meter_silent",
                "air",
                2,
                "Meter air sent nothing for the interval from 10:15; its reading is estimated "
                "from the interval before. Check the gateway or enter a reading.",
            ),
            (
                14.4,
                "meter_backwards",
                "smt-ovn",
                1,
                "meter smt-ovn ran backwards to 812.5: the value is set aside; look after the meter",
            ),
            (
                9.2,
                "reject_share_high",
                "L-NB1",
                3,
                "Line L-NB1 reworked 5 of 60 units between 08:00 and 09:00, above its limit of 4. Look at NB1-TST.",
            ),
        ]
        return table(
            "alarms",
            [
                {"at": self.at(h), "kind": k, "thing_id": t, "severity": s, "text": x}
                for h, k, t, s, x in rows
                if self.at(h) <= self.until
            ],
        )
