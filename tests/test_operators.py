"""The search operators: what always holds, what a child differs in, and how likely each change is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import oracle
import wann
from wann import _core
from wann.networks.activations import ALL_ACTIVATIONS, Activation
from wann.networks.network import Networks

ALL = [int(a) for a in ALL_ACTIVATIONS]
ODDS = [0.25, 0.20, 0.05, 0.50]
NONE, INSERT_NODE, ADD_CONNECTION, ENABLE_CONNECTION, CHANGE_ACTIVATION, MIRROR = map(int, list(_core.Operator)[:6])
ADD_RECURRENT = int(_core.Operator.ADD_RECURRENT_CONNECTION)
REMOVE_NODE = int(_core.Operator.REMOVE_NODE)


@dataclass(frozen=True)
class Genome:
    """One genome of a population, read from its arrays."""

    n_inputs: int
    n_outputs: int
    hidden: tuple[int, ...]
    edges: tuple[tuple[int, int], ...]
    enabled: tuple[bool, ...]
    recurrent: tuple[bool, ...]

    @property
    def forward(self) -> list[tuple[int, int]]:
        """The edges that must make no cycle."""
        return [edge for edge, recurrent in zip(self.edges, self.recurrent, strict=True) if not recurrent]

    @property
    def n_nodes(self) -> int:
        return 1 + self.n_inputs + self.n_outputs + len(self.hidden)

    @property
    def outputs(self) -> list[int]:
        return list(range(1 + self.n_inputs, 1 + self.n_inputs + self.n_outputs))


def genomes(population: _core.Population, n_inputs: int, n_outputs: int) -> list[Genome]:
    arrays = population.to_arrays()
    found, h, c = [], 0, 0
    for n_hidden, n_connections in zip(arrays["n_hidden"].tolist(), arrays["n_connections"].tolist(), strict=True):
        mine = slice(c, c + n_connections)
        found.append(
            Genome(
                n_inputs,
                n_outputs,
                tuple(arrays["hidden"][h : h + n_hidden].tolist()),
                tuple(zip(arrays["from"][mine].tolist(), arrays["to"][mine].tolist(), strict=True)),
                tuple(arrays["enabled"][mine].astype(bool).tolist()),
                tuple(arrays["recurrent"][mine].astype(bool).tolist()),
            )
        )
        h, c = h + n_hidden, c + n_connections
    return found


def children(
    population: _core.Population,
    *,
    seed: int,
    odds: Sequence[float] = ODDS,
    activations: Sequence[int] = ALL,
    elite: float = 0.0,
    cull: float = 0.0,
    tournament: int = 1,
    **more: float,
) -> _core.Population:
    order = np.arange(len(population), dtype=np.uint32)
    settings = variation(odds, activations, elite=elite, cull=cull, tournament=tournament, **more)
    return population.next(order, settings, seed)


def variation(odds: Sequence[float] = ODDS, activations: Sequence[int] = ALL, **settings) -> _core.VariationSettings:
    insert_node, add_connection, enable_connection, change_activation = odds
    return _core.VariationSettings(
        insert_node=insert_node,
        add_connection=add_connection,
        enable_connection=enable_connection,
        change_activation=change_activation,
        activations=activations,
        **settings,
    )


def joined(populations: Sequence[_core.Population], n_inputs: int, n_outputs: int) -> _core.Population:
    """The genomes of several populations as one population."""
    arrays = [population.to_arrays() for population in populations]
    together = {name: np.concatenate([a[name] for a in arrays]) for name in arrays[0]}
    return _core.Population.from_arrays(n_inputs, n_outputs, from_=together.pop("from"), **together)


def copies(population: _core.Population, i: int, n: int, n_inputs: int, n_outputs: int) -> _core.Population:
    """n times genome i: the parent of all children is known."""
    one = population.to_arrays()
    per_genome = {name: slice(i, i + 1) for name in ("n_hidden", "n_connections", "change", "id", "parent", "n_changes")}
    for count, names in (
        ("n_hidden", ["hidden", "mark"]),
        ("n_connections", ["from", "to", "enabled", "recurrent"]),
        ("n_changes", ["changes"]),
    ):
        end = int(one[count][: i + 1].sum())
        per_genome |= dict.fromkeys(names, slice(end - int(one[count][i]), end))
    mine = {name: one[name][part] for name, part in per_genome.items()}
    many = {name: np.tile(a, (n, *[1] * (a.ndim - 1))) for name, a in mine.items()}
    return _core.Population.from_arrays(n_inputs, n_outputs, from_=many.pop("from"), **many)


def evolved(n_inputs: int, n_outputs: int, generations: int, *, seed: int = 0, size: int = 8, **how) -> _core.Population:
    population = _core.Population.random(size, n_inputs, n_outputs, 0.5, seed)
    for generation in range(generations):
        population = children(population, seed=1000 * seed + generation, **how)
    return population


def has_cycle(genome: Genome) -> bool:
    edges = set(genome.forward)
    nodes = set(range(genome.n_nodes))
    while free := nodes - {target for source, target in edges if source in nodes}:
        nodes -= free
    return bool(nodes)


def assert_well_formed(genome: Genome) -> None:
    edges = list(zip(genome.edges, genome.recurrent, strict=True))
    assert len(set(edges)) == len(edges), "a connection stands twice"
    assert not has_cycle(genome)
    outputs = set(genome.outputs)
    for (source, target), recurrent in edges:
        assert 0 <= source < genome.n_nodes
        assert source != 0 if recurrent else source not in outputs
        assert genome.n_inputs < target < genome.n_nodes
    assert set(genome.hidden) <= set(ALL)


def assert_one_change(parent: Genome, child: Genome, change: Sequence[int]) -> None:
    """The child is the parent with exactly the change that it states."""
    operator, activation, source, target, node, is_recurrent = change
    hidden, edges, enabled, recurrent = (list(x) for x in (parent.hidden, parent.edges, parent.enabled, parent.recurrent))
    place_of = {key: i for i, key in enumerate(zip(edges, recurrent, strict=True))}
    if operator == INSERT_NODE:
        split = place_of[(source, target), bool(is_recurrent)]
        assert enabled[split]
        assert node == parent.n_nodes
        enabled[split] = False
        hidden.append(activation)
        edges += [(source, node), (node, target)]
        enabled += [True, True]
        recurrent += [bool(is_recurrent), False]
    elif operator in (ADD_CONNECTION, ADD_RECURRENT):
        assert is_recurrent == (operator == ADD_RECURRENT)
        assert ((source, target), bool(is_recurrent)) not in place_of
        edges.append((source, target))
        enabled.append(True)
        recurrent.append(bool(is_recurrent))
    elif operator == ENABLE_CONNECTION:
        again = place_of[(source, target), bool(is_recurrent)]
        assert not enabled[again]
        enabled[again] = True
    elif operator == CHANGE_ACTIVATION:
        i = node - (1 + parent.n_inputs + parent.n_outputs)
        assert hidden[i] != activation
        hidden[i] = activation
    else:
        raise AssertionError(f"operator {operator}")
    made = tuple(hidden), tuple(edges), tuple(enabled), tuple(recurrent)
    assert child == Genome(parent.n_inputs, parent.n_outputs, *made)


@settings(max_examples=60)
@given(
    n_inputs=st.integers(0, 6),
    n_outputs=st.integers(1, 4),
    enabled=st.floats(0, 1),
    odds=st.lists(st.floats(0, 1), min_size=4, max_size=4).filter(lambda odds: sum(odds) > 0),
    activations=st.lists(st.sampled_from(ALL), min_size=1, unique=True),
    recurrent=st.sampled_from([0.0, 0.5]),
    generations=st.integers(0, 25),
    seed=st.integers(0, 2**63 - 1),
)
def test_whatever_the_search_does(n_inputs, n_outputs, enabled, odds, activations, recurrent, generations, seed) -> None:
    """Genomes stay acyclic and free of duplicates, and the networks that they describe compute what they say."""
    population = _core.Population.random(6, n_inputs, n_outputs, enabled, seed)
    for generation in range(generations):
        how = {"odds": odds, "activations": activations, "tournament": 2, "elite": 0.2, "recurrent": recurrent}
        population = children(population, seed=(seed + generation) % 2**63, **how)
    found = genomes(population, n_inputs, n_outputs)
    for genome in found:
        assert_well_formed(genome)
        assert set(genome.hidden) <= set(activations)
    assert_networks_are_the_genomes(population, found, seed)


def assert_networks_are_the_genomes(population: _core.Population, found: list[Genome], seed: int) -> None:
    names = tuple(f"in {i}" for i in range(found[0].n_inputs)), tuple(f"out {i}" for i in range(found[0].n_outputs))
    networks = Networks(population.networks(int(Activation.TANH)), *names)
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(5, found[0].n_inputs)).astype(np.float32)
    for network, genome in zip(networks, found, strict=True):
        numbers = dict.fromkeys(genome.outputs, int(Activation.TANH))
        numbers |= {1 + genome.n_inputs + genome.n_outputs + i: a for i, a in enumerate(genome.hidden)}
        on = zip(genome.edges, genome.enabled, genome.recurrent, strict=True)
        edges: dict[bool, list[tuple[int, int, int]]] = {True: [], False: []}
        for edge, enabled, recurrent in on:
            if enabled:
                edges[recurrent].append((*edge, 0))
        memory, before = None, None
        for _ in range(3):
            every = list(range(genome.n_nodes))
            before = oracle.run_nodes(x, numbers, edges[False], every, weight=0.75, recurrent=edges[True], before=before)
            got, memory = network.step(x, memory, weight=0.75)
            assert (np.abs(got - before.values[:, genome.outputs]) <= before.bounds[:, genome.outputs]).all()
        assert network.n_connections <= sum(genome.enabled)
        # Only what reaches an output stays.
        assert set(network.connections[:, 0]) >= set(range(1 + network.n_inputs, network.n_nodes - network.n_outputs))


@settings(max_examples=40)
@given(
    n_inputs=st.integers(0, 5),
    n_outputs=st.integers(1, 3),
    recurrent=st.sampled_from([0.0, 0.5]),
    generations=st.integers(0, 30),
    seed=st.integers(0, 2**32),
)
def test_a_child_differs_in_one_change(n_inputs: int, n_outputs: int, recurrent: float, generations: int, seed: int) -> None:
    past = evolved(n_inputs, n_outputs, generations, seed=seed, recurrent=recurrent)
    population = copies(past, 0, 30, n_inputs, n_outputs)
    parent = genomes(population, n_inputs, n_outputs)[0]
    offspring = children(population, seed=seed, recurrent=recurrent)
    for i, child in enumerate(genomes(offspring, n_inputs, n_outputs)):
        assert_one_change(parent, child, offspring.change(i))


@pytest.fixture(scope="module")
def parent() -> _core.Population:
    """20,000 copies of a genome in which all operators find something to change."""
    population = copies(evolved(5, 2, 30, seed=3), 0, 20_000, 5, 2)
    genome = genomes(population, 5, 2)[0]
    assert len(genome.hidden) > 3
    assert sum(not on for on in genome.enabled) >= 2
    return population


def changes(population: _core.Population) -> np.ndarray:
    return np.array([population.change(i) for i in range(len(population))])


def assert_equally_likely(counts: np.ndarray) -> None:
    assert stats.chisquare(counts).pvalue > 1e-4, counts


def test_operators_are_as_likely_as_their_odds(parent: _core.Population) -> None:
    counts = np.bincount(changes(children(parent, seed=1))[:, 0], minlength=5)
    assert counts[NONE] == 0
    assert stats.chisquare(counts[1:], np.array(ODDS) * len(parent)).pvalue > 1e-4, counts


@pytest.mark.parametrize("operator", range(4))
def test_an_operator_with_odds_of_0_is_never_used(parent: _core.Population, operator: int) -> None:
    odds = [0.25] * 4
    odds[operator] = 0
    used = set(changes(children(copies(parent, 0, 2000, 5, 2), seed=2, odds=odds))[:, 0])
    assert used == {1, 2, 3, 4} - {operator + 1}


def test_all_choices_of_an_operator_are_equally_likely(parent: _core.Population) -> None:
    genome = genomes(parent, 5, 2)[0]
    only = [[float(i == operator) for i in range(4)] for operator in range(4)]

    inserted = changes(children(parent, seed=3, odds=only[0]))
    splits, counts = np.unique(inserted[:, 2:4], axis=0, return_counts=True)
    assert {tuple(s) for s in splits.tolist()} == {e for e, on in zip(genome.edges, genome.enabled, strict=True) if on}
    assert_equally_likely(counts)
    assert_equally_likely(np.bincount(inserted[:, 1], minlength=11)[1:])

    added, counts = np.unique(changes(children(parent, seed=4, odds=only[1]))[:, 2:4], axis=0, return_counts=True)
    assert {tuple(a) for a in added.tolist()} == new_acyclic_pairs(genome)
    assert_equally_likely(counts)

    enabled, counts = np.unique(changes(children(parent, seed=5, odds=only[2]))[:, 2:4], axis=0, return_counts=True)
    assert len(enabled) == sum(not on for on in genome.enabled)
    assert_equally_likely(counts)

    changed, counts = np.unique(changes(children(parent, seed=6, odds=only[3]))[:, [4, 1]], axis=0, return_counts=True)
    assert len(changed) == 9 * len(genome.hidden)
    assert_equally_likely(counts)


def new_acyclic_pairs(genome: Genome) -> set[tuple[int, int]]:
    outputs = set(genome.outputs)
    sources = [n for n in range(genome.n_nodes) if n not in outputs]
    targets = range(1 + genome.n_inputs, genome.n_nodes)
    return {
        (s, t)
        for s in sources
        for t in targets
        if (s, t) not in genome.edges
        and not has_cycle(
            Genome(genome.n_inputs, genome.n_outputs, genome.hidden, (*genome.edges, (s, t)), (), (*genome.recurrent, False))
        )
    }


def test_an_impossible_operator_leaves_the_draw_to_the_others() -> None:
    """Without hidden nodes and with all connections enabled, only a node can be inserted."""
    population = _core.Population.random(50, 3, 1, 1.0, 0)
    assert set(changes(children(population, seed=0))[:, 0]) == {INSERT_NODE}


def test_nothing_to_change_leaves_a_copy() -> None:
    population = _core.Population.random(5, 3, 1, 1.0, 0)
    offspring = children(population, seed=0, odds=[0, 1, 1, 1])
    assert genomes(offspring, 3, 1) == genomes(population, 3, 1)


def test_the_first_population() -> None:
    population = _core.Population.random(2000, 4, 3, 0.3, 11)
    found = genomes(population, 4, 3)
    assert all(g.hidden == () for g in found)
    assert all(set(g.edges) == {(s, t) for s in range(5) for t in (5, 6, 7)} for g in found)
    enabled = np.array([g.enabled for g in found])
    assert stats.binomtest(int(enabled.sum()), enabled.size, 0.3).pvalue > 1e-4
    assert enabled.mean(axis=0) == pytest.approx(0.3, abs=0.06)


def test_elites_pass_unchanged_and_the_culled_have_no_children() -> None:
    population = evolved(4, 2, 12, seed=5, size=50)
    rng = np.random.default_rng(0)
    order = rng.permutation(50).astype(np.uint32)
    before = genomes(population, 4, 2)
    offspring = population.next(order, variation(cull=0.2, elite=0.3, tournament=4), 77)
    after = genomes(offspring, 4, 2)
    assert after[:15] == [before[i] for i in order[:15]]
    survivors = [before[i] for i in order[:40]]
    for i, child in enumerate(after[15:], start=15):
        assert any(is_change_of(parent, child, offspring.change(i)) for parent in survivors)


def is_change_of(parent: Genome, child: Genome, change: Sequence[int]) -> bool:
    try:
        assert_one_change(parent, child, change)
    except (AssertionError, LookupError):
        return False
    return True


def test_tournaments_prefer_the_best() -> None:
    """The winner of a tournament of k among n has rank r with probability ((n - r)^k - (n - r - 1)^k) / n^k."""
    n, k, batches = 10, 3, 300
    # Genomes that can be told apart by their number of connections, and a change that keeps it.
    grown = [evolved(2, 1, g, size=1, odds=[1, 0, 0, 0]) for g in range(1, n + 1)]
    population = joined([copies(p, 0, 1, 2, 1) for p in grown], 2, 1)
    wins = np.zeros(n)
    for batch in range(batches):
        offspring = children(population, seed=batch, odds=[0, 0, 0, 1], tournament=k)
        wins += np.bincount(offspring.to_arrays()["n_hidden"] - 1, minlength=n)
    r = np.arange(n)
    want = ((n - r) ** k - (n - r - 1) ** k) / n**k
    assert stats.chisquare(wins, want * n * batches).pvalue > 1e-4


def test_the_same_seed_makes_the_same_children() -> None:
    population = evolved(4, 2, 10, seed=6, size=20)
    one, two, other = (genomes(children(population, seed=s), 4, 2) for s in (1, 1, 2))
    assert one == two
    assert one != other


def test_arrays_hold_everything() -> None:
    population = evolved(4, 2, 20, seed=8, size=20)
    arrays = population.to_arrays()
    again = _core.Population.from_arrays(4, 2, from_=arrays.pop("from"), **arrays)
    assert genomes(again, 4, 2) == genomes(population, 4, 2)
    assert [again.change(i) for i in range(20)] == [population.change(i) for i in range(20)]
    assert genomes(children(again, seed=1), 4, 2) == genomes(children(population, seed=1), 4, 2)


@pytest.mark.parametrize(
    ("field", "spoil", "message"),
    [
        ("n_hidden", lambda a: a + 100, "fit together"),
        ("n_connections", lambda a: a + 1000, "fit together|out of range"),
        ("n_connections", lambda a: a * 0, "fit together"),
        ("n_connections", lambda a: a[:-1], "fit together"),
        ("hidden", lambda a: a + 50, "activation"),
        ("hidden", lambda a: a * 0, "activation"),
        ("from", lambda a: a + 1000, "out of range"),
        ("to", lambda a: a + 1000, "out of range"),
        ("to", lambda a: a * 0, "out of range"),
        ("from", lambda a: a * 0 + 5, "out of range"),
        ("to", lambda a: a[:-1], "fit together"),
        ("change", lambda a: a[:, :4].copy(), "fit together"),
        ("change", lambda a: a + 50, "unknown operator"),
        ("from", lambda a: a * 0, "twice"),
        ("mark", lambda a: a * 0, "same mark"),
        ("mark", lambda a: a[:-1], "fit together"),
    ],
)
def test_spoilt_arrays_are_refused(field: str, spoil, message: str) -> None:
    arrays = evolved(4, 2, 20, seed=8, size=20).to_arrays()
    arrays[field] = spoil(arrays[field])
    with pytest.raises(ValueError, match=message):
        _core.Population.from_arrays(4, 2, from_=arrays.pop("from"), **arrays)


def test_a_cycle_in_the_arrays_is_refused() -> None:
    """Node 3 -> node 4 -> node 3, besides 1 -> 3 and 4 -> 2."""
    with pytest.raises(ValueError, match="cycle"):
        _core.Population.from_arrays(
            1,
            1,
            np.array([2], dtype=np.uint32),
            np.array([4], dtype=np.uint32),
            np.array([5, 5], dtype=np.uint8),
            np.array([7, 8], dtype=np.uint64),
            np.array([3, 4, 1, 4], dtype=np.uint32),
            np.array([4, 3, 3, 2], dtype=np.uint32),
            np.array([1, 0, 1, 1], dtype=np.uint8),
            np.zeros((1, 5), dtype=np.uint32),
        )


def test_an_order_that_does_not_name_everyone_is_refused() -> None:
    population = _core.Population.random(3, 2, 1, 0.5, 0)
    for order in ([0, 1], [0, 1, 1], [0, 1, 3]):
        with pytest.raises(ValueError, match="every genome once"):
            population.next(np.array(order, dtype=np.uint32), variation(), 0)


def test_transferred_changes_come_from_better_siblings() -> None:
    """A child made by transfer is its mother with changes that siblings with larger rewards have had."""
    population = evolved(6, 3, 40, seed=3, size=60)
    order = np.arange(60, dtype=np.uint32)
    rng = np.random.default_rng(0)
    settings = variation(cull=0.2, elite=0.3, tournament=4, transfer=0.5, max_transferred=8)
    shared = 0
    for generation in range(12):
        rewards = rng.random(60)
        order = np.argsort(-rewards).astype(np.uint32)
        before = population.to_arrays()
        population = population.next(order, settings, generation, rewards)
        after = population.to_arrays()
        ids = before["id"].tolist()
        assert len(set(after["id"].tolist())) == 60
        assert (after["n_changes"][18:] <= 8 * 8).all()
        known = {tuple(c[:4]) for c in before["changes"].tolist()}
        ends = np.cumsum(after["n_changes"])
        for i in range(18, 60):
            assert after["parent"][i] in ids
            mine = after["changes"][ends[i] - after["n_changes"][i] : ends[i]].tolist()
            if len(mine) > 1:
                shared += 1
                assert all(tuple(c[:4]) in known for c in mine)
        # Reading it back checks that no genome has a cycle or a connection twice.
        _core.Population.from_arrays(6, 3, from_=after.pop("from"), **after)
    assert shared > 0


def named_by_marks(arrays: dict[str, np.ndarray], n_fixed: int) -> list[set[tuple[int, ...]]]:
    """Each genome's changes of an activation, with the mark of the node instead of its number."""
    found, h, c = [], 0, 0
    for n_hidden, n_changes in zip(arrays["n_hidden"].tolist(), arrays["n_changes"].tolist(), strict=True):
        mark = arrays["mark"][h : h + n_hidden].tolist()
        changes = arrays["changes"][c : c + n_changes].tolist()
        found.append({(x[1], mark[x[4] - n_fixed]) for x in changes if x[0] == CHANGE_ACTIVATION})
        h, c = h + n_hidden, c + n_changes
    return found


