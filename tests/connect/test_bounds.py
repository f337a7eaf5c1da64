"""Bounds: at most so many in a span for each key, counted right by many threads; nothing longer than the limit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.connect import bounds
from parkwright.connect.bounds import BodyLimit, Rate

START = datetime(2026, 7, 15, tzinfo=UTC)
SPAN = timedelta(seconds=10)


@settings(deadline=None)
@given(st.lists(st.integers(0, 4), max_size=60), st.integers(1, 5))
def test_no_span_ever_holds_more_than_the_bound(pauses, times):
    now, taken = [START], []
    rate = Rate(times, SPAN, lambda: now[0])
    for pause in pauses:
        now[0] += timedelta(seconds=pause)
        free = rate.free("a")
        assert rate.count("a") is free
        taken += [now[0]] if free else []
    for first in taken:
        assert sum(first <= at < first + SPAN for at in taken) <= times


def test_keys_do_not_touch_each_other_and_the_oldest_are_forgotten(monkeypatch):
    monkeypatch.setattr(bounds, "KEYS", 3)
    rate = Rate(1, SPAN, lambda: START)
    assert [rate.count(key) for key in "abca"] == [True, True, True, False]
    assert rate.count("d")
    assert rate.count("a")
    assert not rate.count("d")


def test_many_threads_get_exactly_the_bound():
    rate = Rate(50, SPAN, lambda: START)
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: rate.count("a"), range(400))) == 50


async def refusal(scope, receive, send) -> None:
    await send("refused")


class App:
    """An application that reads its body."""

    async def __call__(self, scope, receive, send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        await send(body)


async def sent(pieces: list[bytes], headers=(), kind="http"):
    waiting = [
        {"type": "http.request", "body": piece, "more_body": number < len(pieces) - 1}
        for number, piece in enumerate(pieces)
    ]
    waiting.append({"type": "http.disconnect"})
    answers = []

    async def receive():
        return waiting.pop(0)

    async def send(message):
        answers.append(message)

    await BodyLimit(App(), 10, refusal)({"type": kind, "headers": list(headers)}, receive, send)
    return answers


@pytest.mark.parametrize(
    ("pieces", "headers", "expected"),
    [
        ([b"12345", b"67890"], (), [b"1234567890"]),
        ([b""], (), [b""]),
        ([b"12345", b"67890", b"1"], (), ["refused"]),
        ([b"1"], [(b"content-length", b"11")], ["refused"]),
        ([b"1"], [(b"content-length", b"-1")], ["refused"]),
        ([b"1"], [(b"content-length", b"1" * 5000)], ["refused"]),
        ([b"1"], [(b"content-length", b"1")], [b"1"]),
    ],
)
async def test_a_body_up_to_the_limit_goes_on_and_a_longer_one_is_refused(pieces, headers, expected):
    assert await sent(pieces, headers) == expected


async def test_what_is_no_request_goes_on_unread():
    assert await sent([b"x" * 100], kind="lifespan") == [b"x" * 100]


async def test_who_hangs_up_gets_no_answer():
    assert await sent([]) == []
