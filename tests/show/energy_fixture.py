"""The next 24 hours and the trials as the wire answers them, made up, with a text to plant something in."""

from __future__ import annotations

from datetime import datetime, timedelta

from parkwright.model.errors import PlanError
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
    MovedWork,
    SolarDay,
    SolarFault,
    SolarYield,
    SolarYields,
    WayCost,
    WorkPlan,
    WorkWindow,
)

STEPS = 96
QUARTER = timedelta(minutes=15)
LEVELS = [0.1, 0.25, 0.5, 0.75, 0.9]


def flat(value: float) -> list[float]:
    return [value] * STEPS


def ahead(begin: datetime, text: str = "Battery", **changes) -> Ahead:
    """A plan of 96 quarters in which everything is constant."""
    spread = Forecast(
        source="typical year", history_days=20, levels=LEVELS, quantile_kw=[flat(80.0 + 10.0 * n) for n in range(5)],
        mean_kw=flat(100.0),
    )  # fmt: skip
    store = {"capacity_kwh": 200.0, "stored_kwh": flat(50.0), "name_en": text, "name_zh": text}
    plain = {"capacity_kwh": None, "stored_kwh": [None] * STEPS, "name_en": text, "name_zh": text}
    found = Ahead(
        state="ready", share=1.0, detail="", made_at=begin, start=[begin + n * QUARTER for n in range(STEPS)],
        interval_s=900, band=["valley"] * 48 + ["peak"] * 48, price_cny_per_kwh=flat(0.7), co2e_kg_per_kwh=flat(0.6),
        load_kw=flat(100.0), solar_kw=flat(20.0), heat_kw=flat(30.0),
        forecasts={"load": spread, "pv": spread, "heat": spread},
        assets=[
            Asset(asset_id="BAT1", kind="battery", power_kw=flat(10.0), reason=["hold"] * STEPS, **store),
            Asset(asset_id="TK1", kind="tank", power_kw=flat(-5.0), reason=["serve_heat"] * STEPS, **store),
            Asset(asset_id="BO1", kind="boiler", power_kw=flat(5.0), reason=["serve_heat"] * STEPS, **plain),
            Asset(asset_id="grid", kind="grid", power_kw=flat(90.0), reason=["import"] * STEPS, **plain),
        ],
        heat=[
            HeatSource(key="waste", from_c=30.0, to_c=55.0, power_kw=flat(15.0)),
            HeatSource(key="pump", from_c=None, to_c=55.0, power_kw=flat(5.0)),
            HeatSource(key="tank", from_c=None, to_c=None, power_kw=flat(5.0)),
            HeatSource(key="boiler", from_c=None, to_c=None, power_kw=flat(5.0)),
        ],
        status="optimal", cost_cny=1512.0, import_kwh=2160.0, co2e_kg=1296.0, peak_kw=90.0, recovered_kwh=360.0,
        curtailed_kwh=0.0,
    )  # fmt: skip
    return found.model_copy(update=changes)


def nothing(begin: datetime, **changes) -> Ahead:
    """No plan yet."""
    empty = {name: [] for name in ("start", "band", "price_cny_per_kwh", "co2e_kg_per_kwh", "load_kw", "solar_kw",
                                   "heat_kw", "assets", "heat")}  # fmt: skip
    none = dict.fromkeys(("made_at", "cost_cny", "import_kwh", "co2e_kg", "peak_kw", "recovered_kwh", "curtailed_kwh"))
    return ahead(begin, state="working", share=0.3, forecasts={}, status="", **empty, **none).model_copy(update=changes)


def work_plan(midnight: datetime, text: str = "Racks", **changes) -> WorkPlan:
    """A day on which four hours of 10 kW move from the morning to the night."""
    night, morning = [10.0] * 16 + [0.0] * 80, [0.0] * 32 + [10.0] * 16 + [0.0] * 48
    work = MovedWork(
        work_id="RACKS", name_en=text, name_zh=text, meter_id="m", energy_kwh=40.0, interruptible=False,
        windows=[WorkWindow(earliest=midnight, latest=midnight + 48 * QUARTER, energy_kwh=40.0, of_yesterday=False)],
        moved_kwh=40.0, unshifted_kw=morning, shifted_kw=night, joint_kw=night,
    )  # fmt: skip
    costs = {"unshifted": (900.0, 0.0, 0.0), "shifted": (880.0, 20.0, 40.0), "joint": (875.0, 25.0, 40.0)}
    ways = [
        WayCost(key=key, cost_cny=cost, co2e_kg=100.0, peak_kw=50.0, saved_cny=saved, saved_kg=3.5, moved_kwh=moved)
        for key, (cost, saved, moved) in costs.items()
    ]
    found = WorkPlan(
        state="ready", detail="", day=midnight.date().isoformat(), start=[midnight + n * QUARTER for n in range(STEPS)],
        interval_s=900, band=["valley"] * 32 + ["peak"] * 64, price_cny_per_kwh=flat(0.7), works=[work], ways=ways,
        gap=2e-6, left_cny=0.4,
    )  # fmt: skip
    return found.model_copy(update=changes)


