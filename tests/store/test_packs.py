"""A pack is whole, sourced and unchanged, or refused with its reason; the shipped ones hold the public figures."""

from __future__ import annotations

import hashlib
import re
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from parkwright.carbon.editions import GridFactor, LifeCycleFactor
from parkwright.model.errors import LedgerError
from parkwright.store import folder, packs

ROW = "x-1,P,D,C,2023,2025,CN,CO2,grid_emission,0.5,kWh,L,true"
TIANJIN = Path(__file__).parents[2] / "parks" / "tianjin"


def write(place: Path, text: str, name: str = "factors.csv", manifest: str = "", sha256: str | None = None) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    (place / name).write_text(text, "utf-8")
    digest = sha256 or hashlib.sha256(text.encode()).hexdigest()
    head = 'title = "t"\nlicence = "l"\nshare_alike = false\n'
    (place / "pack.toml").write_text(f'{head}[[file]]\nname = "{name}"\nsha256 = "{digest}"\n{manifest}', "utf-8")
    return place


def factors(*rows: str) -> str:
    return "\n".join([",".join(packs.COLUMNS), *rows, ""])


def test_the_shipped_packs_are_whole_and_hold_what_they_say():
    found = {pack.id: pack for pack in packs.of_park(None)}
    assert {name: (len(p.editions), len(p.warming)) for name, p in found.items()} == {
        "cn-power": (123, 0), "ipcc-gwp": (0, 3), "ipcc-power": (1, 0), "uk-2022": (18, 0), "us-epa-2024": (1, 0),
    }  # fmt: skip
    assert not any(pack.share_alike for pack in found.values())
    assert all(len(pack.sha256) == 64 for pack in found.values())


def test_every_province_has_three_editions_and_only_the_newest_is_verified():
    grid = [e for e in packs.load(packs.SHIPPED / "cn-power").editions if e.geography.startswith("CN-")]
    assert len({e.geography for e in grid}) == 30
    assert sorted({e.data_year for e in grid}) == [2021, 2022, 2023]
    assert len(grid) == 90
    assert all(e.verified == (e.data_year == 2023) and isinstance(e, GridFactor) for e in grid)


def test_one_or_two_sources_do_not_verify_a_factor():
    known = {e.id: e for e in packs.load(packs.SHIPPED / "cn-power").editions}
    assert {name: known[name].verified for name in ("cn-national-2023", "cn-residual-2023")} == {
        "cn-national-2023": True, "cn-residual-2023": True,
    }  # fmt: skip
    assert not any(e.verified for e in known.values() if isinstance(e, LifeCycleFactor))
    assert not known["cn-fossil-2023"].verified


def test_the_parks_own_factors_agree_with_the_pack_of_the_same_id():
    library = packs.library_of(packs.of_park(None))
    park = folder.load(TIANJIN)
    shared = [factor for factor in park.factors if factor.id in library.editions]
    assert len(shared) == len(park.factors)
    for factor in shared:
        edition = library.editions[factor.id]
        assert (factor.publisher, factor.document, factor.cell, factor.data_year) == (
            edition.publisher, edition.document, edition.cell, edition.data_year,
        )  # fmt: skip
        assert Decimal(factor.value) == edition.value


def test_the_three_assessment_reports_have_their_gases():
    sets = {one.id: one for one in packs.load(packs.SHIPPED / "ipcc-gwp").warming}
    assert sorted(sets) == ["AR4", "AR5", "AR6"]
    assert [sets[name].of("HFC-32") for name in sorted(sets)] == [675, 677, 771]
    assert [sets[name].of("CO2") for name in sorted(sets)] == [1, 1, 1]
    assert sets["AR6"].cell == "Supplementary Table 7.SM.7"


def test_a_park_replaces_a_pack_and_adds_another(tmp_path: Path):
    write(tmp_path / "carbon" / "packs" / "uk-2022", factors(ROW))
    write(tmp_path / "carbon" / "packs" / "own", factors(ROW.replace("x-1", "own-1")))
    found = {pack.id: pack for pack in packs.of_park(tmp_path)}
    assert [e.id for e in found["uk-2022"].editions] == ["x-1"]
    assert sorted(found) == ["cn-power", "ipcc-gwp", "ipcc-power", "own", "uk-2022", "us-epa-2024"]
    assert packs.library_of(found.values()).get("own-1", GridFactor).value == Decimal("0.5")


