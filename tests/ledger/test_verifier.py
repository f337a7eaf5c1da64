"""The verifier agrees with a bundle made by hand, and adds up journals however they are spread over batches."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from parkwright.ledger import verifier

HEADING = "journal_id,account,commodity,view,quantity\n"


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
        batches.append(header | {"content_sha256": digest.hex(), "hash": previous.hex(), "file": name})
    manifest = {
        "format": "parkwright-bundle-1", "start_day": "2026-07-15", "end_day": "2026-07-15", "previous": "00" * 32,
        "head": previous.hex(), "scripts": {}, "batches": batches,
    }  # fmt: skip
    sealed = json.dumps(manifest, sort_keys=True, separators=(",", ":"))
    manifest["seal"] = hashlib.sha256(sealed.encode()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest, sort_keys=True, separators=(",", ":")) + "\n")
    return previous.hex()


def test_a_link_has_its_known_answer():
    header = {"b": 1, "a": "é"}
    expected = hashlib.sha256(b"\x01" * 32 + b"\x02" * 32 + b'{"a":"\\u00e9","b":1}').digest()
    assert verifier.link(b"\x01" * 32, header, b"\x02" * 32) == expected


def test_a_bundle_made_by_hand_is_sound(tmp_path: Path):
    head = make_bundle(tmp_path, [HEADING + "j1,a,electricity,physical,-5\nj1,b,electricity,physical,5\n", HEADING])
    assert verifier.verify(tmp_path, head) == verifier.Verdict((), 2, 2, 2, 1, head)


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


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": "other"}', "null", '{"format":"parkwright-bundle-1"}'])
def test_a_manifest_that_is_none_is_refused_and_never_a_crash(tmp_path: Path, text: str):
    (tmp_path / "manifest.json").write_text(text)
    (failure,) = verifier.verify(tmp_path).failures
    assert failure.startswith("manifest.json: cannot be used: ")


def test_text_that_is_no_utf8_is_named(tmp_path: Path):
    make_bundle(tmp_path, ["job_id,at\nj,1\n"], "kits")
    (tmp_path / "kits" / "1.csv").write_bytes(b"job_id,at\n\xff,1\n")
    assert any("is no CSV text" in line for line in verifier.verify(tmp_path).failures)
