"""A bundle proves its days to someone who has Python and nothing of ours, and one changed byte is found."""

from __future__ import annotations

import ast
import hashlib
import json
import random
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from parkwright.ledger import verifier
from parkwright.model.errors import LedgerError
from parkwright.model.tables import KITS, POSTINGS, conform
from parkwright.run.ports import Batch
from parkwright.store import bundle, lake
from parkwright.store.journal import Journal

DAYS = ("2026-07-14", "2026-07-15", "2026-07-16")
AT = datetime(2026, 7, 15, 1, 2, 3, tzinfo=UTC)


def postings(journal_id: str, quantities: list[int]) -> pl.DataFrame:
    n = len(quantities)
    rows = {
        "journal_id": [journal_id] * n, "account": [f"unit:{i}" for i in range(n)], "commodity": ["electricity"] * n,
        "view": ["physical"] * n, "quantity": quantities, "start": [AT] * n, "end": [AT] * n, "factor_id": [None] * n,
        "method_id": ["apportion"] * n, "activity_ref": ["m1@x"] * n,
    }  # fmt: skip
    return conform(pl.DataFrame(rows, schema_overrides=POSTINGS.schema), POSTINGS)


def kits(n: int) -> pl.DataFrame:
    rows = {"job_id": [f"job {i}, lot" for i in range(n)], "at": [AT] * n}
    return conform(pl.DataFrame(rows, schema_overrides=KITS.schema), KITS)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    with Journal(path) as journal:
        for sequence in range(12):
            day = DAYS[sequence % 3]
            rows = postings(f"j{sequence}", [-100, 60 + sequence, 40 - sequence]) if sequence % 2 else kits(sequence)
            kind = "postings" if sequence % 2 else "kits"
            journal.append([Batch("run", "e", sequence, kind, day, rows)], AT)
    return path


@pytest.fixture
def exported(ledger: Path, tmp_path: Path) -> Path:
    return bundle.export(ledger, tmp_path / "out", DAYS[1], DAYS[1]).parent


def reseal(folder: Path, change) -> None:
    """Let a forger change the manifest and seal it again."""
    path = folder / verifier.MANIFEST
    manifest = verifier._manifest(folder)
    change(manifest)
    manifest["seal"] = verifier.seal(manifest)
    path.write_bytes(verifier.canonical_json(manifest) + b"\n")


