"""Compile a kernel to machine code once, and keep the code on disk between runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Return the function as machine code that runs beside other threads (no interpreter lock)."""
    return cast(F, njit(cache=True, nogil=True, error_model="numpy")(function))