def test_a_pack_that_changes_a_known_edition_is_refused(tmp_path: Path):
    row = ROW.replace("x-1", "cn-tj-2023")
    write(tmp_path / "carbon" / "packs" / "own", factors(row))
    with pytest.raises(LedgerError, match="factor cn-tj-2023: pack own gives other content than pack cn-power"):
        packs.library_of(packs.of_park(tmp_path))


@pytest.mark.parametrize("name", ["factors.csv", "gwp.csv"])
def test_one_changed_byte_of_a_pack_is_found(tmp_path: Path, name: str):
    source = next(path.parent for path in packs.SHIPPED.glob(f"*/{name}"))
    copy = Path(shutil.copytree(source, tmp_path / source.name))
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(LedgerError, match=f"{name}: was changed"):
        packs.load(copy)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (ROW.replace(",P,", ",,"), "factor 'x-1': no publisher; a factor without its source is no factor"),
        (ROW.replace(",D,", ",,"), "no document"),
        (ROW.replace(",L,", ", ,"), "no licence"),
        (ROW.replace("grid_emission", "grid"), "kind 'grid'; use one of grid_emission"),
        (ROW.replace("0.5", "0,5"), "has not one cell a column"),
        (ROW.replace("0.5", "half"), "'half' is no decimal"),
        (ROW.replace("0.5", "-0.5"), "-0.5 is negative"),
        (ROW.replace("true", "yes"), "verified is 'yes'"),
        (ROW.replace("2023", "23"), "data_year '23'"),
        (ROW.rsplit(",", 1)[0], "has not one cell a column"),
    ],
)
def test_a_row_that_breaks_its_contract_is_refused_with_its_line(tmp_path: Path, row: str, says: str):
    with pytest.raises(LedgerError, match=r"factors\.csv:2") as error:
        packs.load(write(tmp_path / "p", factors(row)))
    assert says in str(error.value)


def test_columns_that_are_not_the_contracts_are_refused(tmp_path: Path):
    with pytest.raises(LedgerError, match=r"has columns id, value; give id, publisher"):
        packs.load(write(tmp_path / "p", "id,value\na,1\n"))


@pytest.mark.parametrize(
    ("manifest", "says"),
    [
        ("", "has no title"),
        ("title = 3", "has no title"),
        ("title =", "cannot be read"),
        ('title = "t"\nlicence = "l"\nshare_alike = false\n', "has no file"),
        ('title = "t"\nlicence = "l"\nshare_alike = false\n[[file]]\nname = "a"\nsha256 = "12"', "needs its name and"),
        (
            f'title = "t"\nlicence = "l"\nshare_alike = false\n[[file]]\nname = "a"\nsha256 = "{"0" * 64}"',
            "a: cannot be",
        ),
    ],
)
def test_a_manifest_that_is_not_whole_is_refused(tmp_path: Path, manifest: str, says: str):
    (tmp_path / "pack.toml").write_text(manifest)
    with pytest.raises(LedgerError, match=says):
        packs.load(tmp_path)


def test_a_pack_reads_nothing_outside_its_folder(tmp_path: Path):
    (tmp_path / "secret.csv").write_text("a")
    write(tmp_path / "p", factors(ROW))
    text = (tmp_path / "p" / "pack.toml").read_text().replace("factors.csv", "../secret.csv")
    (tmp_path / "p" / "pack.toml").write_text(text)
    with pytest.raises(LedgerError, match="cannot be read"):
        packs.load(tmp_path / "p")


def test_a_warming_set_needs_its_source(tmp_path: Path):
    with pytest.raises(LedgerError, match=r"has no \[\[warming_set\]\] of id AR9"):
        packs.load(write(tmp_path / "p", "gas,AR9\nCH4,30\n", "gwp.csv"))
    with pytest.raises(LedgerError, match="warming set AR9: no 'publisher'"):
        packs.load(write(tmp_path / "q", "gas,AR9\nCH4,30\n", "gwp.csv", '[[warming_set]]\nid = "AR9"\n'))
    with pytest.raises(LedgerError, match="names no gas"):
        packs.load(write(tmp_path / "r", "AR9\n30\n", "gwp.csv"))


def test_another_file_in_a_pack_is_refused(tmp_path: Path):
    with pytest.raises(LedgerError, match=r"names more\.csv; a pack holds factors\.csv and gwp\.csv"):
        packs.load(write(tmp_path / "p", "a", "more.csv"))


