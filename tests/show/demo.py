"""Serve the fixture park for a look at the pages: `python tests/show/demo.py [port] [hour]`. A test tool."""

from __future__ import annotations

import socket
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from desk_fixture import HOUR, make_site
from fastapi import FastAPI

from parkwright.store.operations import Operations


def main() -> None:
    """Serve on loopback and print a sign-in link and a ready session for scripts."""
    hour = float(sys.argv[2]) if len(sys.argv) > 2 else HOUR
    serve(*make_site(Path(tempfile.mkdtemp()), hour, with_pages=True))


def serve(app: FastAPI, operations: Operations) -> None:
    """Serve an application on the port that was asked for, 0 for a free one, and print a sign-in link."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8099
    if port == 0:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
    link = operations.create_sign_in_link("admin", datetime.now(UTC))
    sys.stdout.write(f"http://127.0.0.1:{port}/sign-in/{link}\n")
    sys.stdout.flush()
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main()
