"""A morning of the small park by hand: so few rows that every figure of every page can be worked out on paper.

Two metering intervals are closed (08:00 and 08:15); the park's clock stands at 08:43:30.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl
from facts_fixture import MemoryFacts, table
from park_fixture import small_park

from parkwright.run.ports import Batch
from parkwright.show.frames import Frames

PARK = small_park()
DAY = date(2026, 7, 15)
YESTERDAY, YEAR_AGO = date(2026, 7, 14), date(2025, 7, 15)


def at(clock: str, day: date = DAY) -> datetime:
    """Return the instant of a time of day "HH:MM[:SS]" in the park's zone."""
    hours, minutes, *seconds = (int(part) for part in clock.split(":"))
    return PARK.midnight(day) + timedelta(hours=hours, minutes=minutes, seconds=sum(seconds))


NOW = at("08:43:30")

ORDERS = [  # order, product, quantity, due, weight, market
    ("O1", "NB-14", 2, "08:00", 10.0, "CN"),
    ("O2", "NB-16", 3, "08:30", 4.0, "EU"),
    ("O3", "NB-14", 4, "09:00", 1.0, "EU"),
    ("O4", "NB-14", 1, "20:00", 2.0, "CN"),
    ("S1", "BRD-A", 5, "23:00", 1.0, "stock"),
]
SCHEDULE = [  # job, segment, line, setup, start, end, kWh, CNY, kg
    ("J1", "nb", "L-NB1", "07:00", "07:10", "07:40", 2.0, 1.5, 1.25),
    ("J2", "nb", "L-NB1", "07:40", "07:45", "08:45", 3.0, 2.5, 2.0),
    ("J3", "nb", "L-NB1", "08:45", "08:50", "09:20", 4.0, 3.5, 2.25),
    ("B1", "smt", "L-SMT", "06:00", "06:30", "08:00", 1.0, 0.5, 0.5),
]
VERDICTS = [  # unit, segment, at, verdict
    ("BU1", "smt", "06:50", "good"),
    ("U1", "nb", "07:40", "good"),
    ("U2", "nb", "07:50", "good"),
    ("U3", "nb", "08:20", "good"),
    ("U4", "nb", "08:25", "scrap"),
    ("U5", "nb", "08:36", "good"),
]
PASSAGES = [  # unit, station, start, end, result
    ("BU1", "SMT-PRN", "06:30", "06:31", "ok"),
    ("U1", "NB1-ASM", "07:10", "07:12", "ok"),
    ("U1", "NB1-PCK", "07:38", "07:40", "ok"),
    ("U2", "NB1-ASM", "07:12", "07:14", "ok"),
    ("U3", "NB1-TST", "07:46", "07:56", "fail"),
    ("U3", "NB1-TST", "08:00", "08:10", "ok"),
    ("U4", "NB1-TST", "08:00", "08:10", "scrap"),
    ("U5", "NB1-PCK", "08:34", "08:36", "ok"),
]
KWH = {  # meter: (08:00, 08:15)
    "grid-in": (10, 6), "grid-out": (1, 0), "pv-1": (4, 5), "bat-in": (3, 2), "bat-out": (2, 0),
    "b1": (10, 7), "l-smt": (3, 2), "smt-prn": (0.5, 0.5), "smt-ovn": (2, 1), "smt-aoi": (0.25, 0.25),
    "l-nb1": (3, 3), "nb1-asm": (1, 1), "nb1-tst": (1.5, 1.5), "nb1-pck": (0.25, 0.25), "b1-hvac": (2, 1),
    "b1-light": (1, 1), "air": (1, 0.5), "hp1": (0.25, 0.25), "robots": (0.25, 0.25), "gas-bo1": (1, 1),
}  # fmt: skip
LOAD_KW = {"08:00": {"b1": 40.0, "air": 10.0, "l-smt": 15.0}, "08:15": {"b1": 30.0}, "08:30": {"b1": 30.0}}
DISPATCH = [  # start, asset, kW, kWh, reason
    ("08:00", "grid", 40.0, None, "import"), ("08:00", "HP1", 4.0, None, "serve_heat"),
    ("08:00", "BAT1", 5.0, 101.0, "charge_valley"), ("08:00", "BO1", 9.0, None, "serve_heat"),
    ("08:15", "grid", -20.0, None, "import"), ("08:15", "HP1", 4.0, None, "serve_heat"),
    ("08:15", "BAT1", 0.0, 101.0, "hold"), ("08:30", "grid", 100.0, None, "import"),
    ("08:30", "HP1", 4.0, None, "serve_heat"),
]  # fmt: skip
SAMPLES = [  # at, signal, value
    ("08:15", "BAT1/soc_kwh", 101.5), ("08:30", "BAT1/soc_kwh", 103.25), ("08:42", "grid-in/power_kw", 99.0),
    ("08:43", "grid-in/power_kw", 30.0), ("08:43", "grid-out/power_kw", 0.0), ("08:43", "pv-1/power_kw", 12.0),
    ("08:43", "bat-in/power_kw", 2.0), ("08:43", "bat-out/power_kw", 0.0), ("08:43", "b1/power_kw", 33.0),
]  # fmt: skip
MOVES = [("T1", "R01", "08:40", "08:50"), ("T2", "R02", "08:00", "08:20"), ("T3", "R01", "08:50", "09:00")]
ALARMS = [  # at, kind, thing, severity, text
    ("08:05", "meter_silent", "air", 2, "Meter air sent nothing"),
    ("08:10", "meter_backwards", "smt-ovn", 1, "meter smt-ovn ran backwards"),
    ("08:12", "meter_rollover", "b1", 3, "meter b1 rolled over"),
    ("08:20", "meter_silent", "air", 2, "Meter air sent nothing again"),
]
POSTINGS = [  # account, commodity, view, start, quantity, method
    ("source:grid", "co2e", "location", "08:00", -6_796_000_000, "import_x_factor"),
    ("source:grid", "co2e", "location", "08:15", -4_077_600_000, "import_x_factor"),
    ("source:grid", "co2e", "market", "08:00", -6_096_000_000, "import_x_factor"),
    ("source:grid", "co2e", "market", "08:15", -3_657_600_000, "import_x_factor"),
    ("scope1:BO1", "co2e", "location", "08:00", -182_540_000, "fuel_x_factor"),
    ("scope1:BO1", "co2e", "location", "08:15", -182_540_000, "fuel_x_factor"),
    ("unit:U3", "co2e", "location", "08:15", 11_238_680_000, "share"),
    ("pool:BAT1", "co2e", "location", "08:00", -5_000_000, "carried"),
    ("source:grid", "cny", "tariff", "08:00", -70_000, "import_x_factor"),
    ("export:grid", "cny", "tariff", "08:00", 3_600, "import_x_factor"),
    ("source:grid", "cny", "tariff", "08:15", -63_000, "import_x_factor"),
    ("unit:U3", "cny", "tariff", "08:15", 129_400, "share"),
]
PASSPORTS = [  # unit, product, order, at, status, direct, overhead, location, market, material, cost
    ("U1", "NB-14", "O1", "07:40", "provisional", 400_000, 0, 270_000_000, 243_000_000, 38_400_000_000, 2_800),
    ("U2", "NB-14", "O1", "07:50", "provisional", 500_000, 0, 340_000_000, 305_000_000, 38_400_000_000, 3_500),
    ("U1", "NB-14", "O1", "07:40", "final", 400_000, 900_000, 880_000_000, 790_000_000, 38_400_000_000, 9_100),
]  # fmt: skip
BOOKS = {
    YESTERDAY: {
        "units_good": 8, "orders_due": 20, "orders_late": 5, "energy_kwh.grid": 100, "energy_kwh.pv": 20,
        "energy_kwh.battery_out": 5, "energy_kwh.battery_in": 6, "energy_kwh.export": 3, "cost_cny": 80,
        "co2e_kg.location": 68, "co2e_kg.market": 61,
    },
    YEAR_AGO: {
        "units_good": 2, "orders_due": 4, "orders_late": 0, "energy_kwh.grid": 14, "cost_cny": 10,
        "co2e_kg.location": 9, "co2e_kg.market": 8,
    },
}  # fmt: skip


