"""NEAT (Stanley and Miikkulainen 2002), which evolves topology and weights together: neat-python, run by our kernel.

neat-python makes the genomes; every genome becomes a `Network` with individual weights, and is scored like any other. For
that its settings are kept to what the kernel computes exactly: feed-forward genomes, sums as aggregation, and our own
activation functions under our own names (neat-python's tanh is tanh(2.5 x)).
"""

import math
import random
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann import seeding
from wann.arguments import check_integer
from wann.errors import MissingExtraError, WannError
from wann.execution.evaluator import Evaluator, Job, chosen
from wann.networks.activations import NUMPY, Activation, as_activations
from wann.networks.metadata import Origin
from wann.networks.network import Network
from wann.seeding import Stream
from wann.tasks.protocol import Task, check_task

_PREFIX = "wann_"

#: neat-python's settings: those of its own examples where the paper has none. Responses stay 1 and sums are the only
#: aggregation, so that a node computes activation(bias + Σ weight · input).
_SETTINGS = """
[NEAT]
fitness_criterion = max
fitness_threshold = 0
no_fitness_termination = True
pop_size = {population}
reset_on_extinction = True

[_Genome]
num_inputs = {n_inputs}
num_outputs = {n_outputs}
num_hidden = 0
feed_forward = True
initial_connection = full_direct
single_structural_mutation = False
structural_mutation_surer = default
compatibility_disjoint_coefficient = 1.0
compatibility_weight_coefficient = 0.5
conn_add_prob = 0.2
conn_delete_prob = 0.1
node_add_prob = 0.1
node_delete_prob = 0.05
activation_default = {activation}
activation_options = {activations}
activation_mutate_rate = {activation_mutate_rate}
aggregation_default = sum
aggregation_options = sum
aggregation_mutate_rate = 0.0
bias_init_mean = 0.0
bias_init_stdev = 1.0
bias_init_type = gaussian
bias_replace_rate = 0.05
bias_mutate_rate = 0.7
bias_mutate_power = 0.3
bias_max_value = 30.0
bias_min_value = -30.0
response_init_mean = 1.0
response_init_stdev = 0.0
response_init_type = gaussian
response_replace_rate = 0.0
response_mutate_rate = 0.0
response_mutate_power = 0.0
response_max_value = 30.0
response_min_value = -30.0
weight_init_mean = 0.0
weight_init_stdev = 1.0
weight_init_type = gaussian
weight_replace_rate = 0.05
weight_mutate_rate = 0.8
weight_mutate_power = 0.3
weight_max_value = 30
weight_min_value = -30
enabled_default = True
enabled_mutate_rate = 0.01
enabled_rate_to_true_add = 0.0
enabled_rate_to_false_add = 0.0

[DefaultSpeciesSet]
compatibility_threshold = 3.0

[DefaultStagnation]
species_fitness_func = max
max_stagnation = 20
species_elitism = 2

[DefaultReproduction]
elitism = 2
survival_threshold = 0.2
min_species_size = 2
"""


@dataclass(frozen=True, kw_only=True)
class NeatGeneration:
    """What happened in one generation of `Neat`."""

    generation: int
    best_reward: float  #: of the generation's genomes over its episodes
    mean_reward: float  #: of all its genomes
    champion_reward: float  #: confirmed on fresh episodes
    champion_connections: int
    episodes: int  #: since the start
    environment_steps: int  #: since the start