def test_the_verifier_imports_the_standard_library_alone():
    tree = ast.parse(Path(verifier.__file__).read_text())
    imported = {
        alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    imported |= {str(node.module).split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported <= set(sys.stdlib_module_names)


def test_a_bundle_verifies_with_its_own_script_in_a_bare_interpreter(exported: Path):
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(exported / "verifier.py"), str(exported)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("sound: 10 batches linked, 4 disclosed with 20 rows, 2 journals sum to 0, head ")
    assert done.stderr == ""


def test_days_that_were_not_asked_for_show_their_hash_alone(exported: Path):
    shown = {path.relative_to(exported).as_posix() for path in exported.rglob("*.csv")}
    assert shown == {f"postings/{n:012d}.csv" for n in (2, 8)} | {f"kits/{n:012d}.csv" for n in (5, 11)}


def test_journal_and_lake_export_the_same_bytes(ledger: Path, tmp_path: Path):
    first = bundle.export(ledger, tmp_path / "a", DAYS[0], DAYS[2]).parent
    lake.compact(ledger, DAYS[1], 0.0)
    second = bundle.export(ledger, tmp_path / "b", DAYS[0], DAYS[2]).parent
    names = sorted(p.relative_to(first).as_posix() for p in first.rglob("*") if p.is_file())
    assert names == sorted(p.relative_to(second).as_posix() for p in second.rglob("*") if p.is_file())
    assert all((first / name).read_bytes() == (second / name).read_bytes() for name in names)
    with Journal.reader(ledger) as reader:
        assert verifier.verify(first, reader.head()[1].hex()).failures == ()


def test_every_changed_byte_is_found(exported: Path):
    assert verifier.verify(exported).failures == ()
    rng = random.Random(1)
    files = sorted(p for p in exported.rglob("*") if p.is_file())
    sizes = [path.stat().st_size for path in files]
    tables = [path for path in files if path.suffix == ".csv"]
    for turn in range(400):
        path = rng.choices(files, sizes)[0] if turn % 2 else rng.choice(tables)
        sound = path.read_bytes()
        position = rng.randrange(len(sound))
        changed = bytearray(sound)
        changed[position] ^= 1 << rng.randrange(8)
        path.write_bytes(changed)
        found = verifier.verify(exported).failures
        assert any(path.name in line for line in found), (path.name, position)
        if path.suffix == ".csv":
            row = sound[:position].count(b"\n")
            assert any(f"{path.name}, row {row}: is not the row that was recorded" in line for line in found), position
        path.write_bytes(sound)
    assert verifier.verify(exported).failures == ()


def test_a_changed_row_is_named_with_batch_file_and_journal_row(exported: Path):
    path = exported / "postings" / "000000000002.csv"
    path.write_bytes(path.read_bytes().replace(b",61,", b",62,"))
    assert verifier.verify(exported).failures == (
        "batch 2, postings/000000000002.csv: its content was changed (SHA-256 differs)",
        "batch 2, postings/000000000002.csv, row 2: is not the row that was recorded",
        "batch 2, postings/000000000002.csv, row 1: journal j1, electricity, physical sums to 1, not to 0",
    )


def test_a_row_that_is_cut_short_or_no_number_is_named(exported: Path):
    path = exported / "postings" / "000000000002.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:2], lines[2].replace("61", "sixty"), lines[3]]) + "\n")
    assert any("row 2: quantity 'sixty' is no integer" in line for line in verifier.verify(exported).failures)
    path.write_text("\n".join([*lines[:3], "short"]) + "\n")
    assert any("row 3: has 1 fields" in line for line in verifier.verify(exported).failures)


def test_a_forger_who_reseals_still_breaks_the_chain(exported: Path):
    def rewrite(manifest):
        path = exported / "postings" / "000000000002.csv"
        path.write_bytes(
            path.read_bytes().replace(b",61,39,", b",62,38,").replace(b",61,", b",62,").replace(b",39,", b",38,")
        )
        manifest["batches"][0]["content_sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()

    reseal(exported, rewrite)
    assert any("batch 2: its link does not follow" in line for line in verifier.verify(exported).failures)


def test_a_forger_who_rebuilds_the_whole_chain_is_found_by_the_published_head(exported: Path):
    published = verifier.verify(exported).head

    def rebuild(manifest):
        manifest["batches"][0]["source"] = "forged"
        previous = bytes.fromhex(manifest["previous"])
        for entry in manifest["batches"]:
            header = {name: entry[name] for name in verifier.HEADER}
            previous = verifier.link(previous, header, bytes.fromhex(entry["content_sha256"]))
            entry["hash"] = previous.hex()
        manifest["head"] = previous.hex()

    reseal(exported, rebuild)
    assert verifier.verify(exported).failures == ()
    assert any(f"expected {published}" in line for line in verifier.verify(exported, published).failures)


def test_a_row_taken_out_or_added_is_named_from_its_place_on(exported: Path):
    path = exported / "kits" / "000000000005.csv"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))
    assert any(f"row {len(lines) - 1}: is not the row" in line for line in verifier.verify(exported).failures)
    path.write_bytes(b"".join([*lines, lines[-1]]))
    assert any(f"row {len(lines)}: is not the row" in line for line in verifier.verify(exported).failures)
    path.write_bytes(b"".join([lines[0], *lines[2:]]))
    named = [line for line in verifier.verify(exported).failures if "is not the row" in line]
    assert "row 1: " in named[0]
    assert len(named) == min(verifier.NAMED, len(lines) - 1)


def test_the_root_covers_every_file_and_the_marks_are_held(exported: Path):
    manifest = verifier._manifest(exported)
    assert len(manifest["merkle_root"]) == 64
    (exported / "kits" / "000000000005.rows").unlink()
    assert any("000000000005.rows is missing" in line for line in verifier.verify(exported).failures)
    reseal(exported, lambda m: m["batches"][0].update(merkle_root="00" * 32))
    found = verifier.verify(exported).failures
    assert any("do not have the Merkle root" in line for line in found)
    assert any("merkle_root is not the root" in line for line in found)


def test_the_metadata_names_every_file_and_column_of_it(exported: Path):
    told = json.loads((exported / "csv-metadata.json").read_text())
    assert told["@context"][0] == "http://www.w3.org/ns/csvw"
    assert {one["url"] for one in told["tables"]} == {
        path.relative_to(exported).as_posix() for path in exported.rglob("*.csv")
    }
    for one in told["tables"]:
        heading = (exported / one["url"]).read_text().splitlines()[0].split(",")
        columns = one["tableSchema"]["columns"]
        assert [column["name"] for column in columns] == heading
        assert all(column["dc:description"] for column in columns)
    kinds = {column["datatype"] for one in told["tables"] for column in one["tableSchema"]["columns"]}
    assert kinds == {"string", "integer", "dateTime"}


def test_missing_strange_and_outside_files_are_named(exported: Path, tmp_path: Path):
    (exported / "extra.csv").write_text("x")
    (exported / "kits" / "000000000005.csv").unlink()
    found = verifier.verify(exported).failures
    assert any("extra.csv: is not in the manifest" in line for line in found)
    assert any("batch 5, kits/000000000005.csv: cannot be read" in line for line in found)
    (tmp_path / "secret.csv").write_text("x")
    reseal(exported, lambda m: m["batches"][0].update(file="../secret.csv"))
    assert any("lies outside the bundle" in line for line in verifier.verify(exported).failures)


def test_a_dropped_batch_and_a_wrong_form_are_named(exported: Path):
    copy = exported.with_name("copy")
    shutil.copytree(exported, copy)
    reseal(copy, lambda m: m["batches"].pop(3))
    assert any("batch 5 is missing before it" in line for line in verifier.verify(copy).failures)
    reseal(copy, lambda m: m["batches"][0].pop("kind"))
    assert any("is not of the format" in line for line in verifier.verify(copy).failures)
    assert "cannot be used" in verifier.verify(exported / "kits").failures[0]


def test_the_command_line_says_what_it_found(exported: Path, capsys: pytest.CaptureFixture[str]):
    assert verifier.main([str(exported), "--head", "00"]) == 1
    assert capsys.readouterr().out.endswith("NOT SOUND: 1 findings in 10 batches\n")
    assert verifier.main([]) == 2
    assert "usage" in capsys.readouterr().err
    assert verifier.main([str(exported)]) == 0


def test_an_export_that_cannot_be_made_says_why(ledger: Path, exported: Path, tmp_path: Path):
    with pytest.raises(LedgerError, match="is not empty"):
        bundle.export(ledger, exported, DAYS[0], DAYS[0])
    with pytest.raises(LedgerError, match="no batch of 2020-01-01 to 2020-01-02"):
        bundle.export(ledger, tmp_path / "x", "2020-01-01", "2020-01-02")
    with pytest.raises(LedgerError, match="is no date"):
        bundle.export(ledger, tmp_path / "x", "today", DAYS[0])
    with pytest.raises(LedgerError, match="there is no ledger"):
        bundle.export(tmp_path / "none.db", tmp_path / "x", DAYS[0], DAYS[0])


@pytest.mark.parametrize(
    "day", ["20260715", "2026-W29-3", "2026-7-15", "15.07.2026", "2026-02-30", "2026-07-15T00", ""]
)
def test_a_day_in_another_form_is_refused_and_not_taken_for_another_day(ledger: Path, tmp_path: Path, day: str):
    for span in ((day, DAYS[1]), (DAYS[1], day)):
        with pytest.raises(LedgerError, match="is no date; write YYYY-MM-DD"):
            bundle.export(ledger, tmp_path / "out", *span)
    assert not (tmp_path / "out").exists()
