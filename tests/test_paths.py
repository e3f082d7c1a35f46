"""Paths, crossover and removal: what they do to genomes, and what always holds."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import test_operators as t
from wann import _core
from wann.networks.activations import Activation
from wann.networks.network import Networks

LINEAR, INVERSE = int(Activation.LINEAR), int(Activation.INVERSE)
OFF = [0.0, 0.0, 0.0, 0.0]
REINFORCE, WEAKEN = int(_core.Operator.REINFORCE), int(_core.Operator.WEAKEN)
N_IN, N_OUT = 4, 2


def counts(genome: t.Genome) -> Counter[tuple[int, int]]:
    """Signed numbers of parallel paths between nodes that are in the middle of none, by brute force."""
    first = 1 + genome.n_inputs + genome.n_outputs
    into, out = Counter(b for _, b in genome.edges), Counter(a for a, _ in genome.edges)
    thin = {
        n for n in range(first, genome.n_nodes) if genome.hidden[n - first] in (LINEAR, INVERSE) and into[n] == out[n] == 1
    }
    enabled = {edge for edge, on in zip(genome.edges, genome.enabled, strict=True) if on}
    found: Counter[tuple[int, int]] = Counter()
    for node in thin:
        (a, in_edge), (b, out_edge) = (
            next((a, (a, n)) for a, n in genome.edges if n == node),
            next((b, (n, b)) for n, b in genome.edges if n == node),
        )
        if a not in thin and b not in thin and {in_edge, out_edge} <= enabled:
            found[a, b] += 1 if genome.hidden[node - first] == LINEAR else -1
    return Counter({pair: k for pair, k in found.items() if k})


def with_paths(seed: int, size: int = 40, generations: int = 12, **how: float) -> _core.Population:
    """Genomes of paths, some with other hidden nodes."""
    population = _core.Population.random(size, N_IN, N_OUT, 0.2, seed, 0.4)
    for g in range(generations):
        variation = t.variation([0.1, 0.1, 0.0, 0.1], adjust_path=1.0, further_change=0.5, **how)
        population = population.next(np.arange(size, dtype=np.uint32), variation, 100 * seed + g)
    return population


def test_the_first_population_has_paths() -> None:
    """So many of the pairs of inputs and outputs, of either sign as often; without any, it is what it was."""
    population = t.genomes(_core.Population.random(400, N_IN, N_OUT, 0.0, 1, 0.25), N_IN, N_OUT)
    paths = [k for genome in population for k in counts(genome).values()]
    assert abs(len(paths) / (400 * 10) - 0.25) < 0.03
    assert abs(np.mean(paths)) < 0.1
    assert set(paths) == {-1, 1}
    a, b = (t.genomes(_core.Population.random(20, N_IN, N_OUT, 0.5, 1, p), N_IN, N_OUT) for p in (0.0, 0.3))
    assert [g.enabled for g in a] == [g.enabled[: len(x.enabled)] for g, x in zip(b, a, strict=True)]
    assert not any(g.hidden for g in a)


def test_a_path_more_or_less() -> None:
    """Exactly one number changes, by one, and the change says which."""
    parents = with_paths(1)
    settings_ = t.variation(OFF, adjust_path=1.0, elite=0.0, tournament=1)
    kinds = Counter()
    for i in range(10):
        many = t.copies(parents, i, 40, N_IN, N_OUT)
        before = counts(t.genomes(many, N_IN, N_OUT)[0])
        children = many.next(np.arange(40, dtype=np.uint32), settings_, i)
        for k, child in enumerate(t.genomes(children, N_IN, N_OUT)):
            t.assert_well_formed(child)
            operator, activation, source, target, *_ = children.change(k)
            kinds[operator] += 1
            sign = (1 if activation == LINEAR else -1) * (1 if operator == REINFORCE else -1)
            # A node that a path now leads to or from is the middle of none any more; then more numbers change.
            if {source, target} <= set(range(1 + N_IN + N_OUT)):
                assert counts(child)[source, target] == before[source, target] + sign
    assert kinds.keys() == {REINFORCE, WEAKEN}


def test_paths_act_as_their_number_times_the_square() -> None:
    """Without other nodes a network computes w² times the signed numbers of paths."""
    population = _core.Population.random(30, N_IN, N_OUT, 0.0, 5, 0.5)
    for g in range(15):
        population = population.next(np.arange(30, dtype=np.uint32), t.variation(OFF, adjust_path=1.0), g)
    # Paths between inputs and outputs only: hidden nodes that are ends of paths do more.
    networks = Networks(population.networks(LINEAR), tuple("abcd"), tuple("xy"))
    x = np.random.default_rng(0).normal(size=(8, N_IN)).astype(np.float32)
    seen = 0
    for genome, network in zip(t.genomes(population, N_IN, N_OUT), networks, strict=True):
        number = counts(genome)
        if 2 * sum(abs(k) for k in number.values()) != sum(genome.enabled):
            continue
        seen += 1
        matrix = np.zeros((1 + N_IN, N_OUT))
        for (a, b), k in number.items():
            matrix[a, b - 1 - N_IN] = k
        want = matrix[0] + x @ matrix[1:]
        for w in (-1.7, -0.5, 0.8, 2.0):
            np.testing.assert_allclose(network(x, w), w**2 * want, rtol=1e-5, atol=1e-5)
    assert seen >= 10


def test_children_of_equal_parents_are_equal() -> None:
    """Crossed with itself, a genome's network computes the same."""
    parents = with_paths(2, size=20)
    networks = Networks(parents.networks(LINEAR), tuple("abcd"), tuple("xy"))
    x = np.random.default_rng(0).normal(size=(8, N_IN)).astype(np.float32)
    settings_ = t.variation([0, 0, 1, 0], crossover=1.0, tournament=1)
    for i in range(20):
        twins = t.copies(parents, i, 4, N_IN, N_OUT)
        # The only operator finds nothing to do in most genomes, so that what is seen is the crossover.
        children = twins.next(np.arange(4, dtype=np.uint32), settings_, i)
        before, after = networks[i], Networks(children.networks(LINEAR), tuple("abcd"), tuple("xy"))
        if _core.Operator(children.change(0)[0]) == _core.Operator.CROSSOVER:
            np.testing.assert_allclose(after[0](x, 0.9), before(x, 0.9), rtol=1e-4, atol=1e-4)