def test_transferred_changes_name_the_same_nodes_after_a_removal() -> None:
    """Where a mother has lost a node, her other nodes have other numbers than in her siblings; their marks are the same."""
    n_inputs, n_outputs, size = 5, 2, 80
    grown = evolved(n_inputs, n_outputs, 60, seed=5, size=1)
    family = children(copies(grown, 0, size, n_inputs, n_outputs), seed=1, odds=[0, 0, 0, 0.5], remove_node=0.5)
    before = family.to_arrays()
    donated = named_by_marks(before, 1 + n_inputs + n_outputs)
    lost = {i for i, kind in zip(before["id"].tolist(), before["change"][:, 0].tolist(), strict=True) if kind == REMOVE_NODE}
    rewards = np.random.default_rng(0).random(size)
    order = np.argsort(-rewards).astype(np.uint32)
    how = variation([1, 0, 0, 0], transfer=1, max_transferred=4, elite=0, cull=0.1)  # no change of an activation of its own
    after = family.next(order, how, 3, rewards).to_arrays()
    after_removal = 0
    for parent, mine in zip(after["parent"].tolist(), named_by_marks(after, 1 + n_inputs + n_outputs), strict=True):
        assert all(any(change in others for others in donated) for change in mine)
        after_removal += parent in lost and len(mine) > 0
    assert after_removal > 5


