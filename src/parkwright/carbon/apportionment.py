"""Exact shares as a relational program: the same expression runs on DuckDB, on Spark, or on any engine that Ibis knows.

It gives what attribution.apportion gives, to the last unit, with 64-bit integers alone: engines differ in how they
divide and in what they do beyond 64 bits, so that neither is asked of them.
"""

from __future__ import annotations

import ibis
from ibis.expr.types import IntegerColumn, Table

BASE = 2**16
"""Base of the long division of quantity x weight by the sum of weights."""
QUANTITY_BELOW = BASE**3
"""Quantities lie below it: three digits; 281 MWh in milliwatt-hours."""
WEIGHTS_BELOW = 2**46
"""A group's sum of weights lies below it: a remainder x BASE and a digit x weight then fit 62 bits each."""


def shares(quantities: Table, weights: Table) -> Table:
    """Return the share of every weight: integers that sum to their group's quantity, by largest remainder.

    quantities: (group_id, quantity), one row a group. weights: (group_id, member_id, weight >= 0), a member once a
    group. Returns (group_id, member_id, share). Equal remainders go to the member that sorts first. A group whose
    weights are all 0, or that lies beyond the limits above, has the share NULL, so that it cannot be overlooked;
    `refused` names it.

    References: largest remainder (Hamilton) method, as attribution.apportion; long division, Knuth, The Art of Computer
    Programming 2, 1997, 4.3.1.
    """
    totals = weights.group_by("group_id").agg(total=weights.weight.sum().cast("int64"))
    rows = weights.join(quantities, "group_id").join(totals, "group_id")
    rows = rows.select("group_id", "member_id", "weight", "quantity", "total")
    fits = (rows.total > 0) & (rows.total < WEIGHTS_BELOW) & (rows.quantity.abs() < QUANTITY_BELOW)
    rows = rows.mutate(size=fits.ifelse(rows.quantity.abs(), ibis.null("int64")), of=rows.total.nullif(0))
    rest = ibis.literal(0, "int64")
    left = rows.size
    names = []
    for power in (BASE**2, BASE, 1):
        digit = _quotient(left, ibis.literal(power, "int64"))
        step = rest * BASE + digit * rows.weight
        tag = f"{power}"
        rows = rows.mutate(**{f"digit{tag}": digit, f"step{tag}": step})
        rows = rows.mutate(
            **{
                f"quotient{tag}": _quotient(rows[f"step{tag}"], rows["of"]),
                f"rest{tag}": rows[f"step{tag}"] % rows["of"],
                f"left{tag}": left - rows[f"digit{tag}"] * power,
            }
        )
        names.append(tag)
        rest, left = rows[f"rest{tag}"], rows[f"left{tag}"]
    floor = rows[f"quotient{names[0]}"]
    for tag in names[1:]:
        floor = floor * BASE + rows[f"quotient{tag}"]
    rows = rows.mutate(floor=floor, rest=rest)
    group = ibis.window(group_by="group_id")
    ranked = ibis.window(group_by="group_id", order_by=[ibis.desc("rest"), "member_id"])
    rows = rows.mutate(missing=rows["size"] - rows["floor"].sum().over(group), rank=ibis.row_number().over(ranked))
    share = rows["floor"] + (rows["rank"] < rows["missing"]).ifelse(1, 0)
    return rows.select("group_id", "member_id", share=(rows.quantity < 0).ifelse(-share, share).cast("int64"))


def refused(quantities: Table, weights: Table) -> Table:
    """Return the groups that `shares` gives no share: (group_id, quantity, total), total NULL where nothing weighs.

    A group of quantity 0 over weights of 0 is among them: it has shares of 0, which need no computing.
    """
    totals = weights.group_by("group_id").agg(total=weights.weight.sum().cast("int64"), least=weights.weight.min())
    rows = quantities.left_join(totals, "group_id").select("group_id", "quantity", "total", "least")
    beyond = (rows.total >= WEIGHTS_BELOW) | (rows.quantity.abs() >= QUANTITY_BELOW) | (rows.least < 0)
    return rows.filter(rows.total.isnull() | (rows.total <= 0) | beyond).select("group_id", "quantity", "total")


def _quotient(whole: IntegerColumn, by: IntegerColumn) -> IntegerColumn:
    """Return whole // by for whole >= 0, by > 0 and a quotient below 2^50, exact on every engine.

    The remainder is exact in integers; what is left is a multiple of `by`, whose float quotient errs by far less than
    a half, so that rounding gives it.
    """
    return ((whole - whole % by) / by).round().cast("int64")
