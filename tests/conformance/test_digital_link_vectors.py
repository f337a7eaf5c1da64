"""Digital Links against the test vectors of GS1's own engine (gs1/gs1-syntax-engine), from a checkout by variable."""

from __future__ import annotations

import re

import pytest
from test_export_schemas import checkout

from parkwright.connect.digital_link import CANONICAL, UnitLink, address_of, unit_of
from parkwright.connect.pact_wire import WireError

ENGINE = "PARKWRIGHT_GS1_ENGINE"
"""Environment variable: a checkout of gs1/gs1-syntax-engine."""
TEXT = r'"((?:[^"\\]|\\.)*)"'
READ = re.compile(rf"test_parseDLuri\((true|false),\s*{TEXT},\s*{TEXT}\);")
"""A vector: whether it can be read, the address, and what it says by application identifier."""
BUILT = re.compile(rf"test_testGenerateDLuri\(true,\s*(?:NULL|{TEXT}),\s*{TEXT},\s*{TEXT}\);")
"""A vector: the resolver, what is to be told, and the address."""
UNIT = re.compile(r"\^01([0-9]{14})(?:22[^^]+\^)?(?:10[^^]+\^)?21([^^]+)(?:\^.*)?")
NUMBERED = re.compile(r"\(01\)([0-9]{14})\(21\)([^(]+)")


def read(address: str) -> UnitLink | None:
    try:
        return unit_of(address)
    except WireError:
        return None


@pytest.mark.server
def test_the_vectors_of_gs1_are_read_and_built_alike(capsys: pytest.CaptureFixture[str]):
    folder = checkout(ENGINE)
    if folder is None:
        return
    source = (folder / "src/c-lib/dl.c").read_text()
    source = re.sub(r"/\*.*?\*/|\t//[^\n]*", "", source, flags=re.DOTALL)
    vectors, units = READ.findall(source), 0
    assert len(vectors) >= 100
    for sound, address, told in vectors:
        named = UNIT.fullmatch(told)
        here = named is not None and "/01/" in address and sound == "true"
        units += here
        assert read(address.replace("\\\\", "\\")) == (UnitLink(*named.groups()) if here else None), address
    built = [(resolver, *found.groups(), address) for resolver, told, address in BUILT.findall(source)
             if (found := NUMBERED.fullmatch(told))]  # fmt: skip
    assert units >= 5
    assert len(built) >= 2
    for resolver, gtin, serial, address in built:
        assert address_of(resolver or CANONICAL, gtin, serial) == address
    with capsys.disabled():
        print(f"\nGS1 Digital Link: {len(vectors)} vectors read alike ({units} name a unit), {len(built)} built alike")