def test_numbers_of_paths_are_inherited_whole() -> None:
    """Between two nodes that both parents have, a child has as many paths as one of them."""
    population = _core.Population.random(2, N_IN, N_OUT, 0.0, 11, 0.5)
    for g in range(30):
        population = population.next(np.arange(2, dtype=np.uint32), t.variation(OFF, adjust_path=1.0, tournament=1), g)
    mother, father = (counts(g) for g in t.genomes(population, N_IN, N_OUT))
    fixed = set(range(1 + N_IN + N_OUT))
    both = t.joined([t.copies(population, i, 30, N_IN, N_OUT) for i in (0, 1)], N_IN, N_OUT)
    children = both.next(np.arange(60, dtype=np.uint32), t.variation([0, 0, 1, 0], crossover=1.0, tournament=1), 3)
    taken = Counter()
    for child in t.genomes(children, N_IN, N_OUT):
        t.assert_well_formed(child)
        found = counts(child)
        for pair in {*mother, *father}:
            k = found[pair]
            if set(pair) <= fixed:
                assert k in (mother[pair], father[pair])
                if mother[pair] != father[pair]:
                    taken[k == mother[pair]] += 1
    assert min(taken.values()) > 0.3 * sum(taken.values())


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_genomes_stay_well_formed(seed: int) -> None:
    """Whatever the operators do together: no cycle, no connection twice, marks that differ."""
    population = with_paths(
        seed, size=12, generations=25, crossover=0.6, remove_connection=0.3, remove_node=0.1, tournament=2
    )
    arrays = population.to_arrays()
    again = _core.Population.from_arrays(N_IN, N_OUT, from_=arrays.pop("from"), **arrays)
    for genome in t.genomes(again, N_IN, N_OUT):
        t.assert_well_formed(genome)