class FakeEnergy:
    """Answers like wire.energy_desk; the trial of glass "slow" is never ready and that of "bad" fails."""

    def __init__(self, text: str = "a name") -> None:
        self.text = text
        self.made: Ahead | None = None
        self.fleets: Lamps | None = None
        self.ill: LampFaults | None = None

    def ahead(self, now: datetime) -> Ahead:
        return self.made or ahead(now, self.text)

    def work(self, now: datetime) -> WorkPlan:
        return work_plan(now.replace(hour=0, minute=0), self.text)

    def offer(self) -> GlassOffer:
        glass = [
            Glass(
                id=name,
                name_en=self.text,
                name_zh=self.text,
                u_w_per_m2k=1.1,
                g=0.3,
                visible=0.6,
                cost_cny_per_m2=450.0,
            )
            for name in ("triple", "slow", "bad")
        ]
        building = Glazed(
            building_id="B1", name_en=self.text, name_zh=self.text, glass_area_m2=900.0, glass_u=1.8, glass_g=0.35
        )
        return GlassOffer(glass=glass, buildings=[building])

    def trial(self, building_id: str, glass_id: str) -> GlassTrial:
        if building_id != "B1":
            raise PlanError(f"building {building_id}: has no glass")
        plain = GlassTrial(
            state="ready", detail="", building_id=building_id, glass_id=glass_id,
            before={"u_w_per_m2k": 1.8, "heating_kwh": 2000.0, "cost_cny": 900.0},
            after={"u_w_per_m2k": 1.1, "heating_kwh": 1500.0, "cost_cny": 700.0}, saved_kwh=500.0, saved_cny=200.0,
            saved_kg=90.0, invested_cny=405_000.0, payback_years=None, price_basis=f"assumed: {self.text}",
        )  # fmt: skip
        if glass_id == "triple":
            return plain
        none = dict.fromkeys(("saved_kwh", "saved_cny", "saved_kg", "invested_cny"))
        state = "working" if glass_id == "slow" else "failed"
        return plain.model_copy(update={"state": state, "detail": "no weather", "before": {}, "after": {}, **none})

    def lamps(self) -> Lamps:
        fleet = LampFleet(
            fleet="LA", count=2, panel_w=60, battery_wh=500, light_kwh=100.0, passers_per_h=6.0, present_share=0.095,
            presence_kwh=7.5, dimming_saves_kwh=70.0, dark_nights=0, loss_of_load=0.0,
            least_charge_share=0.4, autonomy_nights=3.2, health_after_a_year=0.97, design_week="2023-12-18T16:00:00Z",
            cheapest_panel_w=40, cheapest_battery_wh=300, cheapest_cny=440.0, installed_cny=720.0,
        )  # fmt: skip
        dim = fleet.model_copy(update={"fleet": "LB", "dark_nights": 3})
        places = {"LA": [(0.0, 20.0), (200.0, 20.0)], "LB": [(5.0, 6.0)]}
        return self.fleets or Lamps(state="ready", detail="", places_m=places, fleets=[fleet, dim])

    def solar(self, now: datetime) -> SolarYields:
        return solar_yields(self.text)

    def lamp_faults(self, now: datetime) -> LampFaults:
        return self.ill or lamp_faults(now)


def lamp_faults(now: datetime, **changes) -> LampFaults:
    """Three lamps: one sound, one with a weak panel, one silent."""
    sound = Lamp(
        lamp="LA-001", fleet="LA", east_m=0.0, north_m=20.0, charge_wh=400.0, least_wh=200.0, fault=None, share=None,
        silent=False,
    )  # fmt: skip
    weak = {"lamp": "LA-002", "east_m": 200.0, "fault": "panel_weak", "share": 0.47}
    quiet = {"lamp": "LB-001", "fleet": "LB", "east_m": 5.0, "north_m": 6.0, "charge_wh": None, "silent": True}
    found = LampFaults(
        state="ready", detail="", weather="measured", first=now - timedelta(days=14), last=now,
        notes=["lamps: 1 of 1 tell a charge"], lamps=[sound, *(sound.model_copy(update=one) for one in (weak, quiet))],
    )  # fmt: skip
    return found.model_copy(update=changes)


def solar_yields(text: str = "Roof", **changes) -> SolarYields:
    """Two fields of two days: one sound, one that lost a string and is shaded; a third that is not metered."""
    daily = [
        SolarDay(day=f"2026-07-1{n}", measured_kwh=80.0 + n, expected_kwh=100.0, against_weather=0.8 + 0.01 * n)
        for n in range(2)
    ]
    sound = SolarYield(
        field="PV1", name_en=text, name_zh=text, peak_kw=500.0, days=2, judged=True, first_day="2026-07-10",
        last_day="2026-07-11", measured_kwh=161.0, expected_kwh=200.0, kwh_per_kwp=0.322, performance_ratio=0.79,
        against_weather=0.805, worst_day=None, faults=[], daily=daily,
    )  # fmt: skip
    faults = [
        SolarFault(kind="string_out", since="2026-07-11", size=0.2, text=text),
        SolarFault(kind="clock_shift", since="2026-07-10", size=-2.0, text=text),
        SolarFault(kind="soiling", since="2026-07-10", size=0.0012, text=text),
    ]
    ill = sound.model_copy(update={"field": "PV2", "faults": faults})
    unknown = SolarYield(
        field="PV3", name_en=text, name_zh=text, peak_kw=10.0, days=0, judged=False, faults=[], daily=[]
    )
    found = SolarYields(state="ready", detail="", weather="measured", fields=[sound, ill, unknown])
    return found.model_copy(update=changes)
