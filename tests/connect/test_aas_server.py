"""The AAS server: denied without a token, a partner sees the units of its products alone, every view is served."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from built_unit import IDENTITY, MemoryShelf, built_unit, product
from declared import NOW
from fastapi.testclient import TestClient
from test_pact_server import SECRET, quick_hash

from parkwright.connect import aas, aas_unit, aasx
from parkwright.connect.aas_door import Shells
from parkwright.connect.aas_routes import PAGE, UNITS
from parkwright.connect.aas_server import BASE, make_shells
from parkwright.connect.pact_server import make_exchange
from parkwright.run.exchange import Partner
from parkwright.store import exchange
from parkwright.store.exchange import ExchangeDesk

SERIALS = [f"TJ-260715-L-NB-{number:06d}" for number in range(1, PAGE + 4)]
OTHER = "TJ-260715-L-SV-000001"
NB = [
    built_unit(unit_id=serial, uri=f"https://id.gs1.org/01/09520000000011/21/{serial.replace('-', '')}")
    for serial in SERIALS
]
SV = built_unit(unit_id=OTHER, product=product("SV"), uri=f"urn:x:product:SV:{OTHER}")


def b64(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def asset(name: str, value: str) -> str:
    return b64(json.dumps({"name": name, "value": value}))


class World:
    """A server with two partners: alice sees the notebooks, bob the server, carol nothing."""

    def __init__(self, path: Path) -> None:
        self.desk = ExchangeDesk(f"sqlite:///{path / 'operations.db'}")
        ann = self.desk.add_user("Ann", "carbon", NOW)
        for name, things in {"alice": ["NB"], "bob": ["SV"], "carol": []}.items():
            self.desk.register(Partner(name, name), SECRET, NOW)
            for thing in things:
                self.desk.address(name, thing, ann, NOW)
        self.now = NOW
        app = make_exchange(self.desk, lambda: self.now)
        shells = Shells(MemoryShelf([*NB, SV]), IDENTITY, "TJ")
        app.mount(BASE, make_shells(app.state.door, shells))
        self.client = TestClient(app, base_url="https://pact.example", raise_server_exceptions=False)
        self.tokens = {name: self.desk.issue_token(name, SECRET, NOW)[0] for name in ("alice", "bob", "carol")}

    def get(self, path: str, who: str = "alice", **headers: str):
        self.now += timedelta(seconds=1)
        signed = {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}
        return self.client.get(f"{BASE}{path}", headers={**signed, **headers})

    def ids(self, path: str, who: str = "alice") -> list[str]:
        """The ids of every page of a list."""
        found, cursor = [], ""
        while True:
            answer = self.get(f"{path}{'&' if '?' in path else '?'}cursor={cursor}", who).json()
            found += [each["id"] if isinstance(each, dict) else each for each in answer["result"]]
            cursor = answer["paging_metadata"].get("cursor", "")
            if not cursor:
                return found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exchange, "_secret_hash", quick_hash)
        made = World(tmp_path_factory.mktemp("shells"))
        yield made
        made.desk.close()


def shell_id(serial: str, product_id: str = "NB") -> str:
    return aas_unit.shell_id(IDENTITY, product_id, serial)


SHELL, SUBMODEL = b64(shell_id(SERIALS[0])), b64(f"{shell_id(SERIALS[0])}:CarbonFootprint")
THEIRS, THEIR_SUBMODEL = b64(shell_id(OTHER, "SV")), b64(f"{shell_id(OTHER, 'SV')}:TimeSeries")
PLACES = (
    "/shells", "/shells/$reference", f"/shells/{SHELL}", f"/shells/{SHELL}/submodel-refs", "/submodels",
    f"/submodels/{SUBMODEL}", f"/submodels/{SUBMODEL}/submodel-elements", "/serialization", "/lookup/shells",
    f"/units/{SERIALS[0]}", f"/units/{SERIALS[0]}/aas", f"/units/{SERIALS[0]}/TimeSeries/submodel", "/description",
)  # fmt: skip


@pytest.mark.parametrize("path", PLACES)
def test_nothing_is_served_without_a_token_or_over_plain_http(world: World, path):
    answer = world.get(path, who="")
    assert answer.status_code == 401
    assert answer.json()["messages"][0]["messageType"] == "Error"
    plain = world.client.get(f"http://pact.example{BASE}{path}", headers={"Authorization": "Bearer x"})
    assert (plain.status_code, plain.json()["messages"][0]["code"]) == (403, "403")
    assert world.get(path).status_code == 200


@pytest.mark.parametrize(
    "path",
    [f"/shells/{THEIRS}", f"/shells/{THEIRS}/asset-information", f"/shells/{THEIRS}/submodels/{THEIR_SUBMODEL}",
     f"/submodels/{THEIR_SUBMODEL}", f"/submodels/{THEIR_SUBMODEL}/$value", f"/units/{OTHER}/aas", f"/units/{OTHER}",
     f"/submodels/{THEIR_SUBMODEL}/submodel-elements/Segments", f"/serialization?aasIds={THEIRS}",
     f"/serialization?submodelIds={THEIR_SUBMODEL}", f"/lookup/shells/{THEIRS}", f"/units/{OTHER}/TimeSeries/submodel",
     f"/shells/{SHELL}/submodels/{THEIR_SUBMODEL}", f"/units/{SERIALS[0]}/shells/{THEIRS}",
     f"/units/{SERIALS[0]}/submodels/{THEIR_SUBMODEL}", f"/submodels?cursor={shell_id(OTHER, 'SV')}:TimeSeries"],
)  # fmt: skip
def test_a_partner_does_not_reach_the_units_of_others(world: World, path):
    mine, theirs = world.get(path), world.get(path, "bob")
    assert mine.status_code == 404
    assert OTHER not in mine.text
    if SHELL not in path and SERIALS[0] not in path:
        assert theirs.status_code == 200


def test_lists_hold_the_partners_units_alone_page_by_page(world: World):
    assert world.ids("/shells") == [shell_id(serial) for serial in SERIALS]
    assert world.ids("/shells?limit=7") == [shell_id(serial) for serial in SERIALS]
    assert world.ids("/shells", "bob") == [shell_id(OTHER, "SV")]
    for path in ("/shells", "/submodels", "/submodels/$path", "/shells/$reference", "/lookup/shells"):
        assert world.get(path, "carol").json() == {"paging_metadata": {}, "result": []}
    wanted = [f"{shell_id(serial)}:{kind}" for serial in SERIALS for kind in aas_unit.KINDS]
    assert world.ids("/submodels") == world.ids("/submodels?limit=33") == wanted
    named = [path for one in aas_unit.submodels(IDENTITY, "TJ", SV) for path in aas.paths(one)]
    assert world.ids("/submodels/$path?limit=19", "bob") == world.ids("/submodels/$path", "bob") == named
    assert len(world.get("/shells?limit=100000").json()["result"]) == PAGE


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"assetIds": asset("globalAssetId", NB[2].uri)}, SERIALS[2]),
        ({"assetIds": asset("serialNumber", SERIALS[3])}, SERIALS[3]),
        ({"idShort": aas.short(SERIALS[4])}, SERIALS[4]),
        ({"assetIds": asset("globalAssetId", NB[2].uri), "idShort": "Other"}, None),
        ({"assetIds": asset("globalAssetId", SV.uri)}, None),
        ({"assetIds": asset("globalAssetId", NB[2].uri.replace("0011", "0028"))}, None),
        ({"assetIds": asset("colour", "red")}, None),
        ({"idShort": "does-not-exist"}, None),
    ],
)
def test_a_unit_is_found_by_its_names(world: World, wanted, found):
    query = "&".join(f"{name}={text}" for name, text in wanted.items())
    shells = world.get(f"/shells?{query}").json()["result"]
    assert [each["id"] for each in shells] == ([shell_id(found)] if found else [])
    if "idShort" not in wanted:
        assert world.get(f"/lookup/shells?{query}").json()["result"] == ([shell_id(found)] if found else [])
    if found:
        names = world.get(f"/lookup/shells/{b64(shell_id(found))}").json()
        assert {"name": "serialNumber", "value": found} in names


@pytest.mark.parametrize("kind", aas_unit.KINDS)
@pytest.mark.parametrize(
    "place", ["/submodels/{}", "/shells/" + SHELL + "/submodels/{}", "/units/{serial}/{kind}/submodel"]
)
def test_a_submodel_and_its_elements_are_served_in_every_view(world: World, kind, place):
    here = place.format(b64(f"{shell_id(SERIALS[0])}:{kind}"), serial=SERIALS[0], kind=kind)
    made = next(each for each in aas_unit.submodels(IDENTITY, "TJ", NB[0]) if each["idShort"] == kind)

    def got(path: str) -> object:
        answer = world.get(f"{here}{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    assert got("") == made
    assert got("?level=core") == aas.core(made)
    assert got("/$metadata") == aas.metadata(made)
    assert got("/$value") == aas.content(made)
    assert got("/$path") == aas.paths(made)
    assert got("/$reference")["keys"] == [{"type": "Submodel", "value": made["id"]}]
    elements = aas.children_of(made)
    assert got("/submodel-elements")["result"] == elements
    assert got("/submodel-elements?limit=1")["result"] == elements[:1]
    assert got("/submodel-elements/$value")["result"] == [{each["idShort"]: aas.content(each)} for each in elements]
    assert got("/submodel-elements/$path")["result"] == aas.paths(made)
    for path in aas.paths(made)[:6]:
        one, way = aas.found(made, path)
        assert got(f"/submodel-elements/{path}") == one
        assert got(f"/submodel-elements/{path}/$value") == aas.content(one)
        assert got(f"/submodel-elements/{path}/$metadata") == aas.metadata(one)
        assert got(f"/submodel-elements/{path}/$reference") == aas.element_reference(made, way)
        answer = world.get(f"{here}/submodel-elements/{path}/$path")
        assert answer.status_code == (200 if one["modelType"] in aas.CHILDREN else 400)
        assert world.get(f"{here}/submodel-elements/{path}/attachment").status_code == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [("/shells?limit=-1", 400), ("/shells?limit=0", 400), ("/shells/=====", 400), ("/shells/%C3%A4", 400),
     (f"/shells/{b64('nothing')}", 404), (f"/shells/{SUBMODEL}", 404), (f"/submodels/{SHELL}", 404),
     ("/shells?assetIds=abc", 400), (f"/shells?assetIds={b64('[]')}", 400), (f"/shells?assetIds={b64('{')}", 400),
     (f"/submodels/{SUBMODEL}?level=all", 400), (f"/submodels/{SUBMODEL}?extent=x", 400),
     (f"/submodels/{SUBMODEL}/submodel-elements/No", 404), (f"/submodels/{SUBMODEL}/submodel-elements/a..b", 400),
     (f"/submodels/{SUBMODEL}/submodel-elements?cursor=-1", 400),
     (f"/submodels/{SUBMODEL}/submodel-elements?cursor=²", 400),
     ("/submodels?cursor=x", 404), ("/serialization?includeConceptDescriptions=maybe", 400), ("/units/none/aas", 404),
     (f"/shells/{SHELL}/asset-information/thumbnail", 404), (f"/shells/{'a' * 4000}", 400), ("/no-such-thing", 404),
     (f"/units/{SERIALS[0]}/Other/submodel", 404), (f"/shells?assetIds={b64('[' * 2000)}", 400)],
)  # fmt: skip
def test_what_is_no_request_is_refused_with_a_message(world: World, path, status):
    answer = world.get(path)
    assert answer.status_code == status, answer.text
    (message,) = answer.json()["messages"]
    assert (message["code"], message["messageType"]) == (str(status), "Error")
    assert len(message["text"]) < 300
    assert "Traceback" not in message["text"]


def test_all_of_it_comes_as_one_environment_or_as_a_package(world: World):
    whole = world.get("/serialization").json()
    assert [each["id"] for each in whole["assetAdministrationShells"]] == [shell_id(one) for one in SERIALS[:UNITS]]
    assert len(whole["submodels"]) == UNITS * len(aas_unit.KINDS)
    one = world.get(f"/serialization?aasIds={SHELL}&includeConceptDescriptions=false").json()
    assert one == {k: v for k, v in aas_unit.environment(IDENTITY, "TJ", NB[:1]).items() if k != "conceptDescriptions"}
    alone = world.get(f"/serialization?submodelIds={SUBMODEL}").json()
    assert [each["id"] for each in alone["submodels"]] == [f"{shell_id(SERIALS[0])}:CarbonFootprint"]
    assert "assetAdministrationShells" not in alone
    packed = world.get(f"/serialization?aasIds={SHELL}", Accept=aasx.MEDIA_TYPE)
    assert packed.headers["content-type"] == aasx.MEDIA_TYPE
    assert packed.content == aasx.package(aas_unit.environment(IDENTITY, "TJ", NB[:1]))


def test_a_revoked_partner_and_a_withdrawn_product_see_nothing_at_once(world: World):
    world.desk.register(Partner("dora", "dora"), SECRET, NOW)
    ann = world.desk.add_user("Ann", "carbon", NOW)
    world.desk.address("dora", "SV", ann, NOW)
    world.tokens["dora"] = world.desk.issue_token("dora", SECRET, NOW)[0]
    assert world.ids("/shells", "dora") == [shell_id(OTHER, "SV")]
    world.desk.withdraw("dora", "SV")
    assert world.ids("/shells", "dora") == []
    world.desk.revoke("dora", NOW)
    assert world.get("/shells", "dora").status_code == 401


def test_a_unit_that_cannot_be_told_is_a_refusal_and_no_fault_of_the_server(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(exchange, "_secret_hash", quick_hash)
    made = World(tmp_path)
    app = make_exchange(made.desk, lambda: NOW)
    bare = Shells(MemoryShelf([replace(NB[0], used=())]), IDENTITY, "TJ")
    app.mount(BASE, make_shells(app.state.door, bare))
    made.client = TestClient(app, base_url="https://pact.example", raise_server_exceptions=False)
    answer = made.get("/submodels")
    assert answer.status_code == 400
    assert "no energy is posted" in answer.json()["messages"][0]["text"]
    made.desk.close()
