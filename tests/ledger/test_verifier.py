"""The verifier agrees with a bundle made by hand, and adds up journals however they are spread over batches."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkwright.ledger import verifier

HEADING = "journal_id,account,commodity,view,quantity\n"


def tree(leaves: list[bytes]) -> bytes:
    """The root as RFC 6962 writes it: split at the largest power of two below the count."""
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\1" + tree(leaves[:half]) + tree(leaves[half:])).digest()


def make_bundle(folder: Path, contents: list[str], kind: str = "postings") -> str:
    """Write a bundle with nothing but hashlib and json, as the format is documented; return its head."""
    (folder / kind).mkdir(parents=True)
    previous = bytes(32)
    batches = []
    for seq, content in enumerate(contents, start=1):
        header = {
            "seq": seq, "source": "run", "epoch": "e", "sequence": seq - 1, "kind": kind, "day": "2026-07-15",
            "rows": content.count("\n") - 1, "recorded_at": "2026-07-15T00:00:00.000+00:00",
        }  # fmt: skip
        digest = hashlib.sha256(content.encode()).digest()
        text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
        previous = hashlib.sha256(previous + digest + text).digest()
        name = f"{kind}/{seq}.csv"
        (folder / name).write_text(content)
        leaves = [hashlib.sha256(b"\0" + line.encode()).digest() for line in content.splitlines()]
        marks = b"".join(one[:8] for one in leaves)
        (folder / f"{kind}/{seq}.rows").write_bytes(marks)
        proof = {"merkle_root": tree(leaves).hex(), "rows_sha256": hashlib.sha256(marks).hexdigest()}
        batches.append(header | {"content_sha256": digest.hex(), "hash": previous.hex(), "file": name} | proof)
    roots = [bytes.fromhex(batch["merkle_root"]) for batch in batches]
    manifest = {
        "format": "parkwright-bundle-2", "merkle_root": tree(roots).hex(),
        "start_day": "2026-07-15", "end_day": "2026-07-15", "previous": "00" * 32,
        "head": previous.hex(), "files": {}, "batches": batches,
    }  # fmt: skip
    sealed = json.dumps(manifest, sort_keys=True, separators=(",", ":"))
    manifest["seal"] = hashlib.sha256(sealed.encode()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest, sort_keys=True, separators=(",", ":")) + "\n")
    return previous.hex()


def test_a_link_has_its_known_answer():
    header = {"b": 1, "a": "é"}
    expected = hashlib.sha256(b"\x01" * 32 + b"\x02" * 32 + b'{"a":"\\u00e9","b":1}').digest()
    assert verifier.link(b"\x01" * 32, header, b"\x02" * 32) == expected


@pytest.mark.parametrize("count", range(1, 34))
def test_the_root_is_that_of_the_standards_recursion(count: int):
    leaves = [verifier.leaves_of(b"%d" % number)[0] for number in range(count)]
    assert verifier.merkle_root(leaves) == tree(leaves)
    for place in range(count):
        other = [*leaves[:place], verifier.leaves_of(b"other")[0], *leaves[place + 1 :]]
        assert verifier.merkle_root(other) != tree(leaves)


def test_known_answers_of_the_tree():
    assert verifier.merkle_root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert verifier.leaves_of(b"\n")[0].hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


@given(st.lists(st.lists(st.text('ab",\n ', max_size=5), min_size=2, max_size=3), max_size=6))
def test_rows_are_told_apart_as_csv_does(rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    found = verifier.records(text.getvalue().encode())
    assert len(found) == len(rows)
    assert b"".join(one + b"\n" for one in found).decode() == text.getvalue()
    assert verifier.fields(text.getvalue().encode()) == rows


@given(st.text("ab,\n ü", max_size=30))
def test_text_without_quotes_is_read_as_csv_reads_it(text):
    assert verifier.fields(text.encode()) == list(csv.reader(io.StringIO(text, newline="")))
    ended = text if text.endswith("\n") else text + "\n"
    assert b"".join(one + b"\n" for one in verifier.records(text.encode())) == (ended.encode() if text else b"")


def test_a_bundle_made_by_hand_is_sound(tmp_path: Path):
    head = make_bundle(tmp_path, [HEADING + "j1,a,electricity,physical,-5\nj1,b,electricity,physical,5\n", HEADING])
    assert verifier.verify(tmp_path, head) == verifier.Verdict((), 2, 2, 2, 1, head)


def test_many_rows_are_checked_on_all_cores_and_found_alike(tmp_path: Path, monkeypatch):
    make_bundle(
        tmp_path, [HEADING + f"j{n},a,electricity,physical,{n - 5}\nj5,b,e,p,1\n" for n in range(11)] + [HEADING]
    )
    (tmp_path / "postings" / "3.csv").write_text(HEADING + "j2,a,electricity,physical,-3\nj5,b,e,p,x\n")
    alone = verifier.verify(tmp_path)
    assert [one for one in alone.failures if "row 2: is not the row" in one]
    assert sum("sums to" in one for one in alone.failures) == 11
    monkeypatch.setattr(verifier, "ROWS_ALONE", 0)
    assert verifier.verify(tmp_path) == alone


def test_a_journal_may_be_spread_over_batches(tmp_path: Path):
    make_bundle(tmp_path, [HEADING + "j1,a,electricity,physical,-5\n", HEADING + "j1,b,electricity,physical,5\n"])
    assert verifier.verify(tmp_path).failures == ()


def test_every_view_and_commodity_must_balance_by_itself(tmp_path: Path):
    rows = "j1,a,co2e,location,-5\nj1,b,co2e,market,5\nj1,c,cny,tariff,7\nj2,d,cny,tariff,-7\n"
    make_bundle(tmp_path, [HEADING + rows])
    assert verifier.verify(tmp_path).failures == (
        "batch 1, postings/1.csv, row 1: journal j1, co2e, location sums to -5, not to 0",
        "batch 1, postings/1.csv, row 2: journal j1, co2e, market sums to 5, not to 0",
        "batch 1, postings/1.csv, row 3: journal j1, cny, tariff sums to 7, not to 0",
        "batch 1, postings/1.csv, row 4: journal j2, cny, tariff sums to -7, not to 0",
    )


def test_sums_beyond_sixty_four_bits_are_exact(tmp_path: Path):
    big = 2**63 - 1
    rows = f"j,a,co2e,location,{big}\nj,b,co2e,location,{big}\nj,c,co2e,location,{-2 * big}\n"
    make_bundle(tmp_path, [HEADING + rows])
    assert verifier.verify(tmp_path).failures == ()


def test_postings_without_their_columns_are_named(tmp_path: Path):
    make_bundle(tmp_path, ["journal_id,account\nj,a\n"])
    assert verifier.verify(tmp_path).failures == ("batch 1, postings/1.csv: postings without the column 'commodity'",)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": "other"}', "null", '{"format":"parkwright-bundle-2"}'])
def test_a_manifest_that_is_none_is_refused_and_never_a_crash(tmp_path: Path, text: str):
    (tmp_path / "manifest.json").write_text(text)
    (failure,) = verifier.verify(tmp_path).failures
    assert failure.startswith("manifest.json: cannot be used: ")


def test_text_that_is_no_utf8_is_named(tmp_path: Path):
    make_bundle(tmp_path, ["job_id,at\nj,1\n"], "kits")
    (tmp_path / "kits" / "1.csv").write_bytes(b"job_id,at\n\xff,1\n")
    assert any("is no CSV text" in line for line in verifier.verify(tmp_path).failures)
