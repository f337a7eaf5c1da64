"""Lines, products, bills of material, setups, suppliers and orders."""

from __future__ import annotations

import math
from collections.abc import Sequence

from parkwright.model.product import (
    BillLine,
    Market,
    Material,
    OrderPattern,
    Product,
    Segment,
    Setup,
    Supplier,
)
from parkwright.model.site import Building, Node, WorkCenter, WorkUnit
from parkwright.store.draft import Draft, Placed
from parkwright.store.parse import Place
from parkwright.store.rules.reference import refer


def check(draft: Draft) -> None:
    """Report what is wrong with how the park makes things."""
    for line in draft.of(WorkCenter):
        _line(draft, line)
    _products(draft)
    _bill(draft)
    _loops(draft)
    _setups(draft)
    for material in draft.of(Material):
        refer(
            draft,
            material.place,
            f"material '{material.noun.id}'",
            "supplier_id",
            material.noun.supplier_id,
            Supplier,
        )
    _suppliers(draft)
    _pattern(draft)


def _line(draft: Draft, placed: Placed[WorkCenter]) -> None:
    line, place = placed.noun, placed.place
    thing = f"work_center '{line.id}'"
    report = draft.reader.report
    refer(draft, place, thing, "building_id", line.building_id, Building)
    refer(draft, place, thing, "node_id", line.node_id, Node)
    for segment_id in line.segment_ids:
        refer(draft, place, thing, "segment_ids", segment_id, Segment)
    if line.lot_min > line.lot_max:
        report(place, f"{thing}: lot_min", f"is {line.lot_min}, above lot_max {line.lot_max}", "swap them", "lot_min")
    if line.room:
        _room(draft, placed)
    length_m = math.dist(line.start, line.end)
    for position, unit in enumerate(line.work_unit):
        _work_unit(draft, placed, position, unit, length_m)


def _room(draft: Draft, placed: Placed[WorkCenter]) -> None:
    """Report a line with room that is more than one machine whose runs take whole lots, all in and all out at once."""
    line, oven = placed.noun, placed.noun.work_unit[0]
    thing, room = f"work_center '{line.id}'", line.room

    def report(key: str, found: str, way_out: str, path: tuple[str | int, ...] = ()) -> None:
        draft.reader.report(placed.place, f"{thing}: {key}", found, way_out, path or key)

    if len(line.work_unit) > 1:
        found = f"is {room}, but the line has {len(line.work_unit)} machines"
        report("room", found, "give the machine that takes several lots a line of its own")
        return
    if oven.places != room:
        report("room", f"is {room}, but '{oven.id}' has {oven.places} places", f"give its work unit places = {room}")
    if line.lot_max > room:
        report("lot_max", f"is {line.lot_max}, above room {room}", f"give at most {room}: a lot goes into one run")
    if abs(line.takt_s * room - oven.cycle_s) > 0.001 * oven.cycle_s:
        found = f"is {line.takt_s:g}, but a run of {oven.cycle_s:g} s gives {room} units"
        report("takt_s", found, f"give {oven.cycle_s / room:.6g}")
    if oven.fail_share > 0 and oven.scrap_share < 1:
        found = f"rejects units, of which {1 - oven.scrap_share:g} would be worked on again alone"
        way_out = "give scrap_share = 1, or judge them at a line of its own"
        report("work_unit", found, way_out, ("work_unit", 0, "scrap_share"))


def _work_unit(draft: Draft, placed: Placed[WorkCenter], position: int, unit: WorkUnit, length_m: float) -> None:
    line, place = placed.noun, placed.place
    thing = f"work_unit '{unit.id}'"

    def report(key: str, found: str, way_out: str) -> None:
        draft.reader.report(place, f"{thing}: {key}", found, way_out, ("work_unit", position, key))

    pace_s = unit.cycle_s / unit.places
    if pace_s > line.takt_s * 1.001:
        found = f"is {unit.cycle_s:g} at {unit.places} places, one unit in {pace_s:.3g} s"
        report("cycle_s", found, f"give at most {line.takt_s * unit.places:g} for a takt of {line.takt_s:g} s")
    if unit.idle_kw > unit.run_kw:
        report("idle_kw", f"is {unit.idle_kw:g}, above run_kw {unit.run_kw:g}", "give the power without work in kW")
    if unit.off_kw > unit.idle_kw:
        report("off_kw", f"is {unit.off_kw:g}, above idle_kw {unit.idle_kw:g}", "give the power when off in kW")
    if unit.mtbf_s > 0 and unit.mttr_s == 0:
        report("mttr_s", "is 0, but the machine fails", "give the mean repair time in s, or mtbf_s = 0")
    if unit.fail_share > 0 and unit.kind not in ("inspection", "test"):
        report(
            "fail_share",
            f"is {unit.fail_share:g}, but its kind is {unit.kind}",
            "only kinds inspection and test reject units",
        )
    if unit.position_m > length_m + 0.5:
        report("position_m", f"is {unit.position_m:g}, behind the line's end", f"give at most {length_m:.0f} m")