def _plan() -> dict[str, list[dict[str, object]]]:
    orders = [
        {"order_id": o, "product_id": p, "quantity": q, "release": at("00:00"), "due": at(due), "weight": w,
         "market_id": m}
        for o, p, q, due, w, m in ORDERS
    ]  # fmt: skip
    jobs = [
        {"job_id": ("B1" if o == "S1" else o.replace("O", "J")), "order_id": o, "product_id": p,
         "segment_id": PARK.product[p].segment_id, "family_id": PARK.product[p].family_id, "quantity": q,
         "kit_ready": at("06:00")}
        for o, p, q, *_ in ORDERS
    ]  # fmt: skip
    schedule = [
        {"job_id": j, "segment_id": s, "work_center_id": line, "setup_start": at(a), "start": at(b), "end": at(c),
         "energy_kwh": kwh, "cost_cny": cny, "co2e_kg": kg}
        for j, s, line, a, b, c, kwh, cny, kg in SCHEDULE
    ]  # fmt: skip
    signal = [
        {"start": at(c), "band": band, "price_cny_per_kwh": price, "co2e_kg_per_kwh": kg, "cap_kw": 800.0}
        for c, band, price, kg in (
            ("08:00", "flat", 0.7, 0.5),
            ("08:15", "peak", 1.05, 0.4),
            ("08:30", "peak", 1.05, 0.4),
        )
    ]
    load = [{"start": at(c), "meter_id": m, "power_kw": kw} for c, row in LOAD_KW.items() for m, kw in row.items()]
    dispatch = [
        {"start": at(c), "asset_id": a, "power_kw": kw, "state_of_charge_kwh": soc, "reason": why}
        for c, a, kw, soc, why in DISPATCH
    ]
    return {"job_orders": orders, "jobs": jobs, "schedule": schedule, "signal": signal, "load": load,
            "dispatch": dispatch}  # fmt: skip


