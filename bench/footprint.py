"""Footprints of 20,000 processes at once, beside brightway with PARDISO on the same made-up chain, in one run.

The chain is like a bill of material (7 tiers, 200 products, energy that uses machines), not a database of real
processes. Peer: bw2calc with pypardiso, one inventory and score a product, as its users run it; group bench-footprint
of pyproject.toml. Without it the script says so and measures our side alone. The peer keeps amounts in 32 bits, so that
the chain's figures are such as 32 bits hold.
PARDISO fills in on loops this dense: one product of the full chain takes the peer minutes, of --scale 0.1 a second.
Run: python bench/footprint.py [--peer-draws N] [--scale SHARE]
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from importlib import import_module

import numpy as np

import bom_chain
from parkwright.carbon import graph, uncertainty

DRAWS, CHECKED = 1000, 3


def ours(given: bom_chain.Chain) -> tuple[graph.Graph, dict[str, float]]:
    """Print our CPU seconds and return the graph and the footprint of every process."""
    warm = graph.graph(["a", "b"], [1.0, 1.0], ([0, 1], [1, 0], [0.1, 0.1]))
    values = graph.intensities(warm)
    graph.revised(warm, values, {"a": 2.0})
    flat = uncertainty.spread_of(warm, ([0.1, 0.1], [-1, -1]), ([0.1, 0.1], [-1, -1]), ["a", "b"])
    uncertainty.drawn(warm, flat, ["a"], 2, np.random.default_rng(1))
    begun = time.process_time()
    chain = graph.graph(given.ids, given.direct, (given.users, given.inputs, given.amounts))
    built = time.process_time()
    for _ in range(20):
        values = graph.intensities(chain)
    spent = (time.process_time() - built) / 20
    begun_one = time.process_time()
    leaf = next(name for name in given.ids if name.startswith("P6"))
    revision = graph.revised(chain, values, {given.product_ids[0]: 1.0})
    one = time.process_time() - begun_one
    begun_all = time.process_time()
    everywhere = graph.revised(chain, values, {leaf: 1.0})
    every = time.process_time() - begun_all
    print(f"processes, exchanges            {len(given.ids):>12,} {given.users.size:,}")
    print(f"largest loop                    {int(np.diff(chain.bounds).max()):>12,} processes")
    print(f"sort into tiers, once           {built - begun:>12.4f} CPU s")
    print(f"all footprints                  {spent:>12.4f} CPU s")
    print(f"after a product's change        {one:>12.4f} CPU s, {len(revision.recomputed)} computed again")
    print(f"after a raw material's change   {every:>12.4f} CPU s, {len(everywhere.recomputed):,} computed again")
    cv, group = np.full(len(given.ids), 0.1), np.arange(len(given.ids)) % 50
    uses = given.users.size
    spread = uncertainty.spread_of(chain, (cv, group), (np.full(uses, 0.1), np.full(uses, -1)), given.ids)
    begun = time.process_time()
    drawn = uncertainty.drawn(chain, spread, given.product_ids, DRAWS, np.random.default_rng(1))
    print(f"{DRAWS:,} draws of every figure     {time.process_time() - begun:>12.2f} CPU s, all processes")
    name = given.product_ids[0]
    at = chain.at(name)
    exact = uncertainty.analytic_cv(chain, spread, name, values)
    print(f"cv of {name}: drawn, closed  {drawn.sd[at] / drawn.mean[at]:>9.4f} {exact:.4f}")
    return chain, dict(zip(chain.ids, values.tolist(), strict=True))


def peer(given: bom_chain.Chain, draws: int) -> tuple[float, float, dict[str, float]] | None:
    """Return brightway's CPU seconds a product and a draw and its footprints; None where it is not installed."""
    os.environ["BRIGHTWAY2_DIR"] = tempfile.mkdtemp()
    try:
        bw2data, bw2calc, pypardiso = (import_module(name) for name in ("bw2data", "bw2calc", "pypardiso"))
    except ImportError:
        return None
    known = ", ".join(f"{module.__name__} {version(module)}" for module in (bw2data, bw2calc, pypardiso))
    print(f"peer                            {known}")
    bw2data.projects.set_current("bench")
    biosphere = bw2data.Database("bio")
    biosphere.write({("bio", "co2"): {"name": "CO2", "type": "emission", "exchanges": []}})
    rows: dict[tuple[str, str], dict[str, object]] = {}
    exchanges: list[list[dict[str, object]]] = [[] for _ in given.ids]
    for user, used, amount in zip(given.users, given.inputs, given.amounts, strict=True):
        exchanges[user].append({"input": ("t", given.ids[used]), "amount": float(amount), "type": "technosphere"})
    for n, name in enumerate(given.ids):
        own = [{"input": ("t", name), "amount": 1.0, "type": "production"},
               {"input": ("bio", "co2"), "amount": float(given.direct[n]), "type": "biosphere"}]  # fmt: skip
        rows[("t", name)] = {"name": name, "exchanges": own + exchanges[n]}
    begun = time.process_time()
    bw2data.Database("t").write(rows)
    bw2data.Method(("gwp",)).write([(("bio", "co2"), 1.0)])
    print(f"brightway writes its database   {time.process_time() - begun:>12.1f} CPU s")
    found: dict[str, float] = {}
    spent = []
    for name in given.product_ids[:CHECKED]:
        functional_unit, data, _ = bw2data.prepare_lca_inputs({("t", name): 1.0}, method=("gwp",))
        begun = time.process_time()
        lca = bw2calc.LCA(functional_unit, data_objs=data)
        lca.lci()
        lca.lcia()
        spent.append(time.process_time() - begun)
        found[name] = float(lca.score)
    functional_unit, data, _ = bw2data.prepare_lca_inputs({("t", given.product_ids[0]): 1.0}, method=("gwp",))
    lca = bw2calc.LCA(functional_unit, data_objs=data, use_distributions=True)
    lca.lci()
    lca.lcia()
    begun = time.process_time()
    for _ in range(draws):
        next(lca)
    return float(np.median(spent)), (time.process_time() - begun) / max(draws, 1), found


def version(module: object) -> str:
    """Return a module's version as text."""
    told = getattr(module, "__version__", "unknown")
    return ".".join(map(str, told)) if isinstance(told, tuple) else str(told)


def main() -> None:
    """Measure both sides and print the largest difference and the ratios."""
    draws = int(sys.argv[sys.argv.index("--peer-draws") + 1]) if "--peer-draws" in sys.argv else 2
    scale = float(sys.argv[sys.argv.index("--scale") + 1]) if "--scale" in sys.argv else 1.0
    given = bom_chain.chain(1, scale)
    chain, values = ours(given)
    for _ in range(20):
        graph.intensities(chain)
    begun = time.process_time()
    for _ in range(20):
        graph.intensities(chain)
    spent = (time.process_time() - begun) / 20
    answer = peer(given, draws)
    if answer is None:
        print("brightway is not installed: uv pip install --group bench-footprint")
        return
    each, a_draw, found = answer
    worst = max(abs(values[name] / score - 1) for name, score in found.items())
    print(f"brightway, one product          {each:>12.2f} CPU s (median of {len(found)})")
    print(f"brightway, one draw, one product{a_draw:>12.2f} CPU s (of {draws})")
    print(f"largest relative difference     {worst:>12.1e}")
    print(f"ratio, one product to all ours  {each / spent:>12,.0f} x")
    print(f"peak memory                     {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:>12,.0f} MB")


if __name__ == "__main__":
    main()