def without(genome: t.Genome, edge: tuple[int, int] | None, node: int | None) -> t.Genome:
    """The genome less a connection or a node, and less the hidden nodes that nothing leads to or that lead nowhere."""
    first = 1 + genome.n_inputs + genome.n_outputs
    gone = {node} if node is not None else set()
    links = list(zip(genome.edges, genome.enabled, genome.recurrent, strict=True))
    links = [link for link in links if link[0] != edge and not gone & {*link[0]}]
    while idle := {
        n
        for n in set(range(first, genome.n_nodes)) - gone
        if n not in {b for (_, b), *_ in links} or n not in {a for (a, _), *_ in links}
    }:
        gone |= idle
        links = [link for link in links if not gone & {*link[0]}]
    left = [n for n in range(genome.n_nodes) if n not in gone]
    number = {n: i for i, n in enumerate(left)}
    edges, enabled, recurrent = zip(*links, strict=True)
    return t.Genome(
        genome.n_inputs,
        genome.n_outputs,
        tuple(genome.hidden[n - first] for n in left if n >= first),
        tuple((number[a], number[b]) for a, b in edges),
        enabled,
        recurrent,
    )


@pytest.mark.parametrize("operator", ["remove_connection", "remove_node"])
def test_a_removal_takes_away_what_it_says_and_what_is_of_no_use_without_it(operator: str) -> None:
    """Each enabled connection, or each hidden node, is as likely."""
    past = with_paths(4, size=1)
    population = t.copies(past, 0, 3000, N_IN, N_OUT)
    parent = t.genomes(past, N_IN, N_OUT)[0]
    offspring = t.children(population, seed=2, odds=OFF, **{operator: 1.0})
    of_node = operator == "remove_node"
    taken: Counter[tuple[int, ...]] = Counter()
    for i, child in enumerate(t.genomes(offspring, N_IN, N_OUT)):
        kind, _, source, target, node, _ = offspring.change(i)
        assert kind == int(_core.Operator.REMOVE_NODE if of_node else _core.Operator.REMOVE_CONNECTION)
        taken[(node,) if of_node else (source, target)] += 1
        assert child == without(parent, None if of_node else (source, target), node if of_node else None)
    assert len(taken) == (len(parent.hidden) if of_node else sum(parent.enabled))
    t.assert_equally_likely(np.array(list(taken.values())))


def test_further_changes_are_as_many_as_their_chance_says() -> None:
    """One change, and with chance p another, and so on: k changes in (1 - p) p^(k - 1) of the children."""
    population = t.copies(with_paths(4, size=1), 0, 4000, N_IN, N_OUT)
    n_changes = t.children(population, seed=3, further_change=0.4).to_arrays()["n_changes"]
    counts = np.bincount(np.minimum(n_changes, 5), minlength=6)
    assert counts[0] == 0
    expected = 4000 * np.array([0.6 * 0.4**k for k in range(4)] + [0.4**4])
    assert stats.chisquare(counts[1:], expected).pvalue > 1e-4, counts


def test_removal_leaves_no_idle_nodes() -> None:
    population = with_paths(4)
    settings_ = t.variation(OFF, remove_connection=1.0, remove_node=0.5)
    for g in range(30):
        population = population.next(np.arange(40, dtype=np.uint32), settings_, g)
        for genome in t.genomes(population, N_IN, N_OUT):
            ends = {node for edge in genome.edges for node in edge}
            assert set(range(1 + N_IN + N_OUT, genome.n_nodes)) <= ends
    assert np.median(population.to_arrays()["n_connections"]) < 30


def test_marks_name_the_same_innovation() -> None:
    """The first node in the same connection has the same mark in genomes that do not know each other."""
    marks = []
    for seed in range(40):
        one = _core.Population.random(1, 1, 1, 1.0, seed)
        child = one.next(np.array([0], dtype=np.uint32), t.variation([1, 0, 0, 0]), seed)
        arrays = child.to_arrays()
        source = int(arrays["from"][-2])
        marks.append((source, int(arrays["mark"][0])))
    assert len(set(marks)) == len({source for source, _ in marks}) == 2


@pytest.mark.parametrize("field", ["crossover", "adjust_path", "remove_connection", "remove_node"])
@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_settings_out_of_range(field: str, value: float) -> None:
    population = _core.Population.random(4, N_IN, N_OUT, 0.5, 0)
    with pytest.raises(ValueError, match="from 0 to 1"):
        population.next(np.arange(4, dtype=np.uint32), t.variation(**{field: value}), 0)
