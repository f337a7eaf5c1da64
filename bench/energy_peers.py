"""The same energy park as PyPSA and as oemof.solph see it, for bench/energy_dispatch.py."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd

from parkwright.energy.blocks import Converter, Grid, Load, Source, Store, System


def _parts(system: System) -> dict[str, Any]:
    kinds = {"load": Load, "source": Source, "store": Store, "grid": Grid, "converter": Converter}
    found: dict[str, Any] = {name: [b for b in system.blocks if isinstance(b, kind)] for name, kind in kinds.items()}
    found["index"] = pd.date_range("2024-01-01", periods=system.steps, freq=pd.Timedelta(hours=system.step_h))
    return found


def _finite(limit: float) -> float:
    return limit if np.isfinite(limit) else 1e6


def pypsa_objective(system: System) -> float:
    """Build the park in PyPSA, solve it with HiGHS on one thread and return the objective [CNY]."""
    pypsa, parts = import_module("pypsa"), _parts(system)
    net = pypsa.Network(snapshots=parts["index"])
    net.snapshot_weightings = net.snapshot_weightings.astype(float) * system.step_h
    net.add("Bus", ["power", "heat"])
    series = {}
    for load in parts["load"]:
        net.add("Load", load.id, bus=load.bus, p_set=pd.Series(load.power_kw, parts["index"]))
    for source in parts["source"]:
        top = max(float(source.limit_kw.max()), 1e-9)
        series[source.id] = pd.Series(source.limit_kw / top, parts["index"])
        net.add("Generator", source.id, bus=source.bus, p_nom=top, p_max_pu=series[source.id],
                marginal_cost=float(np.asarray(source.price)))  # fmt: skip
    grid = parts["grid"][0]
    net.add("Generator", "import", bus="power", p_nom=_finite(float(grid.import_limit_kw[0])),
            marginal_cost=pd.Series(grid.import_price, parts["index"]))  # fmt: skip
    net.add("Generator", "export", bus="power", p_nom=float(grid.export_limit_kw[0]), sign=-1,
            marginal_cost=pd.Series(-grid.export_price, parts["index"]))  # fmt: skip
    for store in parts["store"]:
        loss = 1.0 - store.kept_share ** (1.0 / system.step_h)
        if np.isinf(store.charge_kw):
            net.add("Store", store.id, bus=store.bus, e_nom=store.capacity_kwh, e_cyclic=True, standing_loss=loss)
        else:
            net.add("StorageUnit", store.id, bus=store.bus, p_nom=store.charge_kw,
                    max_hours=store.capacity_kwh / store.charge_kw, efficiency_store=store.charge_efficiency,
                    efficiency_dispatch=store.discharge_efficiency, standing_loss=loss, cyclic_state_of_charge=True,
                    marginal_cost=store.wear_price)  # fmt: skip
    for pump in parts["converter"]:
        net.add("Link", pump.id, bus0=pump.bus, bus1=pump.to_bus, p_nom=float(pump.limit_kw[0]),
                efficiency=pd.Series(pump.ratio, parts["index"]))  # fmt: skip
    model = net.optimize.create_model()
    demand = grid.demand
    power = model.variables["Generator-p"].sel(name="import")
    total = model.objective.expression
    for group, price in enumerate(demand.price):
        peak = model.add_variables(lower=0, name=f"peak{group}")
        inside = power.sel(snapshot=parts["index"][demand.group == group])
        model.add_constraints(inside - peak <= 0, name=f"peak{group}")
        total = total + float(price) * peak
    model.objective = total
    net.optimize.solve_model(solver_name="highs", io_api="direct", solver_options={"threads": 1, "output_flag": False})
    return float(net.objective)


def oemof_objective(system: System) -> float:
    """Build the park in oemof.solph, solve it with HiGHS on one thread and return the objective [CNY]."""
    solph, pyomo, parts = import_module("oemof.solph"), import_module("pyomo.environ"), _parts(system)
    flow, components = solph.Flow, solph.components
    energy = solph.EnergySystem(timeindex=parts["index"], infer_last_interval=True)
    bus = {name: solph.Bus(label=f"bus {name}") for name in ("power", "heat")}
    nodes = list(bus.values())
    for load in parts["load"]:
        nodes.append(
            components.Sink(label=load.id, inputs={bus[load.bus]: flow(fix=load.power_kw, nominal_capacity=1)})
        )
    for source in parts["source"]:
        out = flow(nominal_capacity=1, max=source.limit_kw, variable_costs=float(np.asarray(source.price)))
        nodes.append(components.Source(label=source.id, outputs={bus[source.bus]: out}))
    grid = parts["grid"][0]
    bought = flow(nominal_capacity=_finite(float(grid.import_limit_kw[0])), variable_costs=grid.import_price)
    importer = components.Source(label="import", outputs={bus["power"]: bought})
    sold = flow(nominal_capacity=float(grid.export_limit_kw[0]), variable_costs=-grid.export_price)
    nodes += [importer, components.Sink(label="export", inputs={bus["power"]: sold})]
    for store in parts["store"]:
        loss = 1.0 - store.kept_share ** (1.0 / system.step_h)
        nodes.append(
            components.GenericStorage(
                label=store.id, inputs={bus[store.bus]: flow(nominal_capacity=_finite(store.charge_kw))},
                outputs={
                    bus[store.bus]: flow(nominal_capacity=_finite(store.discharge_kw), variable_costs=store.wear_price)
                },
                nominal_capacity=store.capacity_kwh, loss_rate=loss, balanced=True, initial_storage_level=None,
                inflow_conversion_factor=store.charge_efficiency, outflow_conversion_factor=store.discharge_efficiency,
            )
        )  # fmt: skip
    for pump in parts["converter"]:
        taken = flow(nominal_capacity=float(pump.limit_kw[0]))
        nodes.append(
            components.Converter(
                label=pump.id, inputs={bus[pump.bus]: taken}, outputs={bus[pump.to_bus]: flow()},
                conversion_factors={bus[pump.to_bus]: pump.ratio},
            )
        )  # fmt: skip
    energy.add(*nodes)
    model = solph.Model(energy)
    demand = grid.demand
    model.peak = pyomo.Var(range(len(demand.price)), within=pyomo.NonNegativeReals)
    model.peaks = pyomo.Constraint(
        range(system.steps),
        rule=lambda m, t: m.flow[importer, bus["power"], t] <= m.peak[int(demand.group[t])],
    )
    model.objective.expr = model.objective.expr + sum(
        float(price) * model.peak[g] for g, price in enumerate(demand.price)
    )
    model.solve(solver="highs", solve_kwargs={"tee": False})
    return float(pyomo.value(model.objective))
