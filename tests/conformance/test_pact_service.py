"""The PACT conformance service against our server: every case of 3.0 and every mandatory one of 2.x, with callbacks."""

from __future__ import annotations

import os
import secrets
import ssl
import subprocess
import sys
import urllib.request
import warnings
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from declared import IDS, NOW, declared
from pact_suite import CHECKOUT, CLIENT, SECRET, checkout, free_port, run_of, service

from parkwright.run.exchange import Partner
from parkwright.store.requests import RequestDesk

SERVER = """
import sys
from pathlib import Path
from parkwright.store import folder
from parkwright.store.requests import RequestDesk
from parkwright.wire import exchange, exchange_server

park_dir, var, port, certificate, key = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), *map(Path, sys.argv[4:])
with exchange.opened(folder.load(park_dir), park_dir, var) as found:
    exchange_server.serve(found, exchange_server.Served(certificate, key, port=port), print)
"""
TIANJIN = Path(__file__).parents[2] / "parks" / "tianjin"


def own_database() -> str:
    """A fresh database of the server that PARKWRIGHT_TEST_POSTGRES names."""
    url = os.environ.get("PARKWRIGHT_TEST_POSTGRES")
    assert url, "set PARKWRIGHT_TEST_POSTGRES to the URL of a PostgreSQL server; the service keeps its runs there"
    name = f"pact_{secrets.token_hex(6)}"
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
    return sa.make_url(url).set(drivername="postgres", database=name).render_as_string(hide_password=False)


@pytest.fixture
def ours(tmp_path: Path):
    """Our server in a process of its own over HTTPS, with three footprints for the service."""
    certificate, key, port = tmp_path / "c.pem", tmp_path / "k.pem", free_port()
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run(["openssl", *words, *names, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    (tmp_path / "var" / "TJ").mkdir(parents=True)
    with RequestDesk(f"sqlite:///{tmp_path / 'var' / 'TJ' / 'operations.db'}") as desk:
        for number in range(1, 4):
            one = declared(
                id=IDS[number], created=NOW + timedelta(hours=number), product_ids=(f"urn:x:panel:{number}",)
            )
            desk.declare(one, "panel", NOW)
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, TIANJIN, tmp_path / "var", str(port), certificate, key],
        env={**os.environ, "SERVICE_SECRET": SECRET},
    )
    trust = ssl.create_default_context(cafile=certificate)
    for _ in range(240):
        assert process.poll() is None, "our server ended"
        try:
            urllib.request.urlopen(
                f"https://localhost:{port}/.well-known/openid-configuration", context=trust, timeout=1
            )
            break
        except OSError:
            continue
    yield f"https://localhost:{port}", f"sqlite:///{tmp_path / 'var' / 'TJ' / 'operations.db'}"
    process.terminate()
    process.wait(30)


@pytest.mark.server
@pytest.mark.timeout(900)
def test_every_case_of_the_pact_conformance_service_passes(ours: tuple[str, str], capsys: pytest.CaptureFixture[str]):
    """E1 of the reference: 41 of 41 in 3.0 with both callbacks; all mandatory cases of 2.0 to 2.3."""
    folder = checkout()
    if folder is None:
        warnings.warn(
            f"the PACT conformance service is absent and was not run; name its checkout in {CHECKOUT}", stacklevel=1
        )
        return
    address, operations = ours
    counts = {}
    with service(folder, own_database()) as there:
        with RequestDesk(operations) as desk:
            ann = desk.add_user("Ann", "carbon", NOW)
            desk.register(Partner(CLIENT, "service", (), "3", there, CLIENT, "SERVICE_SECRET"), SECRET, NOW)
            desk.address(CLIENT, "panel", ann, NOW)
        for version in ("V3.0", "V2.0", "V2.1", "V2.2", "V2.3"):
            results = run_of(there, address, version)["results"]
            failed = [f"{one['name']}: {one.get('errorMessage')}" for one in results if one["status"] != "SUCCESS"]
            counts[version] = (len(results) - len(failed), len(results), failed)
    with capsys.disabled():
        print(
            "\nPACT conformance service:", {version: f"{good} of {all_}" for version, (good, all_, _) in counts.items()}
        )
    assert {version: failed for version, (_, _, failed) in counts.items() if failed} == {}
    assert counts["V3.0"][:2] == (41, 41)
