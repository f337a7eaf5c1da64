"""Runs the PACT conformance service from its own checkout; the checkout is never part of this repository."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

CHECKOUT = "PARKWRIGHT_PACT_SERVICE"
"""Environment variable: a checkout of wbcsd/pact-conformance-service in which `npm ci` has run."""
CLIENT, SECRET = "test_client_id", "test_client_secret"
"""What the service signs in with, there and here: its callbacks know no other pair."""


def checkout() -> Path | None:
    """The checkout that the environment names; None where it names none."""
    named = os.environ.get(CHECKOUT)
    return Path(named) if named else None


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def wait_for(url: str, process: subprocess.Popen[bytes], seconds: float = 120) -> None:
    """Return once `url` answers; raises AssertionError when the process ends or the time is over."""
    for _ in range(int(seconds * 2)):
        assert process.poll() is None, f"the process for {url} ended with {process.returncode}"
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise AssertionError(f"{url} did not answer in {seconds} s")


def call(url: str, body: Mapping[str, str] | None = None) -> dict:
    """The JSON answer of the service."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=300) as answer:
        return json.load(answer)


@contextmanager
def service(folder: Path, database_url: str) -> Iterator[str]:
    """The service with its database, on a port of its own; yields its address."""
    port = free_port()
    address = f"http://localhost:{port}"
    environment = {
        **os.environ, "NODE_ENV": "test", "PORT": str(port), "CONFORMANCE_API": address,
        "JWT_SECRET": secrets.token_hex(8),
        "NODE_TLS_REJECT_UNAUTHORIZED": "0", "LOG_OUTPUT": "console", "DB_CONNECTION_STRING": database_url,
        "TESTCASE_TIMEOUT": "20000",
    }  # fmt: skip
    runner = ["npx", "ts-node"]
    subprocess.run(
        [*runner, "src/data/migrate.ts", "latest"], cwd=folder, env=environment, check=True, capture_output=True
    )
    process = subprocess.Popen(
        [*runner, "src/server.ts"], cwd=folder, env=environment, stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        wait_for(f"{address}/health-check", process)
        yield address
    finally:
        os.killpg(process.pid, 15)
        process.wait(30)


def run_of(address: str, ours: str, version: str) -> dict:
    """The finished test run of one version against our server: waits for all callbacks, optional ones, too."""
    wanted = {
        "baseUrl": ours, "clientId": CLIENT, "clientSecret": SECRET, "version": version,
        "organizationName": "parkwright",
        "adminEmail": "a@b.example", "adminName": "a",
    }  # fmt: skip
    found = call(f"{address}/testruns/", wanted)
    for _ in range(60):
        if found["status"] == "PASS" and all(one["status"] != "PENDING" for one in found["results"]):
            break
        time.sleep(1)
        found = call(f"{address}/testruns/{found['testRunId']}")
    return found
