"""What the report page shows, as JSON can hold it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann import seeding
from wann._version import __version__
from wann.arguments import check_integer, check_threads
from wann.networks.network import Network
from wann.runs import RunSettings, read_metrics
from wann.scoring.evaluation import CONDITIONS, evaluate
from wann.search.config import WEIGHT_VALUES
from wann.seeding import Stream
from wann.show.pictures.champions import champions_of, pareto_points
from wann.show.pictures.history import pareto_front
from wann.show.pictures.image import image_shape
from wann.show.pictures.layout import lay_out
from wann.show.report.repeat import commands
from wann.show.report.scenes import champion_scene, max_champions, scene_of
from wann.tasks import Task
from wann.tasks.data.samples import Classification
from wann.tasks.for_network import task_for
from wann.tasks.protocol import check_fits, product_lanes, run_lanes
from wann.training.tuning import WEIGHT_RANGE, tune_shared_weight

#: Points of a curve over the generations.
_MAX_POINTS = 500
#: Points of the weight profile where the page simulates the task, and where it plays what was recorded at each of them.
_LIVE_POINTS, _RECORDED_POINTS = 81, 17
#: Episodes at each point for champions before the last, at most; recorded tasks are the slow ones.
_HISTORY_EPISODES, _RECORDED_HISTORY_EPISODES = 12, 4
#: Episodes at each weight of the sweep for the best shared weight, where the file tells none: a quarter of the usual ones.
_TUNING_EPISODES = 8


def report_data(source: Path | Network, *, task: Task | None, episodes: int, threads: int | None) -> dict[str, Any]:
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
    scene = scene_of(task, seed=seed)
    kind = scene["kind"]
    champions = _thinned(champions, max_champions(kind))
    points = _RECORDED_POINTS if kind == "recorded" else _LIVE_POINTS
    metrics = read_metrics(folder) if folder else []
    final = champions[-1]
    described = []
    for champion in champions:
        most = _RECORDED_HISTORY_EPISODES if kind == "recorded" else _HISTORY_EPISODES
        count = episodes if champion is final else min(episodes, most)
        own = champion_scene(task, champion, scene, seed=seed, final=champion is final, threads=threads)
        profile = _accuracy_profile(own["accuracy"]) if kind == "samples" else None
        profile = profile or _profile(champion, task, points, count, threads)
        described.append(_described(champion) | {"profile": profile, "scene": own})
    search_weights = run.config.weights if run else WEIGHT_VALUES
    profile = described[-1]["profile"]
    return {
        "title": task.name,
        "summary": _summary(final, run),
        "unit": "accuracy" if kind == "samples" else "reward",
        "scene": scene,
        "champions": described,
        "searchWeights": [w for w in search_weights if WEIGHT_RANGE[0] <= w <= WEIGHT_RANGE[1]],
        "weight": profile["weights"][int(np.argmax(profile["mean"]))],
        "curves": _curves(metrics),
        "pareto": pareto,
        "scores": _scores(final, task, episodes, threads),
        "settings": _settings(run, final),
        "commands": commands(run, folder, task) if run and folder else [],
    }


def _thinned(champions: list[Network], most: int) -> list[Network]:
    """At most so many champions, evenly spread, with the first and the last."""
    if len(champions) <= most:
        return champions
    return [champions[i] for i in np.linspace(0, len(champions) - 1, most).round().astype(int)]


def _described(network: Network) -> dict[str, Any]:
    metadata = network.metadata
    score = metadata.get("search_score")
    return {
        "generation": metadata.get("generation"),
        "change": metadata.get("change"),
        "score": {"mean": score["mean_reward"]} if isinstance(score, dict) and "mean_reward" in score else None,
        "network": network_data(network),
    }


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
        "weights": None if network.weights is None else [float(str(w)) for w in network.weights],
        "sharedWeight": network.shared_weight,
        "layout": {
            "x": layout.x.tolist(),
            "y": _rounded(layout.y, 2),
            "routes": [[_rounded(point, 2) for point in route] for route in layout.routes],
            "width": layout.width,
            "height": round(layout.height, 2),
        },
    }


def _profile(network: Network, task: Task, points: int, episodes: int, threads: int) -> dict[str, Any]:
    """Mean and standard deviation of the reward at each weight, over the same fresh episodes or all held-out samples."""
    note = f"over {episodes} fresh episodes"
    held_out = getattr(task, "held_out", None)
    if held_out is not None:
        task, episodes, note = held_out, 1, f"over {held_out.n_samples} held-out samples"
    weights = np.linspace(*WEIGHT_RANGE, points)
    seeds = seeding.episode_seeds(0, Stream.EVALUATION_EPISODES, episodes)
    rollouts = run_lanes(task, [network], *product_lanes(weights, seeds), threads=threads)
    rewards = rollouts.rewards.reshape(points, episodes)
    std = rewards.std(axis=1, ddof=1) if episodes > 1 else np.zeros(points)
    return {
        "weights": _rounded(weights, 4),
        "mean": _rounded(rewards.mean(axis=1), 3),
        "std": _rounded(std, 3),
        "note": note,
    }


def _accuracy_profile(accuracy: Mapping[str, Any]) -> dict[str, Any]:
    """The accuracy at each weight, with its standard deviation over the classes."""
    which = "held-out " if accuracy["heldOut"] else ""
    return {
        "weights": accuracy["weights"],
        "mean": accuracy["all"],
        "std": _rounded(np.nanstd(np.array(accuracy["byClass"], dtype=float), axis=0), 4),
        "note": f"over {accuracy['samples']} {which}samples; the spread is over the classes",
    }


def _summary(network: Network, run: RunSettings | None) -> str:
    hidden = network.n_hidden
    text = (
        f"A weight agnostic neural network with {hidden} hidden node{'' if hidden == 1 else 's'} and "
        f"{network.n_connections} connections"
    )
    generation = network.metadata.get("generation")
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
    return {name: _rounded([metrics[i][field] for i in chosen], 3) for name, field in fields.items()}


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
    return {"connections": x.astype(int).tolist(), "rewards": _rounded(y, 3), "front": front}


def _scores(network: Network, task: Task, episodes: int, threads: int) -> dict[str, Any]:
    """The scores that the file tells, or fresh ones."""
    evaluation = _told_scores(network)
    if evaluation is None:
        if network.shared_weight is None:
            tuned = tune_shared_weight(network, task, episodes=_TUNING_EPISODES, threads=threads)
            network = network.with_tuning(shared_weight=tuned.weight)
        evaluation = evaluate(network, task, episodes=episodes, threads=threads).to_dict()
    rows = [{"label": f"weight {_number(s['weight'])}", **_score(s)} for s in evaluation["weights"]]
    for name, label in CONDITIONS.items():
        score = evaluation.get(name)
        if score:
            extra = f" ({_number(evaluation['shared_weight'])})" if name == "tuned_shared_weight" else ""
            rows.append({"label": label + extra, **_score(score)})
    held_out = getattr(task, "held_out", None) is not None
    where = "held-out samples" if held_out else "fresh episodes"
    what = "Reward (mean log-likelihood)" if isinstance(task, Classification) else "Reward"
    note = (
        f"{what} on {where}, which neither the search nor the tuning has seen. Random weights are drawn from U(−2, 2): one "
        "for every connection (random weights), or one for all (random shared weight)."
    )
    return {"rows": rows, "note": note}


def _told_scores(network: Network) -> Any:
    """The scores in the file; None where there are none, or where the network has been tuned since."""
    found = network.metadata.get("evaluation")
    if not isinstance(found, dict) or "weights" not in found:
        return None
    tuned_since = network.weights is not None and not found.get("tuned_weights")
    tuned_since |= network.shared_weight is not None and found.get("shared_weight") != network.shared_weight
    return None if tuned_since else found


def _score(score: Mapping[str, Any]) -> dict[str, float]:
    return {"mean": float(score["mean"]), "std": float(score["std"]), "n": int(score["n"])}


def _settings(run: RunSettings | None, network: Network) -> list[list[str]]:
    if run is None:
        return [["wann", str(network.metadata.get("wann_version", __version__))]]
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
    return _number(value) if isinstance(value, int | float) else str(value)


def _number(value: float) -> str:
    return f"{value:g}".replace("-", "−")


def _rounded(values: Sequence[float] | NDArray[np.float64], digits: int) -> list[float]:
    return np.round(np.asarray(values, dtype=float), digits).tolist()  # type: ignore[no-any-return]
