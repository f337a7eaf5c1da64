"""One process at a time works on a `var` folder; a second one is told who holds it."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from parkwright.model.errors import LedgerError

FILE = "lock"


@contextmanager
def hold(path: Path, who: str) -> Iterator[None]:
    """Hold the folder `path` (made when it is not there) for as long as the block runs.

    who: the command that holds it, as a user would recognise it. The lock is the operating system's (flock): it ends
    with the process, however that ends, so nothing is ever left to clean up. Raises LedgerError naming the holder's
    command, process id and since when, when another process (or another block of this one) has it.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        handle = (path / FILE).open("a+", encoding="utf-8")
    except OSError as error:
        raise LedgerError(f"{path}: cannot be used: {error.strerror}; name a folder you may write to") from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LedgerError(
                f"{path}: is in use by {_holder(handle)}; stop that process first, or name another folder"
            ) from error
        handle.truncate(0)
        handle.write(json.dumps({"who": who, "pid": os.getpid(), "since": _now_text()}))
        handle.flush()
        yield


def _now_text() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _holder(handle: TextIO) -> str:
    """Return who wrote the lock's note, in words; a note half written is no reason to fail."""
    handle.seek(0)
    try:
        note = json.loads(handle.read())
        return f"'{note['who']}' (process {note['pid']}, since {note['since']})"
    except (ValueError, KeyError, TypeError):
        return "another process"
