"""Footprints of 20,000 processes at once, beside brightway with PARDISO on the same made-up chain, in one run.

The chain is like a bill of material (7 tiers, 200 products, energy that uses machines), not a database of real
processes. Peer: bw2calc with pypardiso, one inventory and score a product, as its users run it; group bench-footprint
of pyproject.toml. Without it the script says so and measures our side alone. The peer is given its matrices as a
bw_processing package with 64-bit amounts (bw2data's own databases keep 32 bits). Apart from it SciPy's SuperLU solves
the same equations of all processes.
PARDISO fills in on loops this dense: of the full chain one product takes the peer minutes, of --scale 0.1 a second. The
peer works in a process of its own and is given up after --peer-s seconds, which is said.
Run: python bench/footprint.py [--scale SHARE] [--products N] [--peer-draws N] [--peer-s SECONDS]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from importlib import import_module

import numpy as np
from scipy.sparse import csc_matrix, identity
from scipy.sparse.linalg import splu

import bom_chain
from parkwright.carbon import graph, uncertainty

DRAWS = 1000
ABSENT = 3
"""Exit status of the peer's process where the peer is not installed."""


def independent(given: bom_chain.Chain, chain: graph.Graph, values: dict[str, float]) -> None:
    """Print what SciPy's SuperLU makes of the same equations, of all processes, and how far we are from it."""
    size, place = len(given.ids), {name: n for n, name in enumerate(chain.ids)}
    order = np.array([place[name] for name in given.ids])
    cells = (given.amounts, (order[given.users], order[given.inputs]))
    direct = np.empty(size)
    direct[order] = given.direct
    begun = time.process_time()
    equations = csc_matrix(identity(size, format="csc") - csc_matrix(cells, shape=(size, size)))
    solved = splu(equations, permc_spec="NATURAL", diag_pivot_thresh=0.0).solve(direct)
    spent = time.process_time() - begun
    ours = np.array([values[name] for name in chain.ids])
    residual = np.abs(equations @ ours - direct).max() / np.abs(direct).max()
    print(f"SuperLU, all, 64 bits           {spent:>12.2f} CPU s")
    print(f"largest relative difference     {np.abs(ours / solved - 1).max():>12.1e} of {size:,} processes")
    print(f"what our equations leave        {residual:>12.1e}")


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


def peer(given: bom_chain.Chain, products: int, draws: int) -> None:
    """Print brightway's own figures as JSON, a line each: versions, each product, a draw."""
    try:
        processing, bw2calc, pypardiso = (import_module(name) for name in ("bw_processing", "bw2calc", "pypardiso"))
    except ImportError:
        sys.exit(ABSENT)
    told(versions=", ".join(f"{module.__name__} {version(module)}" for module in (processing, bw2calc, pypardiso)))
    own = np.arange(len(given.ids))
    gas = np.full(own.size, own.size)
    package = processing.create_datapackage()
    for matrix, rows, columns, amounts, inputs in (
        ("technosphere_matrix", own, own, np.ones(own.size), False),
        ("technosphere_matrix", given.inputs, given.users, given.amounts, True),
        ("biosphere_matrix", gas, own, given.direct, False),
        ("characterization_matrix", gas[:1], gas[:1], np.ones(1), False),
    ):
        cells = np.empty(len(rows), processing.INDICES_DTYPE)
        cells["row"], cells["col"] = rows, columns
        package.add_persistent_vector(
            matrix=matrix, indices_array=cells, data_array=np.asarray(amounts, np.float64),
            flip_array=np.full(len(rows), inputs),
        )  # fmt: skip
    at = {name: n for n, name in enumerate(given.ids)}
    for name in given.product_ids[:products]:
        begun = time.process_time()
        lca = bw2calc.LCA({at[name]: 1.0}, data_objs=[package])
        lca.lci()
        lca.lcia()
        told(product=name, kg=float(lca.score), spent_s=time.process_time() - begun)
    if not draws:
        return
    lca = bw2calc.LCA({at[given.product_ids[0]]: 1.0}, data_objs=[package], use_distributions=True)
    lca.lci()
    lca.lcia()
    begun = time.process_time()
    for _ in range(draws):
        next(lca)
    told(draw_s=(time.process_time() - begun) / draws)


def told(**figures: object) -> None:
    """Print figures for the process that asked."""
    print(json.dumps(figures), flush=True)


def version(module: object) -> str:
    """Return a module's version as text."""
    told = getattr(module, "__version__", "unknown")
    return ".".join(map(str, told)) if isinstance(told, tuple) else str(told)


def asked(given: argparse.Namespace) -> tuple[int | None, list[dict[str, object]]]:
    """Run the peer in a process of its own; return its exit status, None where it was given up, and what it printed."""
    words = ["--scale", str(given.scale), "--products", str(given.products), "--peer-draws", str(given.peer_draws)]
    with tempfile.TemporaryFile("w+") as out:
        child = subprocess.Popen([sys.executable, __file__, "--as-peer", *words], stdout=out, stderr=subprocess.DEVNULL)
        try:
            status: int | None = child.wait(given.peer_s)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            status = None
        out.seek(0)
        return status, [json.loads(line) for line in out if line.startswith("{")]


def compared(values: dict[str, float], spent: float, given: argparse.Namespace) -> None:
    """Print the peer's figures beside ours."""
    status, rows = asked(given)
    if status == ABSENT:
        print("brightway is not installed: uv pip install --group bench-footprint")
        return
    known: dict[str, object] = {}
    for row in rows:
        known.update(row)
    print(f"peer                            {known.get('versions', 'said nothing')}")
    solved = [row for row in rows if "product" in row]
    if status is None:
        print(f"brightway was given up after    {given.peer_s:>12.0f} s, with {len(solved)} products solved")
    if solved:
        each = float(np.median([row["spent_s"] for row in solved]))
        worst = max(abs(values[str(row["product"])] / row["kg"] - 1) for row in solved)
        print(f"brightway, one product          {each:>12.2f} CPU s (median of {len(solved)})")
        print(f"largest relative difference     {worst:>12.1e}")
        print(f"ratio, one product to all ours  {each / spent:>12,.0f} x")
    elif status is None:
        print(f"ratio, one product to all ours  {given.peer_s / spent:>12,.0f} x or more, by wall time")
    if "draw_s" in known:
        print(f"brightway, one draw, one product{known['draw_s']:>12.2f} CPU s (of {given.peer_draws})")


def main() -> None:
    """Measure both sides and print the largest difference and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="share of 20,000 processes")
    parser.add_argument("--products", type=int, default=3, help="products that the peer solves")
    parser.add_argument("--peer-draws", type=int, default=2)
    parser.add_argument("--peer-s", type=float, default=240.0)
    parser.add_argument("--as-peer", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    made = bom_chain.chain(1, given.scale)
    if given.as_peer:
        peer(made, given.products, given.peer_draws)
        return
    chain, values = ours(made)
    for _ in range(20):
        graph.intensities(chain)
    begun = time.process_time()
    for _ in range(20):
        graph.intensities(chain)
    spent = (time.process_time() - begun) / 20
    independent(made, chain, values)
    print(f"peak memory                     {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:>12,.0f} MB")
    compared(values, spent, given)


if __name__ == "__main__":
    main()
