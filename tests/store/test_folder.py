"""Loading the two parks of the project: known answers and what the issue asks of them."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from parkwright.model.errors import ParkError
from parkwright.model.park import Park
from parkwright.store.check import findings
from parkwright.store.folder import document, load
from parkwright.store.weather import HOURS

ROOT = Path(__file__).parents[2]
TIANJIN = ROOT / "parks" / "tianjin"
STEELWORKS = ROOT / "parks" / "steelworks"


@pytest.fixture(scope="module")
def park() -> Park:
    return load(TIANJIN)


def test_tianjin_checks_clean() -> None:
    assert findings(TIANJIN) == []


def test_tianjin_loads_in_less_than_a_second() -> None:
    start = time.perf_counter()
    load(TIANJIN)
    assert time.perf_counter() - start < 1.0


def test_same_folder_gives_the_same_digest_and_a_changed_byte_another(tmp_path: Path, park: Park) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(TIANJIN, copy)
    assert load(copy).digest == park.digest
    tariff = copy / "tariff.toml"
    tariff.write_text(tariff.read_text(encoding="utf-8").replace("0.7\n", "0.71\n"), encoding="utf-8")
    assert load(copy).digest != park.digest


def test_tianjin_has_the_lines_of_the_issue(park: Park) -> None:
    assert [line.id for line in park.work_centers] == ["L-SMT", "L-NB1", "L-NB2", "L-DT", "L-SV"]
    takts = {line.id: line.takt_s for line in park.work_centers}
    assert takts["L-SMT"] == 10.0
    assert takts["L-NB1"] == takts["L-NB2"] == 9.0
    kinds = Counter(unit.kind for unit in park.work_center["L-SMT"].work_unit)
    assert kinds["printer"] == 1
    assert kinds["placement"] == 2
    assert kinds["oven"] == 2
    assert kinds["inspection"] >= 1
    for line in park.work_centers[1:3]:
        (x0, y0), (x1, y1) = line.start, line.end
        assert abs(x1 - x0) + abs(y1 - y0) == 120.0
        assert [unit.kind for unit in line.work_unit][-1] == "pack"
        assert any(unit.kind == "test" and 480 <= unit.cycle_s <= 720 for unit in line.work_unit)


def test_each_line_keeps_its_takt_and_its_machines_stand_in_order(park: Park) -> None:
    for line in park.work_centers:
        slowest = max(unit.cycle_s / unit.places for unit in line.work_unit)
        assert 0.9 * line.takt_s < slowest <= line.takt_s
        assert all(before.position_m < after.position_m for before, after in pairwise(line.work_unit))


def test_tianjin_has_the_site_and_the_sun_of_the_public_figures(park: Park) -> None:
    assert park.site.park_id == "TJ"
    assert park.site.area_m2 == 112_000
    halls = [building for building in park.buildings if building.kind == "production"]
    assert len(halls) == 3
    assert park.warehouse is not None
    assert park.warehouse.locations == 28_000
    assert {field.building_id for field in park.energy.solar} == {hall.id for hall in halls}
    assert 3600 <= sum(field.peak_kw for field in park.energy.solar) <= 4300
    assert park.fleet is not None
    assert park.fleet.count == 12
    assert sum(lamps.count for lamps in park.energy.lamps) == 200
    assert len(park.green) >= 300


def test_tianjin_has_its_meters(park: Park) -> None:
    power = [meter for meter in park.meters if meter.commodity == "electricity"]
    assert len(power) >= 62
    assert {"heat", "gas", "water"} <= {meter.commodity for meter in park.meters}
    metered = {meter.serves for meter in power if meter.purpose == "machine"}
    assert metered == set(park.work_unit)


def test_each_machine_is_metered_behind_its_line_and_its_building(park: Park) -> None:
    for meter in park.meters:
        if meter.purpose == "machine":
            line = park.meter[meter.parent_id]
            assert line.serves == park.line_of[meter.serves]
            assert park.meter[line.parent_id].serves == park.work_center[line.serves].building_id


def test_finished_products_are_thirty_and_have_a_real_structure(park: Park) -> None:
    finished = [product for product in park.products if product.kind == "finished"]
    boards = [product.id for product in park.products if product.kind == "board"]
    assert len(finished) == 30
    assert len(boards) == 6
    assert sum(product.share for product in finished) == pytest.approx(1.0)
    positions: dict[str, set[str]] = {}
    for line in park.bill:
        positions.setdefault(line.product_id, set()).add(line.position)
    for product in finished:
        assert {"board", "chassis", "packing"} <= positions[product.id]
        if product.segment_id == "SEG-NB":
            assert {"panel", "battery"} <= positions[product.id]
    assert {line.component_id for line in park.bill} >= set(boards)


def test_notebook_materials_weigh_as_much_carbon_as_public_figures_say(park: Park) -> None:
    made = {product.id for product in park.products if product.kind == "board"}
    kg: Counter[str] = Counter()
    for line in park.bill:
        if line.component_id not in made:
            kg[line.product_id] += line.quantity * park.material[line.component_id].footprint_kg_per_unit
    for line in park.bill:
        if line.component_id in made:
            kg[line.product_id] += line.quantity * kg[line.component_id]
    usual = [kg[p.id] for p in park.products if p.segment_id == "SEG-NB" and not p.id.startswith("NB-WS")]
    assert 200 < sum(usual) / len(usual) < 331


def test_two_shifts_load_the_notebook_lines_by_four_fifths_and_leave_the_others_room(park: Park) -> None:
    pattern = park.order_pattern
    assert pattern is not None
    mean_small = pattern.small_below / 2
    mean = (
        pattern.small_share * mean_small
        + pattern.large_share * pattern.large_mean
        + (1 - pattern.small_share - pattern.large_share) * pattern.medium_mean
    )
    units = pattern.orders_per_day * mean
    assert 12_000 < units < 14_000
    for segment, low in {"SEG-NB": 0.75, "SEG-DT": 0.65, "SEG-SV": 0.5}.items():
        share = sum(p.share * p.cycle_factor for p in park.products if p.segment_id == segment)
        capacity = sum(16 * 3600 / line.takt_s for line in park.work_centers if segment in line.segment_ids)
        assert low <= units * share / capacity <= 0.86, segment
    boards = {p.id for p in park.products if p.kind == "board"}
    users = {line.product_id for line in park.bill if line.component_id in boards}
    built = units * sum(p.share for p in park.products if p.id in users) * (1 + pattern.stock_share)
    built -= pattern.opening_boards * len(boards)
    assert 4000 < built < 16 * 360 * 0.9


def test_calendar_has_two_shifts_and_one_on_sunday(park: Park) -> None:
    wednesday = park.shifts(date(2026, 7, 15))
    assert wednesday == [
        (datetime(2026, 7, 14, 22, tzinfo=UTC), datetime(2026, 7, 15, 6, tzinfo=UTC)),
        (datetime(2026, 7, 15, 6, tzinfo=UTC), datetime(2026, 7, 15, 14, tzinfo=UTC)),
    ]
    assert len(park.shifts(date(2026, 7, 19))) == 1
    assert park.shifts(date(2026, 10, 1)) == []


def test_factors_are_the_published_decimals(park: Park) -> None:
    assert park.factor[park.site.accounting_grid_factor].value == "0.6796"
    assert park.factor[park.site.residual_grid_factor].value == "0.6096"
    assert park.factor["cn-lifecycle-2024"].value == "0.5777"
    assert park.factor["uk-natural-gas-2022"].value == "0.18254"


def test_tariff_has_the_published_hours_and_ratios(park: Park) -> None:
    tariff = park.tariffs[0]
    assert tariff.placeholder
    assert tariff.valid_from == "2025-10-01"
    assert tariff.ratio == {"sharp": 1.92, "peak": 1.6, "flat": 1.0, "valley": 0.4}
    hours: dict[int, list[str]] = {month: ["flat"] * 24 for month in range(1, 13)}
    for band in tariff.band:
        for month in band.months:
            for start, end in band.hours:
                hours[month][int(start) : int(end)] = [band.band] * int(end - start)
    july = ["flat"] + ["valley"] * 8 + ["flat"] * 6 + ["peak"] * 5 + ["sharp"] * 2 + ["peak"] + ["flat"]
    april = ["valley"] * 6 + ["flat"] * 2 + ["peak"] * 2 + ["flat"] * 2 + ["valley"] * 2 + ["flat"] * 2
    assert hours[7] == hours[8] == july
    assert hours[4] == [*april, *["peak"] * 6, *["flat"] * 2]
    assert hours[12][18:20] == hours[1][18:20] == hours[2][18:20] == ["sharp", "sharp"]
    assert "sharp" not in hours[3]


def test_weather_is_a_year_labelled_by_the_start_of_the_hour(park: Park) -> None:
    assert park.weather.height == HOURS
    assert park.weather.row(0)[:4] == (1, 1, 0, -5.4)
    by_hour = park.weather.group_by("hour").agg(pl.col("ghi_w_per_m2").mean()).sort("ghi_w_per_m2")
    assert by_hour["hour"][-1] in (11, 12)
    assert 1200 < park.weather["ghi_w_per_m2"].sum() / 1000 < 1800


def test_three_suppliers_deliver_late_and_more_do_not(park: Park) -> None:
    late = [supplier for supplier in park.suppliers if supplier.late_share > 0]
    assert len(late) == 3
    assert len(park.suppliers) > 6


def test_park_says_of_each_figure_where_it_comes_from() -> None:
    for name in ("lines.toml", "buildings.toml", "energy.toml", "products.toml", "park.toml"):
        text = (TIANJIN / name).read_text(encoding="utf-8")
        assert '"assumed: ' in text
        assert '"todo' not in text.lower()


def test_steelworks_is_metered_only() -> None:
    park = load(STEELWORKS)
    assert findings(STEELWORKS) == []
    assert park.work_centers == ()
    assert [meter.role for meter in park.meters] == ["import"]
    assert park.zone.key == "Asia/Seoul"
    assert park.meter_files[0].label == "end"
    assert park.shifts(date(2018, 3, 5)) == []


def test_each_day_of_2018_has_96_intervals_in_the_steelworks() -> None:
    park = load(STEELWORKS)
    given = park.meter_files[0]
    rows = pl.read_csv(STEELWORKS / given.file)
    frame = rows.with_columns(start=pl.col(given.time_column).str.to_datetime(given.time_format).dt.offset_by("-15m"))
    days = frame.group_by(pl.col("start").dt.date()).len()
    assert days.height == 365
    assert days["len"].unique().to_list() == [96]
    assert rows[given.value_column].sum() == pytest.approx(959_640.31)


def test_documentation_of_the_folder_is_current() -> None:
    written = (ROOT / "docs" / "look-up" / "park-folder.md").read_text(encoding="utf-8")
    assert written == document(), "run: python -m parkwright.store.document > docs/look-up/park-folder.md"


def test_documentation_names_every_file_of_the_tianjin_folder() -> None:
    text = document()
    for source in TIANJIN.iterdir():
        if source.is_file() and source.suffix != ".md":
            assert f"## {source.name}" in text


def test_folder_that_is_not_there_is_named() -> None:
    with pytest.raises(ParkError, match=r"nowhere.*give the folder of a park"):
        load(ROOT / "nowhere")


def test_file_in_place_of_a_folder_is_named() -> None:
    with pytest.raises(ParkError, match=r"README\.md"):
        load(ROOT / "README.md")
