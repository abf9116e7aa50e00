"""A map of single cells, with scanpy: which kinds are there, and which genes mark them?

Counts are drawn: so many kinds of cells, each with genes of its own, by a negative binomial. Run as
`cells.py parameters.json` it leaves umap.png, markers.csv and agreement.txt (how far the kinds that
were found are those that were drawn).
"""

import csv
import json
import sys
from pathlib import Path

import anndata
import numpy
import scanpy
from matplotlib import pyplot

MARKERS, TOP = 12, 5  # genes of each kind's own; named in the table
SPREAD = 2.0  # of the counts, beyond chance


def drawn(asked: dict) -> anndata.AnnData:
    """Cells of so many kinds, by the seed of the task."""
    chance = numpy.random.default_rng(asked["seed"] + asked["task"])
    kinds = chance.integers(0, asked["kinds"], asked["cells"])
    mean = numpy.tile(chance.gamma(0.6, 1.5, asked["genes"]) + 0.05, (asked["cells"], 1))
    for kind in range(asked["kinds"]):
        own = chance.choice(asked["genes"], MARKERS, replace=False)
        mean[numpy.ix_(kinds == kind, own)] *= 12
    mean *= chance.lognormal(0, 0.3, (asked["cells"], 1))
    counts = chance.negative_binomial(SPREAD, SPREAD / (SPREAD + mean)).astype("float32")
    found = anndata.AnnData(counts)
    found.var_names = [f"gene{n:04}" for n in range(asked["genes"])]
    found.obs["kind"] = [str(kind) for kind in kinds]
    return found


def agreement(one: list, other: list) -> float:
    """The adjusted Rand index: 1 where both say the same, 0 by chance (Hubert and Arabie 1985)."""
    firsts, seconds = sorted(set(one)), sorted(set(other))
    table = numpy.zeros((len(firsts), len(seconds)))
    for first, second in zip(one, other, strict=True):
        table[firsts.index(first), seconds.index(second)] += 1

    def pairs(counts: numpy.ndarray) -> float:
        return float((counts * (counts - 1) / 2).sum())

    both, rows, columns = pairs(table), pairs(table.sum(1)), pairs(table.sum(0))
    chance = rows * columns / pairs(numpy.array([len(one)], dtype=float))
    return (both - chance) / ((rows + columns) / 2 - chance or 1)


def main() -> None:
    asked = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    cells = drawn(asked)
    scanpy.pp.normalize_total(cells, target_sum=10_000)
    scanpy.pp.log1p(cells)
    scanpy.pp.pca(cells, n_comps=20)
    Path("progress").write_text("0.3")
    scanpy.pp.neighbors(cells, n_neighbors=asked["neighbours"])
    scanpy.tl.umap(cells, random_state=0)
    Path("progress").write_text("0.7")
    scanpy.tl.leiden(cells, flavor="igraph", n_iterations=2, directed=False)
    scanpy.tl.rank_genes_groups(cells, "leiden", method="t-test")
    draw(cells)
    names = cells.uns["rank_genes_groups"]["names"]
    with open("markers.csv", "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["cluster", "cells", *(f"gene {n + 1}" for n in range(TOP))])
        for kind in names.dtype.names:
            here = int((cells.obs["leiden"] == kind).sum())
            rows.writerow([kind, here, *names[kind][:TOP]])
    index = agreement(list(cells.obs["kind"]), list(cells.obs["leiden"]))
    said = f"{len(names.dtype.names)} clusters of {asked['kinds']} kinds, agreement {index:.3f}"
    Path("agreement.txt").write_text(said + "\n", encoding="utf-8")
    print(said)


def draw(cells: anndata.AnnData) -> None:
    """The map, a colour for each cluster."""
    places, found = cells.obsm["X_umap"], cells.obs["leiden"]
    figure, axes = pyplot.subplots(figsize=(7, 5), dpi=110)
    for kind in found.cat.categories:
        here = (found == kind).to_numpy()
        axes.scatter(places[here, 0], places[here, 1], s=5, label=kind)
    axes.set_xlabel("UMAP 1")
    axes.set_ylabel("UMAP 2")
    axes.legend(markerscale=3, fontsize=8)
    figure.savefig("umap.png")


if __name__ == "__main__":
    main()
