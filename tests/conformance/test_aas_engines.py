"""The official AAS test engines and submodel templates against our shells: files of 1,000 random units, and the server.

The engines (package aas-test-engines 1.0.3) run in an interpreter of their own that a variable names; the templates
come from a checkout of admin-shell-io/submodel-templates.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import threading
import time
import warnings
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import uvicorn
from built_unit import IDENTITY, START, MemoryShelf, built_unit, product
from declared import NOW
from pact_suite import free_port

from parkwright.connect import aas, aas_unit, aasx
from parkwright.connect.aas_door import Shells
from parkwright.connect.aas_server import BASE, make_shells
from parkwright.connect.pact_server import make_exchange
from parkwright.model.noun import Text
from parkwright.run.built import Bought, Built, Piece, Used
from parkwright.run.exchange import Partner
from parkwright.store.exchange import ExchangeDesk

ENGINES = "PARKWRIGHT_AAS_ENGINES"
"""Environment variable: a Python interpreter in whose environment aas-test-engines is installed."""
TEMPLATES = "PARKWRIGHT_SUBMODEL_TEMPLATES"
"""Environment variable: a checkout of admin-shell-io/submodel-templates."""
UNITS = 1000
DRIVER = Path(__file__).with_name("aas_driver.py")
SPEC = "https://admin-shell.io/aas/API/3/0"
SECRET = "a secret of the suite"
PLAIN_VALUE = "Expected JSON, got"
"""What 1.0.3 says of a value that is a plain text or number, as the API specification has it (PropertyValue)."""
CHOSEN = {
    "CarbonFootprint": "published/Carbon Footprint/1/0/1/IDTA 02023-1-0-1 _Template_CarbonFootprint.json",
    "DigitalNameplate": "deprecated/Digital nameplate/2/0/IDTA 02006-2-0_Template_Digital Nameplate.json",
    "Nameplate": "published/Digital nameplate/3/0/1/IDTA 02006-3-0-1_Template_Digital Nameplate.json",
    "HierarchicalStructures": "published/Hierarchical Structures enabling Bills of Material/1/1/1/"
    "IDTA 02011-1-1-1_Template_HSEBoM.json",
    "TimeSeries": "published/Time Series Data/1/1/1/IDTA 02008-1-1-1_Template_TimeSeriesData.json",
}


def named(variable: str) -> Path | None:
    """What a variable names; a warning says plainly when it names nothing."""
    found = os.environ.get(variable)
    if not found:
        warnings.warn(f"{variable} names nothing: that part was not tried", stacklevel=2)
    return Path(found) if found else None


def random_unit(rng: random.Random, number: int) -> Built:
    """A unit whose every figure, text and count is drawn."""
    text = "".join(rng.choice("AZaz09 -._/äß中机\"<&'") for _ in range(rng.randint(1, 60))).strip() or "x"
    kinds = {kind: Decimal(rng.randint(0, 10**12)).scaleb(-9) for kind in ("material", "freight", "energy")}
    kinds["energy"] += Decimal("0.000000001")
    starts = sorted(START + timedelta(minutes=15 * rng.randint(0, 90)) for _ in range(rng.randint(1, 20)))
    used = tuple(Used(at, at + timedelta(minutes=15), rng.randint(0, 10**9)) for at in starts)
    model = replace_product(rng, text)
    serial = f"TJ-260715-L-{number:05d}"
    return built_unit(
        unit_id=serial, product=model, uri=f"urn:x:product:{model.id}:{serial}", packed=starts[-1], used=used,
        energy_mwh_int=sum(one.energy_mwh_int for one in used), footprint_kg=sum(kinds.values()), kinds_kg=kinds,
        pieces=tuple(Piece(f"B-{number}-{n}", Decimal(1), "piece", START) for n in range(rng.randint(0, 3))),
        bought=tuple(
            Bought(f"M-{n}", text, Decimal(rng.randint(1, 10**6)) / rng.choice((1, 1000)), rng.choice(("piece", "kg")))
            for n in range(rng.randint(0, 30))
        ),
    )  # fmt: skip


def replace_product(rng: random.Random, text: str):
    """A product with a drawn id and name."""
    drawn = product(rng.choice(("NB-13A", "a", "X.9_-", "0", "SV" * 20)))
    return drawn.model_copy(update={"name": Text(en=text, zh=text)})


def asked(interpreter: Path, **what) -> dict:
    """What the engines say of some files or servers."""
    done = subprocess.run([interpreter, DRIVER, json.dumps(what)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.server
@pytest.mark.timeout(1800)
def test_the_engines_find_no_fault_in_the_files_of_random_units(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """E4 of the reference."""
    interpreter = named(ENGINES)
    if interpreter is None:
        return
    rng = random.Random(1)
    for number in range(UNITS):
        made = aas_unit.environment(IDENTITY, "TJ", [random_unit(rng, number)])
        (tmp_path / f"{number}.json").write_text(json.dumps(made, ensure_ascii=False), "utf-8")
        (tmp_path / f"{number}.aasx").write_bytes(aasx.package(made))
    found = asked(interpreter, files=str(tmp_path))["files"]
    with capsys.disabled():
        print(f"\nAAS engines: {found['checked']} files of {UNITS} units, {len(found['faults'])} faults")
    assert found["faults"] == []
    assert found["checked"] == 2 * UNITS
    broken = aas_unit.environment(IDENTITY, "TJ", [built_unit()])
    broken["submodels"][1]["submodelElements"] = broken["submodels"][1]["submodelElements"][1:]
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "b.json").write_text(json.dumps(broken), "utf-8")
    assert asked(interpreter, files=str(tmp_path / "bad"))["files"]["faults"]


@pytest.fixture
def served(tmp_path: Path):
    """Our server over HTTPS with three units and a partner that sees them; its address and a token."""
    certificate, key, port = tmp_path / "c.pem", tmp_path / "k.pem", free_port()
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run(["openssl", *words, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    units = [built_unit(unit_id=f"TJ-{n}", uri=f"urn:x:product:NB:TJ-{n}") for n in range(3)]
    with ExchangeDesk(f"sqlite:///{tmp_path / 'operations.db'}") as desk:
        desk.register(Partner("suite", "suite"), SECRET, NOW)
        desk.address("suite", "NB", desk.add_user("Ann", "carbon", NOW), NOW)
        clock = Ticking()
        app = make_exchange(desk, clock)
        app.mount(BASE, make_shells(app.state.door, Shells(MemoryShelf(units), IDENTITY, "TJ")))
        options = {"ssl_certfile": str(certificate), "ssl_keyfile": str(key), "log_level": "error"}
        server = uvicorn.Server(uvicorn.Config(app, port=port, **options))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.05)
        yield f"https://127.0.0.1:{port}{BASE}", desk.issue_token("suite", SECRET, NOW)[0]
        server.should_exit = True
        thread.join(20)


class Ticking:
    """A clock that moves at each look: the suite asks more often than the bound on calls allows."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self):
        self.now += timedelta(seconds=0.05)
        return self.now