class Neat:
    """Evolves topology and weights together.

    All genomes of a generation meet the same episodes, fresh for every generation; a champion is replaced only by a genome
    that beats it on confirmation episodes that neither was chosen on, as in `wann.Search`.

    Args:
        task: The task.
        seed: Names the run: the same seed gives the same run, whatever the number of threads.
        population: Genomes in a generation.
        episodes: That every genome meets in a generation.
        confirm_episodes: Fresh episodes in a confirmation.
        activations: That hidden nodes may have, or their names; only tanh, as in NEAT, if not given.
        threads: Threads to use; all cores by default.
        evaluator: Where networks run; the threads of this process if None.

    Raises:
        MissingExtraError: neat-python is not installed.
        WannError: An argument is out of range.
    """

    def __init__(
        self,
        task: Task,
        *,
        seed: int = 0,
        population: int = 150,
        episodes: int = 16,
        confirm_episodes: int = 256,
        activations: Iterable[Activation | int | str] = (Activation.TANH,),
        threads: int | None = None,
        evaluator: Evaluator | None = None,
    ) -> None:
        try:
            import neat
        except ImportError:
            raise MissingExtraError("the NEAT baseline", "neat", parameter="neat") from None
        allowed = as_activations(activations)
        self.task = check_task(task)
        self.seed = seeding.check_seed(seed)
        self.evaluator = chosen(evaluator, threads)
        check_integer(population, "population", 4, 10**5)
        self.episodes_each = check_integer(episodes, "episodes", 1, 10**6)
        self.confirm_episodes = check_integer(confirm_episodes, "confirm_episodes", 1, 10**6)
        self.generation = 0
        self.episodes = 0
        self.environment_steps = 0
        self._champion: Network | None = None
        self._champion_reward, self._champion_episodes = -math.inf, 0
        self.config = neat_config(task, population, allowed)
        with _seeded(seeding.derive(self.seed, Stream.BASELINE)):
            self._population = neat.Population(self.config)

    @property
    def network(self) -> Network:
        """The best network so far, with its individual weights.

        Raises:
            WannError: No generation has been completed yet.
        """
        if self._champion is None:
            raise WannError("there is no champion yet: run at least one generation")
        return self._champion

    def run(self, generations: int | None = None, *, max_environment_steps: int | None = None) -> Iterator[NeatGeneration]:
        """Runs generations and gives a record of each.

        Args:
            generations: How many more; no end if not given.
            max_environment_steps: Stop after the generation that reaches this many since the start.
        """
        done = 0
        while generations is None or done < generations:
            if max_environment_steps is not None and self.environment_steps >= max_environment_steps:
                return
            yield self._generation()
            done += 1

    def _generation(self) -> NeatGeneration:
        rewards: list[float] = []

        def score(genomes: list[tuple[int, Any]], config: Any) -> None:
            networks = [to_network(genome, config, self.task) for _, genome in genomes]
            rewards.extend(self._rewards(networks, self.episodes_each, 0))
            for (_, genome), reward in zip(genomes, rewards, strict=True):
                genome.fitness = reward
            self._look_for_champion(networks[int(np.argmax(rewards))], max(rewards))

        with _seeded(seeding.derive(self.seed, Stream.BASELINE, 1 + self.generation)):
            self._population.run(score, 1)
        self.generation += 1
        return NeatGeneration(
            generation=self.generation - 1,
            best_reward=max(rewards),
            mean_reward=float(np.mean(rewards)),
            champion_reward=self._champion_reward,
            champion_connections=self.network.n_connections,
            episodes=self.episodes,
            environment_steps=self.environment_steps,
        )

    def _look_for_champion(self, challenger: Network, promise: float) -> None:
        if promise <= self._champion_reward or challenger == self._champion:
            return
        n = self.confirm_episodes
        both = [challenger] if self._champion is None else [challenger, self._champion]
        new, *old = self._rewards(both, n, 1)
        if old:
            total = self._champion_episodes + n
            self._champion_reward = (self._champion_reward * self._champion_episodes + old[0] * n) / total
            self._champion_episodes = total
        if new > self._champion_reward:
            self._champion, self._champion_reward, self._champion_episodes = challenger, new, n

    def _rewards(self, networks: list[Network], episodes: int, part: int) -> list[float]:
        """Mean reward of each network with its own weights over this generation's episodes of a part."""
        seeds = seeding.episode_seeds(self.seed, Stream.BASELINE_EPISODES, episodes, 2 * self.generation + part)
        jobs = []
        for network in networks:
            rows = np.broadcast_to(_own_weights(network), (episodes, network.n_connections))
            jobs.append(Job.of([network], rows, seeds))
        results = self.evaluator.run_each(self.task, jobs)
        self.episodes += len(networks) * episodes
        self.environment_steps += sum(rollouts.computed_steps for rollouts in results)
        return [float(rollouts.rewards.mean()) for rollouts in results]