def _products(draft: Draft) -> None:
    done = {segment_id for line in draft.nouns(WorkCenter) for segment_id in line.segment_ids}
    for placed in draft.of(Product):
        product, place = placed.noun, placed.place
        thing = f"product '{product.id}'"
        known = refer(draft, place, thing, "segment_id", product.segment_id, Segment)
        if known and product.segment_id not in done and draft.whole(WorkCenter):
            found = f"'{product.segment_id}' is done by no line"
            draft.reader.report(place, f"{thing}: segment_id", found, "add it to a line's segment_ids", "segment_id")
        if product.kind == "board" and product.share > 0:
            found = f"is {product.share:g}, but a board is not sold"
            draft.reader.report(place, f"{thing}: share", found, "give 0 or kind = finished", "share")
        _parts(draft, product, place)


def _parts(draft: Draft, product: Product, place: Place) -> None:
    """Report parts of a lot that nothing would make: of boards, of a lot that is never split, of no line's size."""

    def report(key: str, found: str, way_out: str) -> None:
        draft.reader.report(place, f"product '{product.id}': {key}", found, way_out, key)

    if product.kind == "board" and product.parts_max > 1:
        report("parts_max", f"is {product.parts_max}, but boards are made in lots of an hour", "leave it out")
    elif product.part_min > 1 and product.parts_max == 1:
        report("part_min", f"is {product.part_min}, but parts_max is 1: no lot is split", "give parts_max above 1")
    elif product.parts_max > 1 and draft.whole(WorkCenter):
        lines = [line for line in draft.nouns(WorkCenter) if product.segment_id in line.segment_ids]
        if lines and not any(line.lot_min <= product.part_min <= line.lot_max for line in lines):
            found = f"is {product.part_min}, a lot which no line of '{product.segment_id}' takes"
            report("part_min", found, "keep to lot_min and lot_max of a line in lines.toml")


def _bill(draft: Draft) -> None:
    seen: dict[tuple[str, str, str], int] = {}
    products = {product.id: product for product in draft.nouns(Product)}
    materials = {material.id for material in draft.nouns(Material)}
    lines = [line for line in draft.nouns(WorkCenter) if line.room and len(line.work_unit) == 1]
    ovens = {segment_id: line.id for line in lines for segment_id in line.segment_ids}
    for placed in draft.of(BillLine):
        line, place = placed.noun, placed.place
        thing = f"bill of '{line.product_id}'"
        refer(draft, place, thing, "product_id", line.product_id, Product)
        refer(draft, place, thing, "component_id", line.component_id, Material, Product)
        component, product = products.get(line.component_id), products.get(line.product_id)
        if product is not None and product.segment_id in ovens and line.component_id in materials:
            found = f"'{line.component_id}' is a material, and line '{ovens[product.segment_id]}' has room"
            way_out = "build it into a board on a line before: a run takes in boards only"
            draft.reader.report(place, f"{thing}: component_id", found, way_out)
        if component is not None and component.kind != "board":
            found = f"'{line.component_id}' is a finished product"
            draft.reader.report(place, f"{thing}: component_id", found, "build in materials and boards only")
        if component is not None and line.quantity != round(line.quantity):
            found = f"is {line.quantity:g} of the board '{line.component_id}'"
            draft.reader.report(place, f"{thing}: quantity", found, "give whole boards")
        key = (line.product_id, line.component_id, line.position)
        if key in seen:
            found = f"'{line.component_id}' at '{line.position}' stands also in row {seen[key]}"
            draft.reader.report(place, thing, found, "keep one row with the whole quantity")
        seen.setdefault(key, place.row)


def _loops(draft: Draft) -> None:
    """Report products that are built into themselves."""
    parts: dict[str, set[str]] = {}
    for line in draft.nouns(BillLine):
        parts.setdefault(line.product_id, set()).add(line.component_id)
    for placed in draft.of(BillLine):
        reached, ahead = set[str](), [placed.noun.component_id]
        while ahead:
            product_id = ahead.pop()
            if product_id not in reached:
                reached.add(product_id)
                ahead += parts.get(product_id, ())
        if placed.noun.product_id in reached:
            found = f"is built into itself through '{placed.noun.component_id}'"
            draft.reader.report(placed.place, f"bill of '{placed.noun.product_id}'", found, "take this row out")


