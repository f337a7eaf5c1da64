"""When the material of an order line is complete, as planned."""

from __future__ import annotations

import polars as pl

from parkwright.model.park import Park
from parkwright.model.tables import JOB_ORDERS, TIME, conform


def kits(park: Park, orders: pl.DataFrame) -> pl.DataFrame:
    """Return the planned time at which the kit of each order line is complete.

    A kit is called off at the release of its order line and is planned complete after the expected delay of the
    slowest supplier in its bill of material (share of late kits times their mean delay). The real delay is the
    plant's to tell.

    park: suppliers, materials and bills of material.
    orders: JOB_ORDERS.

    Returns Frame with order_id and kit_ready [UTC], one row an order line, in the order of `orders`.
    """
    orders = conform(orders, JOB_ORDERS)
    delay_ms = expected_delay_ms(park)
    return orders.select(
        "order_id",
        (
            pl.col("release")
            + pl.duration(
                milliseconds=pl.col("product_id").replace_strict(delay_ms, default=0, return_dtype=pl.Int64),
                time_unit="ms",
            )
        )
        .cast(TIME)
        .alias("kit_ready"),
    )


def expected_delay_ms(park: Park) -> dict[str, int]:
    """Return product id -> expected delay of its kit [ms]: the largest late_share * late_mean_s in its bill."""
    by_supplier = {supplier.id: supplier.late_share * supplier.late_mean_s for supplier in park.suppliers}
    delay = {product.id: 0.0 for product in park.products}
    for line in park.bill:
        material = park.material.get(line.component_id)
        if material is not None:
            delay[line.product_id] = max(delay[line.product_id], by_supplier.get(material.supplier_id, 0.0))
    return {product_id: round(seconds * 1000) for product_id, seconds in delay.items()}
