"""A unit's files for other systems: by endpoint and on its page, final units alone, refusals in full."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from declared_passport import declared_passport
from desk_fixture import FakeFiles, identity_of, make_site, session
from fastapi.testclient import TestClient
from park_fixture import small_park

from parkwright.show.api import FileForm
from parkwright.show.auth import COOKIE
from parkwright.show.pages.passport import FILES, files_row
from parkwright.show.words import Words
from parkwright.wire.exports import UnitFiles

UNIT = "TP-260715-L-NB1-000040"
PARK = small_park()


def client_on(folder, files) -> tuple[TestClient, object]:
    app, operations = make_site(folder, files=files)
    return TestClient(app, cookies={COOKIE: session(operations, "viewer")}), operations


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    found, operations = client_on(tmp_path_factory.mktemp("files"), FakeFiles())
    yield found
    operations.close()


def row(passport, status: str = "final", files: object | None = FakeFiles(), language: str = "en") -> str:
    identity = identity_of(PARK, passport=passport)
    visit = SimpleNamespace(context=SimpleNamespace(identity=identity, files=files))
    found = SimpleNamespace(unit_id=UNIT, carbon=SimpleNamespace(status=status))
    return files_row(visit, Words(language, PARK.zone), found)


def test_a_file_is_the_units_own_under_its_name(client: TestClient):
    answer = client.get(f"/api/v1/passports/{UNIT}/files/catenax-dpp")
    assert (answer.status_code, answer.json()) == (200, {"unit": UNIT})
    assert answer.headers["content-disposition"] == f'attachment; filename="{UNIT}-catenax-dpp.json"'
    assert answer.headers["content-type"] == "application/json"
    shell = client.get(f"/api/v1/passports/{UNIT}/files/aasx")
    assert shell.headers["content-type"].startswith("application/asset-administration-shell-package")


def test_what_cannot_be_told_is_refused_with_the_way_out(client: TestClient):
    answer = client.get(f"/api/v1/passports/{UNIT}/files/catenax-bom-as-built")
    assert (answer.status_code, answer.json()["detail"]) == (
        409, "carbon/exchange.toml: manufacturer_id is empty; write it",
    )  # fmt: skip
    assert "check the serial number" in client.get("/api/v1/passports/open-1/files/epcis").json()["detail"]
    assert client.get("/api/v1/passports/open-1/files/epcis").status_code == 404
    assert client.get(f"/api/v1/passports/{UNIT}/files/pact").status_code == 422


def test_a_park_without_a_name_gives_no_file(tmp_path):
    client, operations = client_on(tmp_path, None)
    answer = client.get(f"/api/v1/passports/{UNIT}/files/epcis")
    assert (answer.status_code, "carbon/exchange.toml" in answer.json()["detail"]) == (404, True)
    operations.close()
    assert row(declared_passport(), files=None) == ""


def test_the_page_offers_what_can_be_written_and_says_what_is_lacking():
    assert set(UnitFiles.forms) == set(FileForm.__args__) == set(FILES)
    whole = row(declared_passport())
    assert f'href="/api/v1/passports/{UNIT}/files/catenax-dpp"' in whole
    assert f'href="/api/v1/passports/{UNIT}/files/epcis"' in whole
    assert "lacks" not in whole
    for passport, lacking in (
        (None, "lacks [passport]."),
        (declared_passport(contact=None), "lacks [passport] contact."),
    ):
        shown = row(passport)
        assert lacking in shown
        assert "files/catenax-dpp" not in shown
        assert "files/epcis" in shown
    assert "缺少 [passport]" in row(None, language="zh")


def test_a_unit_whose_day_is_open_has_no_file_yet():
    shown = row(declared_passport(), status="provisional")
    assert "/files/" not in shown
    assert "when the day is closed" in shown