def _setups(draft: Draft) -> None:
    families: dict[str, set[str]] = {}
    for product in draft.nouns(Product):
        families.setdefault(product.segment_id, set()).add(product.family_id)
    lines = {line.id: line for line in draft.nouns(WorkCenter)}
    seen: dict[tuple[str, str, str], int] = {}
    for placed in draft.of(Setup):
        setup, place = placed.noun, placed.place
        thing = f"setup on '{setup.work_center_id}'"
        refer(draft, place, thing, "work_center_id", setup.work_center_id, WorkCenter)
        line = lines.get(setup.work_center_id)
        made = {family for segment_id in (line.segment_ids if line else ()) for family in families.get(segment_id, ())}
        for key, family in (("from_family", setup.from_family), ("to_family", setup.to_family)):
            if line is not None and draft.whole(Product, WorkCenter) and family not in made:
                found = f"'{family}' is no family that this line makes"
                draft.reader.report(place, f"{thing}: {key}", found, f"use {', '.join(sorted(made)) or 'none'}")
        if setup.from_family == setup.to_family:
            draft.reader.report(place, thing, f"leads from '{setup.from_family}' to itself", "take the row out")
        pair = (setup.work_center_id, setup.from_family, setup.to_family)
        if pair in seen:
            found = f"'{setup.from_family}' to '{setup.to_family}' stands also in row {seen[pair]}"
            draft.reader.report(place, thing, found, "keep one row")
        seen.setdefault(pair, place.row)


def _suppliers(draft: Draft) -> None:
    for placed in draft.of(Supplier):
        supplier = placed.noun
        if supplier.late_share > 0 and supplier.late_mean_s == 0:
            thing = f"supplier '{supplier.id}': late_mean_s"
            found = f"is 0, but {supplier.late_share:g} of its kits are late"
            draft.reader.report(placed.place, thing, found, "give the mean delay in s", "late_mean_s")


def _pattern(draft: Draft) -> None:
    for placed in draft.of(OrderPattern):
        pattern, place = placed.noun, placed.place

        def report(key: str, found: str, way_out: str, place: Place = place) -> None:
            draft.reader.report(place, f"order_pattern: {key}", found, way_out, key)

        if pattern.small_share + pattern.large_share > 1:
            found = f"is {pattern.large_share:g}; with small_share {pattern.small_share:g} more than 1"
            report("large_share", found, "let both sum to at most 1")
        if pattern.small_below > pattern.large_above:
            found = f"is {pattern.small_below}, above large_above {pattern.large_above}"
            report("small_below", found, "let small end before large begins")
        if not pattern.small_below <= pattern.medium_mean <= pattern.large_above:
            found = f"is {pattern.medium_mean:g}"
            report("medium_mean", found, f"give {pattern.small_below} to {pattern.large_above} units")
        if pattern.large_mean <= pattern.large_above:
            report("large_mean", f"is {pattern.large_mean:g}", f"give more than large_above {pattern.large_above}")
        sold = [product for product in draft.nouns(Product) if product.share > 0]
        if draft.whole(Product) and not sold:
            report("orders_per_day", "has nothing to order: no product has a share", "give products a share above 0")
        if draft.whole(Market) and not any(market.share > 0 for market in draft.nouns(Market)):
            report("orders_per_day", "has no market: none has a share", "add a [[market]] with a share above 0")
        if draft.whole(Product, WorkCenter):
            _lots(draft, place, sold, round(pattern.large_mean))


def _lots(draft: Draft, place: Place, sold: Sequence[Product], largest: int) -> None:
    """Report a lot size that orders bring and no line of the segment takes, whole or in parts."""
    for segment_id in sorted({product.segment_id for product in sold}):
        ranges = [(w.lot_min, w.lot_max) for w in draft.nouns(WorkCenter) if segment_id in w.segment_ids]
        covered = 0
        for low, high in sorted(ranges):
            if low <= covered + 1:
                covered = max(covered, high)
        products = [product for product in sold if product.segment_id == segment_id]
        if ranges and covered < largest and not all(_fit_in_parts(one, covered, largest) for one in products):
            found = f"brings lots of {covered + 1} units, which no line of '{segment_id}' takes"
            draft.reader.report(place, "order_pattern", found, "widen lot_min and lot_max in lines.toml")


def _fit_in_parts(product: Product, covered: int, largest: int) -> bool:
    """Tell whether the parts of all lots above `covered` up to `largest` units have at most `covered` units.

    A lot that is cut into as many parts as its smallest allows has parts below twice that.
    """
    most = max(2 * product.part_min - 1, -(-largest // product.parts_max))
    return 2 * product.part_min <= covered + 1 and most <= covered
