"""Topics and payloads: there and back, and everything that a payload may not be."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wire_park import wire_park

from parkwright.connect import namespace
from parkwright.connect.namespace import Counter, MalformedError
from parkwright.store.folder import load

PARK = wire_park()
TIANJIN = load(Path(__file__).parents[2] / "parks" / "tianjin")
ENERGY, WATER = PARK.meter["grid-in"], PARK.meter["water"]
GOOD = {"value": "12.500000", "unit": "kWh", "quality": "good", "source_time": "2026-07-15T00:15:00.000Z", "seq": 7}


def payload(**changes):
    return json.dumps(GOOD | changes).encode()


def test_a_machine_speaks_under_its_building_line_and_work_unit():
    meter = TIANJIN.meter["mc-NB1-FT"]
    assert namespace.topic(TIANJIN, meter) == "park/TJ/B1/L-NB1/NB1-FT/mc-NB1-FT/energy"


@pytest.mark.parametrize(
    ("meter_id", "topic"),
    [
        ("grid-in", "park/TJ/site/-/-/grid-in/energy"),
        ("line-NB1", "park/TJ/B1/L-NB1/-/line-NB1/energy"),
        ("bld-B2", "park/TJ/B2/-/-/bld-B2/energy"),
        ("comp-C1", "park/TJ/UT/-/-/comp-C1/energy"),
        ("water-B1", "park/TJ/B1/-/-/water-B1/volume"),
    ],
)
def test_a_meter_speaks_where_it_stands(meter_id, topic):
    assert namespace.topic(TIANJIN, TIANJIN.meter[meter_id]) == topic


def test_every_meter_has_a_topic_of_its_own_that_the_subscriptions_cover():
    topics = namespace.topics(TIANJIN)
    assert len(topics) == len(TIANJIN.meters)
    shapes = [filter_.split("/") for filter_ in namespace.subscriptions(TIANJIN)]
    for topic in topics:
        levels = topic.split("/")
        assert any(
            len(levels) == len(shape) and all(want in ("+", have) for want, have in zip(shape, levels, strict=True))
            for shape in shapes
        )


@settings(max_examples=200)
@given(
    st.integers(0, 10**15 - 1),
    st.sampled_from(["energy", "water"]),
    st.datetimes(datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2100-01-01")),
    st.integers(0, 2**40),
)
def test_a_counter_survives_the_wire_exactly(register, kind, when, seq):
    meter = ENERGY if kind == "energy" else WATER
    counter = Counter(
        meter.id, when.replace(microsecond=when.microsecond // 1000 * 1000, tzinfo=UTC), register, "good", seq
    )
    assert namespace.decode(meter, namespace.encode(meter, counter)) == counter


def test_instants_in_other_zones_are_the_same_instant():
    found = namespace.decode(ENERGY, payload(source_time="2026-07-15T08:15:00+08:00"))
    assert found.source_time == datetime(2026, 7, 15, 0, 15, tzinfo=UTC)
    assert found.source_time.utcoffset() == timedelta(0)


def test_fewer_decimals_are_the_same_number():
    assert namespace.decode(ENERGY, payload(value="12.5")).register_mwh_int == 12_500_000
    assert namespace.decode(ENERGY, payload(value="12")).register_mwh_int == 12_000_000


def test_further_keys_are_left_alone():
    assert namespace.decode(ENERGY, payload(age=3)).seq == 7


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"{", "no JSON"),
        (b"[" * 4000, "no JSON"),
        (b"[1]", "is a list"),
        (b"null", "is a NoneType"),
        (b" " * 5000, "5000 bytes"),
        (json.dumps({"value": "1"}).encode(), "lacks unit, quality, source_time, seq"),
        (payload(value=12.5), "value is 12.5"),
        (payload(value="NaN"), "value is 'NaN'"),
        (payload(value="-1"), "value is '-1'"),
        (payload(value="1e9"), "value is '1e9'"),
        (payload(value="1.0000001"), "value is '1.0000001'"),
        (payload(value="9" * 16), "value is"),
        (payload(value="999999999999999"), "rolls over"),
        (payload(value=None), "value is None"),
        (payload(unit="MWh"), "unit is 'MWh'; give kWh"),
        (payload(quality="great"), "quality is 'great'"),
        (payload(quality=["good"]), "quality is"),
        (payload(source_time="2026-07-15T00:15:00"), "source_time is"),
        (payload(source_time="yesterday"), "source_time is"),
        (payload(source_time=1752538500), "source_time is"),
        (payload(seq=-1), "seq is -1"),
        (payload(seq=True), "seq is True"),
        (payload(seq=1.5), "seq is 1.5"),
        (payload(seq=2**70), "seq is"),
    ],
)
def test_a_payload_that_is_none_is_refused_with_what_was_found(body, found):
    with pytest.raises(MalformedError) as error:
        namespace.decode(ENERGY, body)
    assert found in str(error.value)
    assert ";" in str(error.value)


@settings(max_examples=300)
@given(st.one_of(st.binary(max_size=300), st.text(max_size=200).map(str.encode)))
def test_no_bytes_crash_the_reader(body):
    with contextlib.suppress(MalformedError):
        assert namespace.decode(ENERGY, body).register_mwh_int >= 0


def test_water_has_litres_with_three_decimals():
    body = namespace.encode(WATER, Counter("water", datetime(2026, 7, 15, tzinfo=UTC), 2500, "good", 0))
    assert json.loads(body)["value"] == "2.500"
    assert json.loads(body)["unit"] == "L"
    with pytest.raises(MalformedError, match="3 decimals"):
        namespace.decode(WATER, payload(unit="L", value="1.0001"))


def test_the_page_of_topics_shows_what_is_spoken():
    page = (Path(__file__).parents[2] / "docs" / "look-up" / "topics.md").read_text()
    assert namespace.topic(TIANJIN, TIANJIN.meter["mc-NB1-FT"]) in page
    assert namespace.resume_topic(TIANJIN).replace("TJ", "<park_id>") in page
    for key in namespace.KEYS:
        assert f"`{key}`" in page
    shown = next(line for line in page.splitlines() if line.startswith('{"value"'))
    assert namespace.decode(TIANJIN.meter["mc-NB1-FT"], shown.encode()).quality == "good"
