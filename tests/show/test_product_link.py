"""The code on a passport is a product link that leads back to it, and to nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from desk_fixture import identity_of, make_site, session
from fastapi.testclient import TestClient
from park_fixture import small_park

from parkwright.connect.digital_link import unit_of
from parkwright.show.auth import COOKIE
from parkwright.show.pages.paper import code_of, link_of

UNIT = "TP-260715-L-NB1-000040"
HERE = "http://testserver/"
PARK = small_park()


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    app, operations = make_site(tmp_path_factory.mktemp("link"))
    yield TestClient(app, cookies={COOKIE: session(operations, "viewer")}, follow_redirects=False)
    operations.close()


def product_of(client: TestClient) -> str:
    return str(client.get(f"/api/v1/passports/{UNIT}").json()["product_id"])


def linked(client: TestClient, **changes: object) -> str:
    context = SimpleNamespace(identity=identity_of(PARK, **changes))
    return link_of(context, HERE, SimpleNamespace(unit_id=UNIT, product_id=product_of(client)))


def test_the_sheet_carries_the_link_and_its_code_and_the_link_leads_back(client: TestClient):
    link = linked(client)
    sheet = client.get(f"/passport/{UNIT}/paper").text
    assert link in sheet
    assert code_of(link) in sheet
    assert unit_of(link).gtin == identity_of(PARK).gtin_of(product_of(client))
    answer = client.get(link.removeprefix("http://testserver"))
    assert (answer.status_code, answer.headers["location"]) == (307, f"/passport/{UNIT}")
    assert code_of(link) != code_of(link + "1")


def test_a_park_with_a_resolver_of_its_own_prints_that(client: TestClient):
    assert linked(client, resolver="https://id.own.example").startswith("https://id.own.example/01/")


def test_a_unit_without_a_number_and_a_park_without_a_name_link_to_the_passport(client: TestClient):
    assert linked(client, gtin=()) == f"{HERE}passport/{UNIT}"
    bare = SimpleNamespace(identity=None)
    assert link_of(bare, HERE, SimpleNamespace(unit_id=UNIT, product_id="x")) == f"{HERE}passport/{UNIT}"


def test_a_link_with_another_number_or_serial_leads_nowhere(client: TestClient):
    gtin, serial = identity_of(PARK).gtin_of(product_of(client)), UNIT.replace("-", "")
    other = next(one.gtin for one in identity_of(PARK).gtin if one.gtin != gtin)
    for number, text in ((other, serial), (gtin, serial[:-1]), (gtin, "x" * 200), ("0", serial)):
        assert client.get(f"/01/{number}/21/{text}").status_code == 404


def test_nobody_follows_a_link_without_a_session(client: TestClient):
    path = linked(client).removeprefix("http://testserver")
    answer = TestClient(client.app, follow_redirects=False).get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=")