@pytest.mark.server
@pytest.mark.timeout(1800)
def test_the_engines_find_no_fault_in_the_server(served: tuple[str, str], capsys: pytest.CaptureFixture[str]):
    """E4 of the reference: repositories and services. A submodel service is tried for every kind of submodel."""
    interpreter = named(ENGINES)
    if interpreter is None:
        return
    address, token = served
    unit = f"{address}/units/TJ-0"
    servers = [
        [address, f"{SPEC}/AssetAdministrationShellRepositoryServiceSpecification/SSP-002"],
        [address, f"{SPEC}/SubmodelRepositoryServiceSpecification/SSP-002"],
        [unit, f"{SPEC}/AssetAdministrationShellServiceSpecification/SSP-002"],
        *([f"{unit}/{kind}", f"{SPEC}/SubmodelServiceSpecification/SSP-002"] for kind in aas_unit.KINDS),
    ]
    lines, wrong = [], []
    for (place, _), one in zip(servers, asked(interpreter, servers=servers, token=token)["servers"], strict=True):
        faults = {name: each["faults"] for name, each in one["operations"].items() if each["faults"]}
        rejected, accepted, good, bad = one["counts"]
        plain = [line for each in faults.values() for line in each if line.startswith(PLAIN_VALUE)]
        lines.append(
            f"{one['profile'].split('/')[-2]} {place.rsplit('/', 1)[-1]}: {len(one['operations']) - len(faults)} of "
            f"{len(one['operations'])} operations, bad calls refused {rejected} of {rejected + accepted}, good ones "
            f"{good} of {good + bad}, of the others {len(plain)} about a plain value"
        )
        wrong += [line for each in faults.values() for line in each if not line.startswith(PLAIN_VALUE)]
    with capsys.disabled():
        print("\nAAS engines:", *lines, sep="\n  ")
    assert wrong == []
    assert [" 25 of 25 " in lines[0], " 23 of 23 " in lines[1], " 23 of 23 " in lines[2]] == [True] * 3


