"""Facts as bytes: the canonical text of a batch of rows, its hash, and the chain that ties batches together."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime

import polars as pl

from parkwright.ledger.verifier import GENESIS, HEADER, link
from parkwright.model.errors import LedgerError
from parkwright.model.tables import TABLES, Table

__all__ = ["GENESIS", "HEADER", "canonical", "content_sha256", "decode", "encode", "instant_text", "link", "table_of"]


def table_of(kind: str) -> Table:
    """Return the contract of the rows of `kind`; raises LedgerError when no table has that name."""
    if kind not in TABLES:
        raise LedgerError(f"kind {kind!r}: is no table of the ledger; use one of {', '.join(sorted(TABLES))}")
    return TABLES[kind]


def canonical(frame: pl.DataFrame) -> bytes:
    """Return the rows as CSV bytes (RFC 4180 quoting, LF, heading first): equal rows give equal bytes.

    Times are written in UTC to the millisecond, floats with the fewest digits that read back to the same value,
    a missing value as nothing and an empty text as "".
    """
    buffer = io.BytesIO()
    frame.write_csv(
        buffer, datetime_format="%Y-%m-%dT%H:%M:%S%.3fZ", line_terminator="\n", quote_style="necessary", null_value=""
    )
    return buffer.getvalue()


def content_sha256(frame: pl.DataFrame) -> bytes:
    """Return the SHA-256 (32 bytes) of the canonical bytes of `frame`."""
    return hashlib.sha256(canonical(frame)).digest()


def instant_text(instant: datetime) -> str:
    """Return an aware instant as ISO 8601 in UTC to the millisecond, as it stands in a batch's header.

    Raises LedgerError when the instant has no time zone: a fact without one cannot be placed.
    """
    if instant.tzinfo is None:
        raise LedgerError(f"the instant {instant} has no time zone; give an aware datetime")
    return instant.astimezone(UTC).isoformat(timespec="milliseconds")


def encode(frame: pl.DataFrame) -> bytes:
    """Return `frame` as an Arrow IPC stream, compressed with zstd."""
    buffer = io.BytesIO()
    frame.write_ipc_stream(buffer, compression="zstd")
    return buffer.getvalue()


def decode(arrow: bytes) -> pl.DataFrame:
    """Return the frame of an Arrow IPC stream; raises LedgerError when the bytes are none."""
    try:
        return pl.read_ipc_stream(io.BytesIO(arrow))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise LedgerError(f"a batch's bytes are damaged: {error}; restore a backup") from error