def test_transfer_needs_rewards() -> None:
    population = evolved(4, 2, 20, seed=8, size=20)
    with pytest.raises(ValueError, match="rewards"):
        population.next(np.arange(20, dtype=np.uint32), variation(transfer=0.5, max_transferred=8), 0)


def test_outputs_feed_nothing() -> None:
    outputs = {4, 5, 6, 7}
    for genome in genomes(evolved(3, 4, 60, seed=5, size=40), 3, 4):
        assert not any(source in outputs for source, _ in genome.edges)


@pytest.mark.parametrize(("source", "target"), [(4, 3), (3, 4)])
def test_a_population_with_a_connection_from_an_output_is_refused(source: int, target: int) -> None:
    arrays = _core.Population.random(1, 2, 2, 1.0, 0).to_arrays()
    arrays["from"][0], arrays["to"][0] = source, target
    with pytest.raises(ValueError, match="out of range"):
        _core.Population.from_arrays(2, 2, from_=arrays.pop("from"), **arrays)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cull": 1.5}, "cull must be from 0 to 1"),
        ({"elite": float("nan")}, "elite must be from 0 to 1"),
        ({"tournament": 0}, "a tournament has from 1 to a million"),
        ({"max_transferred": 0}, "max_transferred must be from 1 to 1024"),
        ({"further_change": 1.0}, "further_change must be from 0 to 0.99"),
        ({"mirror": -0.1}, "mirror must be from 0 to 1"),
        ({"odds": [0, 0, 0, 0]}, "the odds of all operators are 0"),
        ({"odds": [2, 0, 0, 0]}, "the odds of an operator must be from 0 to 1"),
        ({"activations": []}, "at least one activation"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message: str) -> None:
    population = _core.Population.random(3, 2, 1, 0.5, 0)
    with pytest.raises(ValueError, match=message):
        population.next(np.arange(3, dtype=np.uint32), variation(**settings), 0)