UTC = "lacks Time"
"""The template shows relative time; the text allows UtcTime in its place (IDTA 02008-1-1-1, Record)."""
OPEN = {"Time", "IntervalEnd", "Energy", "Street", "Zipcode", "CityTown", "NationalCode"}
"""Fields of a record, which are ours to name, and of the address, which the template takes from another (drop-in)."""


# Content of the submodels, which the engines check for one nameplate alone


def meaning(one: dict) -> str:
    """The last key of what an element means."""
    return one["semanticId"]["keys"][-1]["value"].strip() if "semanticId" in one else ""


def required(one: dict) -> bool:
    """Whether a template demands the element."""
    cardinality = {"SMT/Cardinality", "Cardinality", "Multiplicity"}
    return any(q["type"] in cardinality and q.get("value") in ("One", "OneToMany") for q in one.get("qualifiers", []))


def template_faults(ours: dict, template: dict, where: str) -> list[str]:
    """What an element lacks of its template, or has that the template does not know."""
    known = {meaning(each): each for each in aas.children_of(template)}
    found = [f"{where}: lacks {each.get('idShort')}" for name, each in known.items()
             if required(each) and name not in {meaning(one) for one in aas.children_of(ours)}]  # fmt: skip
    for one in aas.children_of(ours):
        here, wanted = f"{where}/{one.get('idShort', '[]')}", known.get(meaning(one))
        if wanted is None:
            found.append(f"{here}: is not in the template")
            continue
        for field in ("modelType", "valueType", "typeValueListElement"):
            if field in wanted and one.get(field) != wanted[field]:
                found.append(f"{here}: {field} is {one.get(field)} and not {wanted[field]}")
        found += template_faults(one, wanted, here)
    return found


@pytest.mark.server
def test_the_submodels_keep_their_templates(capsys: pytest.CaptureFixture[str]):
    folder = named(TEMPLATES)
    if folder is None:
        return
    found = []
    for one in aas_unit.submodels(IDENTITY, "TJ", built_unit()):
        made = json.loads((folder / CHOSEN[one["idShort"]]).read_text("utf-8"))["submodels"][0]
        assert meaning(one) == meaning(made)
        found += template_faults(one, made, one["idShort"])
    wrong = [line for line in found if line.rsplit("/", 1)[-1].partition(":")[0] not in OPEN and not line.endswith(UTC)]
    with capsys.disabled():
        print(f"\nSubmodel templates: 5 of 5 kept, {len(wrong)} faults")
    assert wrong == []
    assert template_faults({"modelType": "Submodel"}, made, "empty")
