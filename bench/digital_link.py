"""Digital Links read by us and by biip, an independent GS1 engine, on the same random addresses, in one run.

Two in three addresses are of a unit: number, variant and lot in every combination, path prefixes, queries, marks of
GS1's set 82 as they are or in percents. The others are changed in one place: a digit, the order of the qualifiers, a
qualifier twice or missing, a mark that GS1 does not allow, a serial that is too long, another key. Both say which unit
an address names, or none; every kind in which they differ is named with an example. Peer: group bench-digital-link of
pyproject.toml; without it the script says so and times our side alone.
Run: python bench/digital_link.py [--addresses N] [--seed N]
"""

from __future__ import annotations

import argparse
import resource
import time
from collections import Counter
from collections.abc import Callable
from importlib import import_module, metadata
from urllib.parse import quote

import numpy as np

from parkwright.connect.digital_link import unit_of
from parkwright.connect.pact_wire import WireError
from parkwright.model.trade_item import check_digit

SET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
"""GS1 General Specifications 24, figure 7.11-1."""
BARE = "-._~!$&'()*+,;=:@"
"""Marks that may stand for themselves in a segment of a path (RFC 3986, 3.3), letters and digits beside."""
FOREIGN = " #$@[]^`{|}~\\é测"
"""Marks outside GS1's set 82."""
HOSTS = ("id.gs1.org", "example.com", "a.b.example:8443", "brand.example/some/path", "brand.example/p/01x")
QUERIES = ("", "", "?17=271231", "?linkType=all", "?3103=000195&x=1", "?")
UNIT_SHARE = 2 / 3

Draw = np.random.Generator
Unit = tuple[str, str] | None


def text(rng: Draw, longest: int = 20) -> str:
    """Return 1 to `longest` marks of set 82."""
    return "".join(SET_82[n] for n in rng.integers(0, len(SET_82), int(rng.integers(1, longest + 1))))


def written(rng: Draw, value: str) -> str:
    """Return a value as a segment of a path, with some marks in percents that need none."""
    return "".join(
        quote(mark, safe=BARE) if rng.random() < 0.8 else "".join(f"%{byte:02X}" for byte in mark.encode())
        for mark in value
    )


def number(rng: Draw) -> str:
    """Return a trade item number of 14 digits."""
    digits = "".join(str(n) for n in rng.integers(0, 10, 13))
    return digits + check_digit(digits)


def address(rng: Draw) -> tuple[str, str]:
    """Return an address and the kind that it is of."""
    steps = [("01", number(rng))]
    steps += [(key, text(rng, most)) for key, most in (("22", 20), ("10", 20)) if rng.random() < 0.3]
    steps.append(("21", text(rng)))
    kind = "unit" if rng.random() < UNIT_SHARE else CHANGES[int(rng.integers(len(CHANGES)))]
    changed = steps if kind == "unit" else CHANGE[kind](rng, steps)
    path = "".join(f"/{key}/{written(rng, value)}" for key, value in changed)
    scheme = "https" if rng.random() < 0.8 else "http"
    return f"{scheme}://{HOSTS[int(rng.integers(len(HOSTS)))]}{path}{QUERIES[int(rng.integers(len(QUERIES)))]}", kind


Steps = list[tuple[str, str]]


def _digit(rng: Draw, steps: Steps) -> Steps:
    gtin, place = steps[0][1], int(rng.integers(14))
    other = str((int(gtin[place]) + int(rng.integers(1, 10))) % 10)
    return [("01", gtin[:place] + other + gtin[place + 1 :]), *steps[1:]]


def _foreign(rng: Draw, steps: Steps) -> Steps:
    serial, mark = steps[-1][1], FOREIGN[int(rng.integers(len(FOREIGN)))]
    return [*steps[:-1], ("21", mark + serial[:19])]


CHANGE: dict[str, Callable[[Draw, Steps], Steps]] = {
    "wrong digit": _digit,
    "shorter number": lambda rng, steps: [("01", steps[0][1][int(rng.integers(1, 14)) :]), *steps[1:]],
    "foreign mark": _foreign,
    "serial too long": lambda rng, steps: [*steps[:-1], ("21", (text(rng) * 21)[:21])],
    "other order": lambda _rng, steps: [steps[0], steps[-1], ("10", "L1")],
    "lot before variant": lambda _rng, steps: [steps[0], ("10", "L1"), ("22", "V1"), steps[-1]],
    "serial twice": lambda _rng, steps: [*steps, steps[-1]],
    "no serial": lambda _rng, steps: steps[:-1],
    "no value": lambda _rng, steps: [*steps[:-1], ("21", "")],
    "other key": lambda rng, steps: [("00", number(rng) + "0000"), *steps[1:]],
    "foreign qualifier": lambda _rng, steps: [steps[0], ("17", "271231"), steps[-1]],
}
CHANGES = tuple(CHANGE)


def ours(link: str) -> Unit:
    """Return number and serial of the unit that we read."""
    try:
        unit = unit_of(link)
    except WireError:
        return None
    return unit.gtin, unit.serial


def peer() -> Callable[[str], Unit] | None:
    """Return how the peer reads; None where it is not installed."""
    try:
        links, biip = import_module("biip.gs1_digital_link_uris"), import_module("biip")
    except ImportError:
        return None

    def read(link: str) -> Unit:
        try:
            found = {one.ai.ai: one for one in links.GS1DigitalLinkURI.parse(link).element_strings}
        except biip.ParseError:
            return None
        if not {"01", "21"} <= found.keys() or found["01"].gtin is None:  # it reads on where the check digit is wrong
            return None
        return found["01"].value.zfill(14), found["21"].value

    return read


def timed(read: Callable[[str], Unit], links: list[str]) -> tuple[list[Unit], float]:
    """Return what is read and the processor time of one address [s]."""
    began = time.process_time()
    found = [read(link) for link in links]
    return found, (time.process_time() - began) / len(links)


def main() -> None:
    """Print how many were read alike, where not, and the time of both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--addresses", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    rng = np.random.default_rng(given.seed)
    drawn = [address(rng) for _ in range(given.addresses)]
    links = [link for link, _ in drawn]
    mine, our_s = timed(ours, links)
    named = sum(unit is not None for unit in mine)
    print(f"{len(links)} addresses, seed {given.seed}: we read a unit in {named}, {our_s * 1e6:.1f} us CPU each")
    read = peer()
    if read is None:
        print("biip is not installed: uv pip install --group bench-digital-link")
    else:
        theirs, peer_s = timed(read, links)
        alike = sum(a == b for a, b in zip(mine, theirs, strict=True))
        print(
            f"biip {metadata.version('biip')}: {alike} alike, {peer_s * 1e6:.1f} us CPU each ({peer_s / our_s:.1f} x)"
        )
        differ = [(kind, a is None, b is None, link, a, b)
                  for (link, kind), a, b in zip(drawn, mine, theirs, strict=True) if a != b]  # fmt: skip
        counted = Counter((kind, no_a, no_b) for kind, no_a, no_b, *_ in differ)
        for key, count in counted.most_common():
            link, a, b = next(one[3:] for one in differ if one[:3] == key)
            print(f"  {key[0]}: {count} differ, as {link}: we read {a}, biip {b}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