def test_a_file_that_is_no_text_is_refused(tmp_path: Path):
    place = write(tmp_path / "p", factors(ROW))
    (place / "factors.csv").write_bytes(b"\xff\xfe")
    digest = hashlib.sha256(b"\xff\xfe").hexdigest()
    manifest = (place / "pack.toml").read_text()
    (place / "pack.toml").write_text(manifest[: manifest.index("sha256")] + f'sha256 = "{digest}"\n')
    with pytest.raises(LedgerError, match="is no UTF-8 text"):
        packs.load(place)


@pytest.mark.parametrize(
    "path", sorted(packs.SHIPPED.glob("*/*.csv")), ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_a_value_that_was_edited_in_a_shipped_pack_is_found(tmp_path: Path, path: Path):
    copy = Path(shutil.copytree(path.parent, tmp_path / path.parent.name))
    lines = (copy / path.name).read_text("utf-8").splitlines(keepends=True)
    for number in range(1, len(lines), max(1, len(lines) // 7)):
        changed = list(lines)
        changed[number] = changed[number].replace("1", "2", 1) if "1" in changed[number] else "x" + changed[number]
        (copy / path.name).write_text("".join(changed), "utf-8")
        with pytest.raises(LedgerError, match="its SHA-256 differs"):
            packs.load(copy)
    (copy / path.name).write_text("".join(lines), "utf-8")
    assert packs.load(copy).sha256 == packs.load(path.parent).sha256


def test_the_hash_of_a_pack_is_of_its_files_and_of_its_manifest(tmp_path: Path):
    first = packs.load(write(tmp_path / "a" / "p", factors(ROW)))
    same = packs.load(write(tmp_path / "b" / "p", factors(ROW)))
    other = packs.load(write(tmp_path / "c" / "p", factors(ROW.replace("0.5", "0.6"))))
    text = (tmp_path / "b" / "p" / "pack.toml").read_text()
    (tmp_path / "b" / "p" / "pack.toml").write_text(text.replace('licence = "l"', 'licence = "m"'))
    relicensed = packs.load(tmp_path / "b" / "p")
    assert first.sha256 == same.sha256
    assert len({first.sha256, other.sha256, relicensed.sha256}) == 3
    assert first.editions[0].sha256 == relicensed.editions[0].sha256 != other.editions[0].sha256


@pytest.mark.parametrize(
    ("licence", "row", "says"),
    [
        ("CC BY-SA 4.0", "L", "pack.toml: licence 'CC BY-SA 4.0' is share-alike"),
        ("Open Database License (ODbL) 1.0", "L", "is share-alike"),
        ("l", "CC-BY-NC-SA 3.0", "factor x-1: licence 'CC-BY-NC-SA 3.0' is share-alike"),
        ("l", "Attribution-ShareAlike", "keep such data in a pack of its own, with share_alike = true"),
        (" ", "L", "its licence is empty"),
    ],
)
def test_share_alike_data_is_marked_or_refused(tmp_path: Path, licence: str, row: str, says: str):
    place = write(tmp_path / "own", factors(ROW.replace(",L,", f",{row},")))
    text = (place / "pack.toml").read_text("utf-8").replace('licence = "l"', f'licence = "{licence}"')
    (place / "pack.toml").write_text(text, "utf-8")
    with pytest.raises(LedgerError, match=re.escape(says)):
        packs.load(place)
    if licence.strip():
        (place / "pack.toml").write_text(text.replace("share_alike = false", "share_alike = true"), "utf-8")
        assert packs.load(place).share_alike


@pytest.mark.parametrize("licence", ["CC BY 4.0", "CC0 1.0", "Open Government Licence v3.0", "CC BY-NC 4.0"])
def test_other_terms_need_no_mark(tmp_path: Path, licence: str):
    assert not packs.load(write(tmp_path / "own", factors(ROW.replace(",L,", f",{licence},")))).share_alike


def test_share_alike_data_stays_a_pack_of_its_own(tmp_path: Path):
    place = write(tmp_path / "carbon" / "packs" / "shared", factors(ROW))
    text = (place / "pack.toml").read_text().replace("share_alike = false", "share_alike = true")
    (place / "pack.toml").write_text(text)
    found = {pack.id: pack for pack in packs.of_park(tmp_path)}
    assert [name for name, pack in found.items() if pack.share_alike] == ["shared"]
    assert {edition.pack for edition in found["shared"].editions} == {"shared"}
