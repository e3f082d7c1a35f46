"""The rows about making a generation measure what they say; nothing here looks at a time."""

import dataclasses

import benchmarks as bench
import numpy as np
import pytest
from benchmarks import genomes as bench_genomes
from benchmarks.genomes import CHAMPION, MNIST, GenomeSize, grown

SMALL_MNIST = dataclasses.replace(MNIST, population=20, n_inputs=16, n_nodes=60, n_connections=150)


@pytest.mark.parametrize("size", [CHAMPION, SMALL_MNIST], ids=lambda size: size.name)
def test_the_population_has_the_size_that_is_named(size: GenomeSize) -> None:
    population = grown(size)
    assert len(population) == size.population
    np.testing.assert_array_equal(population.n_enabled(), size.n_connections)
    np.testing.assert_array_equal(population.to_arrays()["n_hidden"] + 1 + size.n_inputs + size.n_outputs, size.n_nodes)


def test_the_genomes_are_not_all_equal() -> None:
    networks = grown(CHAMPION).networks(5)
    activations = {networks[i].activations.tobytes() for i in range(len(networks))}
    assert len(activations) > len(networks) / 2


def test_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_genomes, "MNIST", SMALL_MNIST)
    rows = list(bench.measure(("genomes",), 1))
    assert [bool(row.target) for row in rows] == [True, False, True, False]
    assert all(row.unit == "ms" and row.value > 0 for row in rows)
