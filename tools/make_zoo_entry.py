"""Makes a network of the zoo from the folder of a run: tunes its champion, scores it, and writes down where it comes from.

python tools/make_zoo_entry.py runs/cartpole-swingup-seed0 cartpole-swingup --generations 4000
python tools/make_zoo_entry.py walker.json bipedal-walker-quantized --trials 2000       # a quantized network, tuned already
"""

import argparse
import datetime
import json
from pathlib import Path

import wann
from wann import zoo
from wann.networks.metadata import Origin, ScoresRecord, SearchRecord, TuningRecord
from wann.runs import RunSettings, read_metrics
from wann.scoring import evaluate_classifier, evaluate_rewards
from wann.tasks.for_network import task_for
from wann.tasks.protocol import classes_of

#: Trials of the stored scores: many, so that the test that scores a network again has little noise to allow for.
TRIALS = 10_000


def main() -> None:
    """Makes the entry."""
    arguments = argparse.ArgumentParser(description="makes a network of the zoo from the folder of a run")
    arguments.add_argument("run", type=Path, help="folder of the run")
    arguments.add_argument("name", help="name in the zoo")
    arguments.add_argument("--generations", type=int, default=1000, help="of CMA-ES")
    arguments.add_argument("--champion", type=Path, help="an earlier champion of the run, from its history")
    arguments.add_argument("--tuned", type=Path, help="take the weights of this file, from wann tune, instead")
    arguments.add_argument("--trials", type=int, default=TRIALS, help="of the stored scores")
    options = arguments.parse_args()
    if options.run.is_file():
        network = wann.Network.load(options.run)
        task = task_for(network)
        write(options.name, network, task, seed=0, trials=options.trials, about=network.metadata)
        return
    settings = RunSettings.load(options.run)
    task = wann.make_task(settings.task, **settings.task_options)
    champion = wann.Network.load(options.champion or options.run / "champion.json")
    if options.tuned:
        network = wann.Network.load(options.tuned)
        if not network.same_topology(champion):
            raise SystemExit(f"{options.tuned} has another topology than the run's champion")
    else:
        network = wann.tune(champion, task, generations=options.generations, seed=settings.seed)
    records = (search_record(options.run, settings, champion), TuningRecord.of(network) or TuningRecord())
    about = {name: value for record in records for name, value in record.entries().items()}
    origin = {"task_options": settings.task_options}
    write(options.name, network, task, seed=settings.seed, trials=options.trials, about=origin | about)


def write(
    name: str, network: wann.Network, task: wann.tasks.Task, *, seed: int, trials: int, about: dict[str, object]
) -> None:
    """Scores a network and writes it into the zoo."""
    evaluation = evaluate_rewards(network, task, episodes=trials, seed=seed)
    origin = Origin(
        name=name, task=task.name, task_options={}, date=datetime.date.today().isoformat(), wann_version=wann.__version__
    )
    told = {**origin.entries(), **about, ScoresRecord.KEY: evaluation.to_dict(), **accuracy(network, task, seed)}
    entry = network.without_metadata(*network.metadata).with_tuning(shared_weight=evaluation.shared_weight, **told)
    path = Path(zoo.__file__).parent / f"{name}.json"
    entry.save(path)
    print(path)
    for condition, score in evaluation.conditions.items():
        print(f"{condition:24}{score}")


def accuracy(network: wann.Network, task: wann.tasks.Task, seed: int) -> dict[str, object]:
    """What a classifier gets right on held-out samples."""
    return evaluate_classifier(network, task, seed=seed).entries() if classes_of(task) else {}


def search_record(run: Path, settings: RunSettings, champion: wann.Network) -> SearchRecord:
    """What was run, from which seed, and what it took."""
    metrics = read_metrics(run)
    config = settings.config
    lanes = config.population * len(config.weights) * config.episodes
    return SearchRecord(
        preset=settings.preset,
        seed=settings.seed,
        config=json.loads(json.dumps(config.to_dict())),
        champion_generation=Origin.of(champion).generation,
        # A search that started from networks took what they had taken, too.
        started_from=tuple(f"{n.n_connections} connections" for n in settings.start),
        generations=len(metrics),
        # Of the networks' scores in every generation; the episodes that confirm champions come on top.
        episodes=sum(record["islands"] * lanes for record in metrics),
        environment_steps=metrics[-1]["environment_steps"],
    )


if __name__ == "__main__":
    main()
