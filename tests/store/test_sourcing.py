"""The chain's files are read whole or refused with file, row and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from parkwright.carbon.chain import Exchange, Process
from parkwright.carbon.footprint import Sourcing
from parkwright.model.errors import LedgerError
from parkwright.store import carbon_book, folder, packs, sourcing

TIANJIN = Path(__file__).parents[2] / "parks" / "tianjin"
COLUMNS = ",".join(Sourcing.model_fields)
GOOD = {
    "material_id": "m", "origin": "average", "mass_kg": "1", "distance_km": "2", "freight_factor_id": "", "group": "",
    "scrap_share": "0", "primary_share": "0", "technology": "1", "time": "1", "geography": "1", "cv": "0.1",
    "basis": "assumed: x",
}  # fmt: skip


def write(book: Path, *changes: dict[str, str]) -> Path:
    rows = [{**GOOD, **change} for change in changes]
    lines = [COLUMNS, *(",".join(row[name] for name in Sourcing.model_fields) for row in rows)]
    (book / "sourcing.csv").write_text("\n".join(lines) + "\n")
    return book


def test_a_book_without_the_files_has_none_of_it(tmp_path: Path):
    assert sourcing.sourcing(tmp_path) == {}
    assert sourcing.chain(tmp_path) == sourcing.Chain((), ())
    assert carbon_book.load(tmp_path).footprint is None


def test_rows_come_as_they_stand(tmp_path: Path):
    found = sourcing.sourcing(write(tmp_path, {"group": "g"}, {"material_id": "n", "origin": "supplier"}))
    assert [(name, row.origin, row.group) for name, row in found.items()] == [
        ("m", "average", "g"),
        ("n", "supplier", ""),
    ]


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"scrap_share": "1"}, r"sourcing.csv:2: scrap_share: .*less than 1"),
        ({"primary_share": "1.2"}, "primary_share"),
        ({"mass_kg": "-1"}, "mass_kg"),
        ({"distance_km": "nan"}, "distance_km"),
        ({"cv": "x"}, "cv"),
        ({"technology": "6"}, "technology"),
        ({"origin": "guess"}, "origin"),
        ({"mass_kg": ""}, "mass_kg"),
        ({"basis": "because"}, "basis 'because'; begin it with"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(tmp_path: Path, change: dict[str, str], finding: str):
    with pytest.raises(LedgerError, match=finding):
        sourcing.sourcing(write(tmp_path, change))


def test_a_material_that_comes_twice_and_other_columns_are_refused(tmp_path: Path):
    with pytest.raises(LedgerError, match=r"sourcing.csv:3: m comes twice"):
        sourcing.sourcing(write(tmp_path, {}, {}))
    (tmp_path / "sourcing.csv").write_text("a,b\n1,2\n")
    with pytest.raises(LedgerError, match="has other columns; give basis, material_id"):
        sourcing.sourcing(tmp_path)
    (tmp_path / "sourcing.csv").write_text(f"{COLUMNS}\nm,average\n")
    with pytest.raises(LedgerError, match="has not one cell a column"):
        sourcing.sourcing(tmp_path)
    (tmp_path / "sourcing.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(LedgerError, match="give CSV in UTF-8"):
        sourcing.sourcing(tmp_path)


def write_chain(book: Path, exchange: str) -> Path:
    (book / "processes.csv").write_text(
        f"{','.join(Process.model_fields)}\nassumed: x,a,s,1.5,0.1,g\nassumed: x,b,s,2,,\n"
    )
    (book / "exchanges.csv").write_text(f"{','.join(Exchange.model_fields)}\n{exchange}\n")
    return book


def test_a_chain_is_read_and_must_name_its_own_processes(tmp_path: Path):
    found = sourcing.chain(write_chain(tmp_path, "assumed: x,a,b,3,,"))
    assert [(one.id, one.direct_kg, one.cv, one.group) for one in found.processes] == [
        ("a", 1.5, 0.1, "g"),
        ("b", 2, 0, ""),
    ]
    assert (found.exchanges[0].user_id, found.exchanges[0].quantity, found.exchanges[0].cv) == ("a", 3.0, 0.0)
    with pytest.raises(LedgerError, match=r"exchanges.csv:2: process 'c' is unknown; add it to processes.csv"):
        sourcing.chain(write_chain(tmp_path, "assumed: x,a,c,3,,"))
    with pytest.raises(LedgerError, match="quantity"):
        sourcing.chain(write_chain(tmp_path, "assumed: x,a,b,-3,,"))


def test_every_material_of_the_demonstration_is_sourced_and_its_factors_exist():
    book, park = carbon_book.load(TIANJIN), folder.load(TIANJIN)
    assert set(book.sourcing) == {material.id for material in park.materials}
    editions = packs.library_of(packs.of_park(TIANJIN)).editions
    assert {row.freight_factor_id for row in book.sourcing.values()} <= set(editions)
    assert {book.footprint.life_cycle_id, book.footprint.transmission_id, book.footprint.solar_id} <= set(editions)
    heaviest = max(book.sourcing.values(), key=lambda row: row.mass_kg)
    assert heaviest.material_id == "CHA-SVR"


def test_earlier_inventories_of_the_green_are_read_by_day_and_only_by_day(tmp_path: Path):
    head = "id,kind,species,x_m,y_m,height_m,crown_m,basis"
    (tmp_path / "green-2025-01-01.csv").write_text(f"{head}\nT1,tree,Acer,1,2,3.5,2,assumed: x\n")
    (tmp_path / "green-2024-01-01.csv").write_text(f"{head}\n")
    found = sourcing.earlier_green(tmp_path)
    assert {str(day): [(one.id, one.height_m) for one in trees] for day, trees in found.items()} == {
        "2024-01-01": [], "2025-01-01": [("T1", 3.5)],
    }  # fmt: skip
    for name, rows, finding in (
        ("green-2025-13-01.csv", "", "its name holds no day; call it green-YYYY-MM-DD.csv"),
        ("green-2025-02-01.csv", "T1,tree,Acer,1,2,0,2,assumed: x\n", r"green-2025-02-01.csv:2: height_m"),
        ("green-2025-02-01.csv", "T1,tree,Acer,1,2,3,2,guess\n", "basis 'guess'"),
        ("green-2025-02-01.csv", 2 * "T1,tree,Acer,1,2,3,2,assumed: x\n", "T1 comes twice"),
    ):
        (tmp_path / name).write_text(f"{head}\n{rows}")
        with pytest.raises(LedgerError, match=finding):
            sourcing.earlier_green(tmp_path)
        (tmp_path / name).unlink()


def test_the_demonstrations_earlier_inventory_is_of_the_same_trees():
    book, park = carbon_book.load(TIANJIN), folder.load(TIANJIN)
    now = {one.id: one for one in park.green}
    (before,) = book.earlier_green.values()
    both = [(one, now[one.id]) for one in before if one.id in now]
    assert len(both) > 280
    assert all((one.species, one.x_m, one.y_m) == (then.species, then.x_m, then.y_m) for then, one in both)
    assert 0 < len(before) - len(both) < 10