def neat_config(task: Task, population: int, activations: tuple[Activation, ...] = (Activation.TANH,)) -> Any:
    """neat-python's settings for a task."""
    import neat

    output = _PREFIX + task.output_activation.label

    class _Genome(neat.DefaultGenome):  # type: ignore[misc]
        """Its outputs have the task's activation, whatever hidden nodes may have."""

        def configure_new(self, config: Any) -> None:
            super().configure_new(config)
            self._fix_outputs(config)

        def mutate(self, config: Any) -> None:
            super().mutate(config)
            self._fix_outputs(config)

        def _fix_outputs(self, config: Any) -> None:
            for key in config.output_keys:
                self.nodes[key].activation = output

    _Genome.__name__ = "_Genome"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "neat.cfg"
        path.write_text(
            _SETTINGS.format(
                population=population,
                n_inputs=len(task.inputs),
                n_outputs=len(task.outputs),
                activation=_PREFIX + activations[0].label if len(activations) == 1 else "random",
                activations=" ".join(_PREFIX + a.label for a in activations),
                activation_mutate_rate=0.0 if len(activations) == 1 else 0.1,
            ),
            encoding="utf-8",
        )
        parts = (_Genome, neat.DefaultReproduction, neat.DefaultSpeciesSet, neat.DefaultStagnation)
        config = neat.Config(*parts, str(path))
    for activation in Activation:
        config.genome_config.add_activation(_PREFIX + activation.label, _of_one_number(activation))
    return config


def _of_one_number(activation: Activation) -> Callable[[float], float]:
    """Our activation function as neat-python computes it; it takes no built-in functions."""

    def function(x: float) -> float:
        with np.errstate(over="ignore"):
            return float(NUMPY[activation](np.array(x, dtype=float)))

    return function


def to_network(genome: Any, config: Any, task: Task) -> Network:
    """A neat-python genome as a network with individual weights, which computes exactly the same.

    A bias is the weight of a connection from node 0. Nodes that lead to no output are left out.
    """
    settings = config.genome_config
    links = _links(genome, settings)
    outputs = list(settings.output_keys)
    hidden = [key for key in _evaluation_order(links, genome, settings) if key not in outputs]
    computed = [*hidden, *outputs]
    place = {key: 1 + i for i, key in enumerate([*settings.input_keys, *computed])}
    connections: list[tuple[int, int]] = []
    weights: list[float] = []
    for key in computed:
        node = genome.nodes[key]
        connections.append((0, place[key]))
        weights.append(node.bias)
        for source, weight in links[key]:
            connections.append((place[source], place[key]))
            weights.append(node.response * weight)
    return Network(
        inputs=task.inputs,
        outputs=task.outputs,
        hidden=[_activation_of(genome.nodes[key]) for key in hidden],
        output_activations=[_activation_of(genome.nodes[key]) for key in outputs],
        connections=connections,
        weights=weights,
        metadata=Origin(task=task.name).entries(),
    )


def _links(genome: Any, settings: Any) -> dict[int, list[tuple[int, float]]]:
    """Sources and weights of the enabled connections into each node that is needed for an output."""
    from neat.graphs import required_for_output

    enabled = [gene for gene in genome.connections.values() if gene.enabled]
    required = required_for_output(settings.input_keys, settings.output_keys, [gene.key for gene in enabled])
    links: dict[int, list[tuple[int, float]]] = {key: [] for key in sorted(required)}
    for gene in enabled:
        source, target = gene.key
        if target in links and (source in links or source in settings.input_keys):
            links[target].append((source, gene.weight))
    return links


def _evaluation_order(links: dict[int, list[tuple[int, float]]], genome: Any, settings: Any) -> list[int]:
    """The needed nodes in an order that can be evaluated."""
    known = set(settings.input_keys)
    order: list[int] = []
    waiting = list(links)
    while waiting:
        ready = [key for key in waiting if all(source in known for source, _ in links[key])]
        if not ready:
            raise WannError(f"NEAT's genome {genome.key} has a cycle")
        order += ready
        known.update(ready)
        waiting = [key for key in waiting if key not in known]
    return order


def _activation_of(node: Any) -> Activation:
    return Activation[node.activation.removeprefix(_PREFIX).upper()]


def _own_weights(network: Network) -> NDArray[np.float32]:
    assert network.weights is not None
    return network.weights


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """neat-python draws from Python's global generator: seeds it, and puts it back as it was."""
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)