def _shop() -> dict[str, list[dict[str, object]]]:
    segment = {unit: segment for unit, segment, *_ in VERDICTS}
    verdicts = [
        {"unit_id": u, "segment_id": s, "at": at(c), "verdict": v, "reason": "pack_ok"} for u, s, c, v in VERDICTS
    ]
    passages = [
        {"unit_id": u, "job_id": "J", "segment_id": segment[u], "work_unit_id": w, "start": at(a), "end": at(b),
         "result": r}
        for u, w, a, b, r in PASSAGES
    ]  # fmt: skip
    responses = [
        {"job_id": "J1", "work_center_id": "L-NB1", "start": at("07:10"), "end": at("07:50"), "good": 2, "scrapped": 0},
        {"job_id": "B1", "work_center_id": "L-SMT", "start": at("06:30"), "end": at("08:05"), "good": 5, "scrapped": 0},
    ]
    moves = [
        {"task_id": t, "robot_id": r, "origin_node": "n-wh", "from_node": "n-wh", "to_node": "n-nb1", "start": at(a),
         "pickup": at(a), "end": at(b)}
        for t, r, a, b in MOVES
    ]  # fmt: skip
    return {"verdicts": verdicts, "passages": passages, "job_responses": responses, "moves": moves}


def _meters() -> dict[str, list[dict[str, object]]]:
    readings = [
        {"start": at(clock), "meter_id": meter, "energy_mwh_int": round(kwh[n] * 1_000_000), "value": None,
         "quality": "estimated" if (meter, n) == ("air", 0) else "good"}
        for n, clock in enumerate(("08:00", "08:15"))
        for meter, kwh in KWH.items()
    ]  # fmt: skip
    samples = [{"start": at(c), "signal_id": s, "value": v, "quality": "good"} for c, s, v in SAMPLES]
    alarms = [
        {"at": at(c), "kind": k, "thing_id": t, "severity": s, "text": text} for c, k, t, s, text in ALARMS
    ]  # fmt: skip
    postings = [
        {"journal_id": f"{c}/{commodity}", "account": account, "commodity": commodity, "view": view,
         "quantity": quantity, "start": at(c), "end": at(c) + timedelta(minutes=15), "factor_id": None,
         "method_id": method, "activity_ref": "grid-in"}
        for account, commodity, view, c, quantity, method in POSTINGS
    ]  # fmt: skip
    names = ("direct_mwh_int", "overhead_mwh_int", "location_ug", "market_ug", "material_ug", "cost_1e4cny")
    passports = [
        {"unit_id": u, "product_id": p, "order_id": o, "at": at(c), "status": s} | dict(zip(names, rest, strict=True))
        for u, p, o, c, s, *rest in PASSPORTS
    ]
    return {"readings": readings, "samples": samples, "alarms": alarms, "postings": postings, "passports": passports}


def _yesterday() -> dict[str, list[dict[str, object]]]:
    day = YESTERDAY
    verdicts = [
        {"unit_id": u, "segment_id": "nb", "at": at(c, day), "verdict": "good", "reason": "pack_ok"}
        for u, c in (("V1", "08:00"), ("V2", "09:00"))
    ]
    readings = [
        {
            "start": at(c, day),
            "meter_id": "grid-in",
            "energy_mwh_int": kwh * 1_000_000,
            "value": None,
            "quality": "good",
        }
        for c, kwh in (("08:15", 20), ("09:00", 70))
    ]
    return {"verdicts": verdicts, "readings": readings}


def tiny_batches() -> list[Batch]:
    """Return the whole ledger as batches, one a kind and day."""
    days = {DAY: _plan() | _shop() | _meters(), YESTERDAY: _yesterday()}
    found = [
        Batch(kind, day.isoformat(), 0, kind, day.isoformat(), table(kind, rows))
        for day, kinds in days.items()
        for kind, rows in kinds.items()
    ]
    for day, figures in BOOKS.items():
        rows = [{"day": day.isoformat(), "key": key, "value": float(value)} for key, value in figures.items()]
        found.append(Batch("books", day.isoformat(), 0, "books", day.isoformat(), table("books", rows)))
    return found


def tiny_facts(**changed: pl.DataFrame) -> MemoryFacts:
    """Return the ledger; `changed` puts other rows in the place of a kind of today."""
    kept = [b for b in tiny_batches() if not (b.kind in changed and b.day == DAY.isoformat())]
    own = [Batch(kind, DAY.isoformat(), 0, kind, DAY.isoformat(), rows) for kind, rows in changed.items()]
    return MemoryFacts(kept + own, NOW)


def tiny_rows(**changed: pl.DataFrame) -> Frames:
    """Return the ledger as the answers read it."""
    return Frames(tiny_facts(**changed))