def test_the_usual_settings_are_the_papers() -> None:
    settings, config = _core.VariationSettings(), wann.SearchConfig()
    for name in ("cull", "elite", "tournament", "insert_node", "add_connection", "enable_connection", "change_activation"):
        assert getattr(settings, name) == getattr(config, name)
    assert (settings.further_change, settings.mirror, settings.transfer) == (0, 0, 0)
    assert settings.activations.tolist() == ALL
    with pytest.raises(ValueError, match="unknown activation"):
        _core.VariationSettings(activations=[11])


def test_the_core_names_all_activations() -> None:
    assert {a.name: int(a) for a in _core.Activation} == {a.name: int(a) for a in ALL_ACTIVATIONS}


@pytest.mark.parametrize(("kind", "sign"), [(Activation.LINEAR, 1.0), (Activation.INVERSE, -1.0)])
def test_mirrored_networks_act_alike_at_both_signs(kind: Activation, sign: float) -> None:
    """At w and at -w they do what their parent does at w² (linear nodes) or at -w² (inverse nodes)."""
    # Those that jump or swing make much of a rounding error.
    calm = [a for a in ALL if a not in (Activation.STEP, Activation.SINE, Activation.COSINE)]
    population = evolved(4, 2, 25, seed=7, size=30, activations=calm)
    mirrored = children(population, seed=3, activations=[kind], mirror=1.0)
    names = tuple("abcd"), ("x", "y")
    parents = {int(i): k for k, i in enumerate(population.to_arrays()["id"])}
    mothers = [parents[int(i)] for i in mirrored.to_arrays()["parent"]]
    before = Networks(population.networks(int(Activation.TANH)), *names)
    after = Networks(mirrored.networks(int(Activation.TANH)), *names)
    x = np.random.default_rng(1).normal(size=(7, 4)).astype(np.float32)
    for child, mother in enumerate(mothers):
        operator, activation, *_ = mirrored.change(child)
        assert (operator, activation) == (MIRROR, int(kind))
        assert after[child].n_connections > before[mother].n_connections
        expected = before[mother](x, weight=sign * 0.7**2)
        for w in (0.7, -0.7):
            np.testing.assert_allclose(after[child](x, weight=w), expected, atol=1e-4)
