"""What the report page shows, as JSON can hold it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from wann._version import __version__
from wann.arguments import check_integer, check_threads, counted
from wann.networks.metadata import Origin, SearchScore
from wann.networks.network import Network
from wann.runs import RunSettings, read_metrics
from wann.scoring.score import scoring_weights
from wann.search.config import WEIGHT_RANGE, WEIGHT_VALUES
from wann.show.pictures.champions import champions_of, pareto_points
from wann.show.pictures.history import pareto_front
from wann.show.pictures.image import image_shape
from wann.show.pictures.layout import lay_out
from wann.show.report.explained import explained
from wann.show.report.repeat import commands
from wann.show.report.scenes import champion_scene, max_champions, scene_data
from wann.show.report.scores import accuracy_profile, number, reward_profile, rounded, scores
from wann.tasks import Task
from wann.tasks.for_network import task_for
from wann.tasks.protocol import check_fits, encoder_of, recordings_of

#: Points of a curve over the generations.
_MAX_POINTS = 500
#: Points of the weight profile: where the page simulates the task; of the last champion where it plays what the core has
#: recorded; and where episodes are slow.
_LIVE_POINTS, _CORE_POINTS, _SLOW_POINTS = 81, 33, 17
#: Episodes at each point for champions before the last, at most; recorded tasks are the slow ones.
_HISTORY_EPISODES, _RECORDED_HISTORY_EPISODES = 12, 4
#: A weight is good whose mean reward is at most this part of the profile's height below the best.
_GOOD = 0.1


def report_data(
    source: Path | Network, *, task: Task | None, episodes: int, threads: int | None, explain: bool = False
) -> dict[str, Any]:
    """Everything that the page shows of a run folder, a network file or a network."""
    check_integer(episodes, "episodes", 1, 10**5)
    threads = check_threads(threads)
    folder = source if isinstance(source, Path) and source.is_dir() else None
    run = RunSettings.load(folder) if folder else None
    champions = champions_of(folder) if folder else [source if isinstance(source, Network) else Network.load(source)]
    if task is None:
        asks = {"task": run.task, "task_options": run.task_options} if run else {}
        task = task_for(champions[-1].with_metadata(**asks))
    for champion in champions:
        check_fits(champion, task)
    seed = run.seed if run else 0
    pareto = _pareto(folder, champions) if folder else None
    scene = scene_data(task, seed=seed)
    champions = _thinned(champions, max_champions(scene["kind"]))
    final = champions[-1]
    described = [
        _described(champion, task, scene, seed, episodes, threads, final=champion is final) for champion in champions
    ]
    searched = run.config.weights if run else scoring_weights(task)
    search_weights = [w for w in searched if WEIGHT_RANGE[0] <= w <= WEIGHT_RANGE[1]]
    return {
        "title": task.name,
        "summary": _summary(final, run),
        "unit": "% accuracy" if scene["kind"] == "samples" else "reward",
        "scene": scene,
        "champions": described,
        "searchWeights": search_weights,
        # What was recorded was recorded at other weights, these among them.
        "marks": list(WEIGHT_VALUES if scene["kind"] == "recorded" else search_weights),
        "weight": opening_weight(final, described[-1]["profile"]),
        "curves": _curves(read_metrics(folder) if folder else []),
        "pareto": pareto,
        "explained": explained(final, task, network_data, threads) if explain else None,
        "scores": scores(final, task, episodes, threads),
        "settings": _settings(run, final),
        "commands": commands(run, folder, task) if run and folder else [],
    }


def _thinned(champions: list[Network], most: int) -> list[Network]:
    """At most so many champions, evenly spread, with the first and the last."""
    if len(champions) <= most:
        return champions
    return [champions[i] for i in np.linspace(0, len(champions) - 1, most).round().astype(int)]


def _described(
    network: Network, task: Task, scene: dict[str, Any], seed: int, episodes: int, threads: int, *, final: bool
) -> dict[str, Any]:
    """A champion: where it comes from, how good it is by weight, and what its scene needs."""
    origin, score = Origin.of(network), SearchScore.of(network)
    own = champion_scene(task, network, scene, seed=seed, final=final, threads=threads)
    if "accuracy" in own:
        profile = accuracy_profile(own["accuracy"])
    else:
        recorded = scene["kind"] == "recorded"
        quick = final and recordings_of(task) is not None and encoder_of(task) is None
        points = _LIVE_POINTS if not recorded else _CORE_POINTS if quick else _SLOW_POINTS
        most = episodes if final else _RECORDED_HISTORY_EPISODES if recorded else _HISTORY_EPISODES
        profile = reward_profile(network, task, points, min(episodes, most), threads)
    return {
        "generation": origin.generation,
        "change": origin.change,
        "score": {"mean": score.mean_reward} if score else None,
        "network": network_data(network),
        "profile": profile,
        "scene": own,
    }


def opening_weight(network: Network, profile: Mapping[str, Any]) -> float:
    """The network's own tuned weight where it is on the profile; else the middle of the widest stretch of good weights.

    The highest point of a profile is often a spike between two valleys.
    """
    weights, mean = profile["weights"], np.asarray(profile["mean"], dtype=float)
    own = network.shared_weight
    if own is not None and weights[0] <= own <= weights[-1]:
        return own
    good = mean >= mean.max() - _GOOD * (mean.max() - mean.min())
    ends = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]])))
    first, last = max(ends.reshape(-1, 2).tolist(), key=lambda stretch: stretch[1] - stretch[0])
    return float(weights[(first + last - 1) // 2])


def network_data(network: Network) -> dict[str, Any]:
    """A network and its layout."""
    image = image_shape(network.inputs)
    layout = lay_out(network, compact_inputs=image is not None)
    return {
        "image": image,
        "inputs": list(network.inputs),
        "outputs": list(network.outputs),
        "activations": [int(a) for a in network.activations],
        "source": network.connections[:, 0].tolist(),
        "target": network.connections[:, 1].tolist(),
        "recurrent": np.flatnonzero(network.recurrent).tolist(),
        "weights": None if network.weights is None else [float(str(w)) for w in network.weights],
        "sharedWeight": network.shared_weight,
        "layout": {
            "x": layout.x.tolist(),
            "y": rounded(layout.y, 2),
            "routes": [[rounded(point, 2) for point in route] for route in layout.routes],
            "width": layout.width,
            "height": round(layout.height, 2),
        },
    }


def _summary(network: Network, run: RunSettings | None) -> str:
    size = f"{counted(network.n_hidden, 'hidden node')} and {counted(network.n_connections, 'connection')}"
    text = f"A weight agnostic neural network with {size}"
    generation = Origin.of(network).generation
    if run and generation is not None:
        text += f", found in generation {generation} of {run.config.generations} (seed {run.seed})"
    return text + ". Drag the one weight that all its connections share, and watch it act."


def _curves(metrics: Sequence[Mapping[str, Any]]) -> dict[str, list[float]] | None:
    if not metrics:
        return None
    chosen = np.unique(np.linspace(0, len(metrics) - 1, _MAX_POINTS).astype(int)).tolist()
    fields = {
        "generation": "generation",
        "best": "best_mean_reward",
        "median": "median_mean_reward",
        "mean": "mean_mean_reward",
        "champion": "champion_mean_reward",
        "connections": "champion_connections",
        "nodes": "champion_nodes",
        "median connections": "median_connections",
    }
    return {name: rounded([metrics[i][field] for i in chosen], 3) for name, field in fields.items()}


def _pareto(folder: Path, champions: Sequence[Network]) -> dict[str, Any] | None:
    """Connections and mean reward of the last generation's individuals and of all champions, with the front of each."""
    points = pareto_points(folder, champions)
    if points is None:
        return None
    population, found = points.population, None
    if population is not None:
        found = _points(population.connections, population.mean_reward) | {"generation": population.generation}
    return {"population": found, "champions": _points(points.connections, points.rewards)}


def _points(connections: ArrayLike, rewards: ArrayLike) -> dict[str, Any]:
    x, y = np.asarray(connections, dtype=float), np.asarray(rewards, dtype=float)
    front = pareto_front(x, y).tolist()
    return {"connections": x.astype(int).tolist(), "rewards": rounded(y, 3), "front": front}


def _settings(run: RunSettings | None, network: Network) -> list[list[str]]:
    if run is None:
        return [["wann", Origin.of(network).wann_version or __version__]]
    head = {"task": run.task, **run.task_options, "preset": run.preset, "seed": run.seed}
    rows = {**head, **run.config.to_dict()}
    if run.start:
        rows["start networks"] = f'{len(run.start)}, kept in config.json under "start"'
    return [[name.replace("_", " "), _setting(value)] for name, value in rows.items()]


def _setting(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_setting, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return number(value) if isinstance(value, int | float) else str(value)
