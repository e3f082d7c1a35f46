"""A population that evolves by itself, and the best network that it has found."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann import _core, seeding
from wann.arguments import shown
from wann.errors import WannError
from wann.networks.activations import Activation
from wann.networks.graph import outputs_first
from wann.networks.network import Network, Networks
from wann.search.champion import Champion, topology_key
from wann.search.config import SearchConfig
from wann.seeding import Stream
from wann.states import check_fields
from wann.tasks.protocol import Task, check_fits

#: What the core's operators are called in histories, by their number.
OPERATORS = tuple(operator.name.lower().replace("_", " ") for operator in _core.Operator)

#: Operators whose change of a genome is one of a connection, or of a path between two nodes.
_NAMING_A_CONNECTION = (
    "insert node",
    "add connection",
    "enable connection",
    "reinforce",
    "weaken",
    "remove connection",
    "add recurrent connection",
)

#: What a saved population consists of: the arrays that `_core.Population.to_arrays` gives.
_ARRAYS = (
    "n_hidden",
    "n_connections",
    "hidden",
    "mark",
    "from",
    "to",
    "enabled",
    "change",
    "id",
    "parent",
    "n_changes",
    "changes",
)
#: What it lacks if it was saved before there were recurrent connections.
_LATER_ARRAYS = ("recurrent",)


class Island:
    """A population that evolves by itself (section 3 of the paper); a search has one or more.

    What happens to one makes another, so that a generation that is interrupted leaves no trace.

    Args:
        task: What it is searched on.
        config: The settings of the search.
        activations: The activations that hidden nodes may have.
        seed: The seed of the search.
        index: Which island this is; islands of a search differ only in their random numbers.
        population: Its genomes.
        champion: The best network that it has found, if it has found one.
        refuted: The topologies that have been named as challengers, by their keys.
    """

    def __init__(
        self,
        task: Task,
        config: SearchConfig,
        activations: tuple[Activation, ...],
        *,
        seed: int,
        index: int,
        population: _core.Population,
        champion: Champion | None = None,
        refuted: frozenset[int] = frozenset(),
    ) -> None:
        self.index = index
        self.champion = champion
        self._task = task
        self._config = config
        self._activations = activations
        self._seed = seed
        self._population = population
        self._refuted = refuted

    @classmethod
    def first(
        cls,
        task: Task,
        config: SearchConfig,
        activations: tuple[Activation, ...],
        *,
        seed: int,
        index: int,
        start: Sequence[Network] = (),
    ) -> "Island":
        """An island that begins: with these networks, in turns, or with random ones if there are none."""
        if start:
            population = population_of([start[i % len(start)] for i in range(config.population)])
        else:
            population = _core.Population.random(
                config.population,
                len(task.inputs),
                len(task.outputs),
                config.initial_enabled,
                seeding.derive(seed, Stream.FIRST_POPULATION, 0, index),
                config.initial_paths,
            )
        return cls(task, config, activations, seed=seed, index=index, population=population)

    def networks(self) -> _core.NetworkBatch:
        """The networks of the present generation."""
        return self._population.networks(int(self._task.output_activation))

    def n_enabled(self) -> NDArray[np.uint32]:
        """Enabled connections of each genome."""
        return self._population.n_enabled()

    def challenger(self, networks: Networks, first: int, mean: NDArray[np.float64]) -> tuple[Network, int] | None:
        """The network of this generation that promises more than the champion has shown, if there is one.

        Args:
            networks: The present generation of all islands.
            first: Where this island's networks start among them.
            mean: Mean reward of each of this island's networks over the weight values.

        Returns:
            The network and which of the island's it is.
        """
        i = int(np.argmax(mean))
        if self.champion is not None and mean[i] <= self.champion.mean_reward:
            return None
        network = networks[first + i]
        return None if topology_key(network) in self._refuted else (network, i)

    def after_challenge(self, challenger: Network, champion: Champion | None) -> "Island":
        """The island with the champion that it has after a challenge; the challenger is not named again."""
        island = copy.copy(self)
        island.champion = champion
        island._refuted = self._refuted | {topology_key(challenger)}
        return island

    def change(self, i: int) -> dict[str, Any]:
        """The last change on the way to genome i."""
        operator, activation, source, target, node, recurrent = self._population.change(i)
        name = OPERATORS[operator]
        change: dict[str, Any] = {"operator": name}
        if name in ("insert node", "change activation", "mirror", "reinforce", "weaken", "remove node"):
            change["activation"] = Activation(activation).label
        if name in ("insert node", "change activation", "remove node"):
            change["genome_node"] = node
        if name in _NAMING_A_CONNECTION:
            change["genome_connection"] = [source, target]
        if recurrent:
            change["recurrent"] = True
        return change

    def advanced(self, generation: int, mean: NDArray[np.float64], best: NDArray[np.float64]) -> "Island":
        """The island with the next generation.

        Args:
            generation: The number of the present one.
            mean: Mean reward of each network over the weight values, shape (population,).
            best: Reward of each network at its best weight value, shape (population,).
        """
        config = self._config
        random = seeding.generator(self._seed, Stream.OBJECTIVE, generation, self.index)
        second = -self.n_enabled().astype(float) if random.random() < config.connection_objective else best
        if config.mean_objective > 0 and random.random() < config.mean_objective:
            second = mean
        island = copy.copy(self)
        island._population = self._population.next(
            _core.rank(np.ascontiguousarray(mean), np.ascontiguousarray(second)),
            self._variation(),
            seeding.derive(self._seed, Stream.VARIATION, generation, self.index),
            np.ascontiguousarray(mean),
        )
        return island

    def _variation(self) -> _core.VariationSettings:
        config = self._config
        return _core.VariationSettings(
            cull=config.cull,
            elite=config.elite,
            tournament=config.tournament,
            crossover=config.crossover,
            transfer=config.transfer,
            max_transferred=config.max_transferred,
            insert_node=config.insert_node,
            add_connection=config.add_connection,
            enable_connection=config.enable_connection,
            change_activation=config.change_activation,
            adjust_path=config.adjust_path,
            remove_connection=config.remove_connection,
            remove_node=config.remove_node,
            recurrent=config.recurrent,
            further_change=config.further_change,
            mirror=config.mirror,
            activations=self._activations,
        )

    def state(self) -> dict[str, Any]:
        """All that it needs to go on; see `restored`."""
        return {
            "index": self.index,
            "population": self._population.to_arrays(),
            "refuted": np.array(sorted(self._refuted), dtype=np.uint64),
            "champion": None if self.champion is None else self.champion.to_dict(),
        }

    @classmethod
    def restored(
        cls,
        task: Task,
        config: SearchConfig,
        activations: tuple[Activation, ...],
        *,
        seed: int,
        index: int,
        state: Mapping[str, Any],
    ) -> "Island":
        """The island that gave a `state`.

        Raises:
            WannError: The state does not describe a population of this search.
        """
        fields = check_fields(state, "island", ("index", "population", "refuted", "champion"))
        if fields["index"] != index:
            raise WannError(f"index of the island is {shown(fields['index'])}; it must be {index}")
        population = _restored_population(fields["population"], task, config)
        refuted = fields["refuted"]
        if not isinstance(refuted, np.ndarray) or refuted.dtype != np.uint64 or refuted.ndim != 1:
            raise WannError(f"refuted is {shown(refuted)}; it must be an array of 64-bit numbers")
        champion = None
        if fields["champion"] is not None:
            champion = Champion.from_dict(fields["champion"], len(config.weights))
            check_fits(champion.network, task)
        known = frozenset(refuted.tolist())
        return cls(
            task, config, activations, seed=seed, index=index, population=population, champion=champion, refuted=known
        )


def _restored_population(arrays: object, task: Task, config: SearchConfig) -> _core.Population:
    fields = check_fields(arrays, "population", _ARRAYS, _LATER_ARRAYS)
    try:
        population = _core.Population.from_arrays(len(task.inputs), len(task.outputs), from_=fields.pop("from"), **fields)
    except TypeError:  # its text lists what the core would have taken
        raise WannError("the saved population is not valid: an array has the wrong type or shape") from None
    except ValueError as error:
        raise WannError(f"the saved population is not valid: {error}") from None
    if len(population) != config.population:
        raise WannError(f"the saved population has {len(population)} genomes, not {config.population}")
    return population


def as_networks(islands: Sequence[Island], task: Task) -> Networks:
    """The networks of several islands, one island after the other."""
    batch = _core.NetworkBatch.join([island.networks() for island in islands])
    return Networks(batch, tuple(task.inputs), tuple(task.outputs))


def population_of(networks: Sequence[Network]) -> _core.Population:
    """A population of genomes that describe the networks, all with as many inputs and as many outputs."""
    ends = np.concatenate([outputs_first(network)[network.connections] for network in networks]).astype(np.uint32)
    # Nodes of copies of one network are the same; those of different networks are not.
    which = {id(network): k for k, network in reversed(list(enumerate(networks)))}
    marks = [(which[id(n)] + 1) << 32 | node for n in networks for node in range(n.n_hidden)]
    no_change = [_core.Operator.NONE, Activation.LINEAR, 0, 0, 0, False]
    return _core.Population.from_arrays(
        networks[0].n_inputs,
        networks[0].n_outputs,
        n_hidden=np.array([n.n_hidden for n in networks], dtype=np.uint32),
        n_connections=np.array([n.n_connections for n in networks], dtype=np.uint32),
        hidden=np.array([int(a) for n in networks for a in n.activations[: n.n_hidden]], dtype=np.uint8),
        mark=np.array(marks, dtype=np.uint64),
        from_=np.ascontiguousarray(ends[:, 0]),
        to=np.ascontiguousarray(ends[:, 1]),
        enabled=np.ones(len(ends), dtype=np.uint8),
        change=np.tile(np.array(no_change, dtype=np.uint32), (len(networks), 1)),
        id=np.arange(1, len(networks) + 1, dtype=np.uint64),
        recurrent=np.concatenate([network.recurrent for network in networks]).astype(np.uint8),
    )
