"""Two processes never work on one folder, and the second learns who the first is."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from parkwright.model.errors import LedgerError
from parkwright.store import lock

HOLDER = """
import sys
from pathlib import Path
from parkwright.store import lock
with lock.hold(Path(sys.argv[1]), "parkwright run parks/tianjin"):
    print("held", flush=True)
    sys.stdin.read()
"""


def start_holder(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_process_is_refused_by_the_name_of_the_first(tmp_path: Path):
    holder = start_holder(tmp_path)
    try:
        expected = rf"is in use by 'parkwright run parks/tianjin' \(process {holder.pid}, since 20\d\d-.*; stop that"
        with pytest.raises(LedgerError, match=expected), lock.hold(tmp_path, "parkwright day"):
            pass
    finally:
        holder.kill()
        holder.communicate()


def test_the_lock_ends_with_a_killed_process(tmp_path: Path):
    holder = start_holder(tmp_path)
    os.kill(holder.pid, signal.SIGKILL)
    holder.communicate()
    with lock.hold(tmp_path, "parkwright day"):
        assert (tmp_path / lock.FILE).read_text().startswith('{"who": "parkwright day"')


def test_the_lock_ends_with_its_block_even_when_the_block_fails(tmp_path: Path):
    with pytest.raises(KeyError), lock.hold(tmp_path / "new" / "var", "first"):
        raise KeyError
    with lock.hold(tmp_path / "new" / "var", "second"):
        refused = pytest.raises(LedgerError, match="in use by 'second'")
        with refused, lock.hold(tmp_path / "new" / "var", "third"):
            pass


def test_a_note_half_written_still_refuses(tmp_path: Path):
    with lock.hold(tmp_path, "first"):
        (tmp_path / lock.FILE).write_text('{"who": "fi')
        with pytest.raises(LedgerError, match="in use by another process"), lock.hold(tmp_path, "second"):
            pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("x")
    refused = pytest.raises(LedgerError, match=re.escape(f"{tmp_path / 'file' / 'var'}: cannot be used"))
    with refused, lock.hold(tmp_path / "file" / "var", "first"):
        pass
