"""The small park with a second line, eight lots that either line takes, and people for one line at a time."""

from __future__ import annotations

from pathlib import Path

from run_park import SECOND_LINE, SECOND_METERS, write_folder

from parkwright.model.park import Park
from parkwright.store import folder

FITTERS = """
[[crew]]
id = "fitters"
name = { en = "Fitters", zh = "装配工" }
basis = "assumed: a test"

[[crew.shift]]
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
start = "06:00"
end = "24:00"
heads = 3

[[crew.line]]
work_center_id = "L-1"
run_heads = 3.0

[[crew.line]]
work_center_id = "L-2"
run_heads = 1.5
"""
ORDERS = "order_id,product_id,quantity,release,due,weight,market_id\n" + "".join(
    f"O-{n},P-A,40,2026-07-15T00:00:00+08:00,2026-07-15T12:00:00+08:00,40.0,HOME\n" for n in range(8)
)


def written(path: Path) -> Path:
    """Write the park to a folder and return its path."""
    write_folder(path, 3600)
    for file, text in (("lines.toml", SECOND_LINE + FITTERS), ("meters.csv", SECOND_METERS)):
        (path / file).write_text((path / file).read_text("utf-8") + text, "utf-8")
    (path / "orders.csv").write_text(ORDERS, "utf-8")
    return path


def crew_park(path: Path) -> Park:
    """Write the park to a folder and load it."""
    return folder.load(written(path))
