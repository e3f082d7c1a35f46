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

#: What the operators of core/mutation.hpp are called in histories.
OPERATORS = ("none", "insert node", "add connection", "enable connection", "change activation", "mirror")


class Island:
    """A population that evolves by itself (section 3 of the paper); a search has one or more.

    What happens to one makes another, so that a generation that is interrupted leaves no trace.

    Args:
        task: What it is searched on.
        config: The settings of the search.
        activations: The activations that hidden nodes may have.
        seed: The seed of the search.
        index: Which island this is; islands of a search differ only in their random numbers.
        start: Networks that the first population consists of, in turns; random ones if there are none.
    """

    def __init__(
        self,
        task: Task,
        config: SearchConfig,
        activations: tuple[Activation, ...],
        *,
        seed: int,
        index: int,
        start: Sequence[Network] = (),
    ) -> None:
        self.index = index
        self.champion: Champion | None = None
        self._task = task
        self._config = config
        self._activations = [int(a) for a in activations]
        self._seed = seed
        self._refuted: frozenset[int] = frozenset()
        if start:
            self._population = population_of([start[i % len(start)] for i in range(config.population)])
            return
        self._population = _core.Population.random(
            config.population,
            len(task.inputs),
            len(task.outputs),
            config.initial_enabled,
            seeding.derive(seed, Stream.FIRST_POPULATION, 0, index),
        )

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
        operator, activation, source, target, node = self._population.change(i)
        name = OPERATORS[operator]
        change: dict[str, Any] = {"operator": name}
        if name in ("insert node", "change activation", "mirror"):
            change["activation"] = Activation(activation).label
        if name in ("insert node", "change activation"):
            change["genome_node"] = node
        if name in ("insert node", "add connection", "enable connection"):
            change["genome_connection"] = [source, target]
        return change

    def advanced(self, generation: int, mean: NDArray[np.float64], best: NDArray[np.float64]) -> "Island":
        """The island with the next generation.

        Args:
            generation: The number of the present one.
            mean: Mean reward of each network over the weight values, shape (population,).
            best: Reward of each network at its best weight value, shape (population,).
        """
        config = self._config
        draw = seeding.generator(self._seed, Stream.OBJECTIVE, generation, self.index).random()
        second = -self.n_enabled().astype(float) if draw < config.connection_objective else best
        island = copy.copy(self)
        island._population = self._population.next(
            _core.rank(np.ascontiguousarray(mean), np.ascontiguousarray(second)),
            config.cull,
            config.elite,
            config.tournament,
            config.odds,
            config.further_change,
            self._activations,
            seeding.derive(self._seed, Stream.VARIATION, generation, self.index),
            np.ascontiguousarray(mean),
            config.transfer,
            config.max_transferred,
            config.output_connections,
            config.mirror,
        )
        return island

    def state(self) -> dict[str, Any]:
        """All that it needs to go on; see `restore`."""
        return {
            "index": self.index,
            "population": self._population.to_arrays(),
            "refuted": np.array(sorted(self._refuted), dtype=np.uint64),
            "champion": None if self.champion is None else self.champion.to_dict(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Goes on from a `state`.

        Raises:
            WannError: The state does not describe a population of this search.
        """
        fields = check_fields(state, "island", tuple(self.state()))
        if fields["index"] != self.index:
            raise WannError(f"index of the island is {shown(fields['index'])}; it must be {self.index}")
        population = self._restored(fields["population"])
        refuted = fields["refuted"]
        if not isinstance(refuted, np.ndarray) or refuted.dtype != np.uint64 or refuted.ndim != 1:
            raise WannError(f"refuted is {shown(refuted)}; it must be an array of 64-bit numbers")
        champion = None
        if fields["champion"] is not None:
            champion = Champion.from_dict(fields["champion"], len(self._config.weights))
            check_fits(champion.network, self._task)
        self._population, self._refuted, self.champion = population, frozenset(refuted.tolist()), champion

    def _restored(self, arrays: object) -> _core.Population:
        fields = check_fields(arrays, "population", tuple(self._population.to_arrays()))
        try:
            population = _core.Population.from_arrays(
                len(self._task.inputs), len(self._task.outputs), from_=fields.pop("from"), **fields
            )
        except TypeError:  # its text lists what the core would have taken
            raise WannError("the saved population is not valid: an array has the wrong type or shape") from None
        except ValueError as error:
            raise WannError(f"the saved population is not valid: {error}") from None
        if len(population) != self._config.population:
            raise WannError(f"the saved population has {len(population)} genomes, not {self._config.population}")
        return population


def as_networks(islands: Sequence[Island], task: Task) -> Networks:
    """The networks of several islands, one island after the other."""
    batch = _core.NetworkBatch.join([island.networks() for island in islands])
    return Networks(batch, tuple(task.inputs), tuple(task.outputs))


def population_of(networks: Sequence[Network]) -> _core.Population:
    """A population of genomes that describe the networks, all with as many inputs and as many outputs."""
    ends = np.concatenate([outputs_first(network)[network.connections] for network in networks]).astype(np.uint32)
    no_change = [OPERATORS.index("none"), int(Activation.LINEAR), 0, 0, 0]
    return _core.Population.from_arrays(
        networks[0].n_inputs,
        networks[0].n_outputs,
        n_hidden=np.array([n.n_hidden for n in networks], dtype=np.uint32),
        n_connections=np.array([n.n_connections for n in networks], dtype=np.uint32),
        hidden=np.array([int(a) for n in networks for a in n.activations[: n.n_hidden]], dtype=np.uint8),
        from_=np.ascontiguousarray(ends[:, 0]),
        to=np.ascontiguousarray(ends[:, 1]),
        enabled=np.ones(len(ends), dtype=np.uint8),
        change=np.tile(np.array(no_change, dtype=np.uint32), (len(networks), 1)),
        id=np.arange(1, len(networks) + 1, dtype=np.uint64),
    )
