"""Find the line of a TOML key, so that a finding can name it."""

from __future__ import annotations

import re
from collections.abc import Sequence

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]#]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")
_TOKEN = re.compile(r'"""|\'\'\'|"(?:\\.|[^"\\])*"|\'[^\']*\'|#|[\[\]{}]')

Where = tuple[str | int, ...]
"""Path of a value in a TOML document: keys and positions, for example ("work_center", 0, "takt_s")."""


class Locator:
    """Line numbers (1-based) of the tables and keys of a TOML document."""

    def __init__(self, text: str) -> None:
        """Scan `text` once; text that is no TOML gives a locator that knows less, never an error."""
        self._lines: dict[Where, int] = {}
        self._count: dict[Where, int] = {}
        self._scan(text)

    def row(self, where: Sequence[str | int]) -> int:
        """Return the line of the value at `where`, or of the nearest table around it; 0 when nothing is known."""
        path = tuple(where)
        while path:
            if path in self._lines:
                return self._lines[path]
            path = path[:-1]
        return 0

    def _scan(self, text: str) -> None:
        table: Where = ()
        depth = 0
        quote = ""
        for number, line in enumerate(text.splitlines(), start=1):
            if not depth and not quote:
                header = _HEADER.match(line)
                if header:
                    table = self._open(_parts(header[2]), header[1] == "[[", number)
                    continue
                key = _KEY.match(line)
                if key:
                    self._lines.setdefault((*table, *_parts(key[1])), number)
            depth, quote = _after(line, depth, quote)

    def _open(self, names: list[str], is_array: bool, number: int) -> Where:
        path: Where = ()
        for place, name in enumerate(names):
            path = (*path, name)
            if place < len(names) - 1 or not is_array:
                if path in self._count:
                    path = (*path, self._count[path] - 1)
                continue
            position = self._count.get(path, 0)
            self._count[path] = position + 1
            self._lines.setdefault(path, number)
            path = (*path, position)
        self._lines.setdefault(path, number)
        return path


def _parts(dotted: str) -> list[str]:
    return [part.strip().strip("\"'") for part in dotted.split(".")]


def _after(line: str, depth: int, quote: str) -> tuple[int, str]:
    """Return the bracket depth and the open multi-line quote behind `line`."""
    position = 0
    while position < len(line):
        if quote:
            end = line.find(quote, position)
            if end < 0:
                return depth, quote
            position, quote = end + 3, ""
            continue
        token = _TOKEN.search(line, position)
        if token is None or token[0] == "#":
            return depth, quote
        position = token.end()
        if token[0] in ('"""', "'''"):
            quote = token[0]
        elif token[0] in "[{":
            depth += 1
        elif token[0] in "]}":
            depth = max(0, depth - 1)
    return depth, quote
