"""Tuned weights: the shared one, and one for each connection, by the methods that suit the task."""

from collections.abc import Callable
from functools import partial
from typing import Any

from wann.arguments import check_callable, check_integer
from wann.errors import WannError
from wann.execution.evaluator import Evaluator
from wann.networks.network import Network
from wann.tasks.protocol import Task, check_fits, classes_of
from wann.training.classifier import check_method, train_classifier
from wann.training.weight_tuning import DEFAULT_GENERATIONS, TuningGeneration, tune_by_cma


def tune(
    network: Network,
    task: Task,
    *,
    generations: int | None = None,
    seed: int = 0,
    threads: int | None = None,
    evaluator: Evaluator | None = None,
    report: Callable[[TuningGeneration], None] | None = None,
    method: str = "both",
    epochs: int | None = None,
    **settings: Any,
) -> Network:
    """Tunes the shared weight and then a weight for each connection.

    On classes the weights are trained by CMA-ES and by gradient, and the better are kept: see
    `wann.training.train_classifier`, which says more of what came out.

    Args:
        network: A network that fits the task.
        task: The task.
        generations: Of CMA-ES; `DEFAULT_GENERATIONS` if not given.
        seed: Names the run.
        threads: Threads to use; all cores by default.
        evaluator: Where networks run; the threads of this process if None.
        report: Called with every generation's record.
        method: On classes: ``"cma"``, ``"gradient"`` or ``"both"``. Other weights are tuned by CMA-ES.
        epochs: On classes: times that training by gradient goes through the samples.
        settings: Further arguments of `WeightTuning`.

    Returns:
        The same topology with both tuned; it runs with the individual weights by default. Its metadata say how they were
        found. After Ctrl-C it is the best so far.

    Raises:
        WannError: The network does not fit the task, or an argument is out of range.
    """
    check_callable(report, "report")
    n = DEFAULT_GENERATIONS if generations is None else check_integer(generations, "generations", 0, 10**7)
    check_fits(network, task)
    check_method(method)
    where: dict[str, Any] = {"threads": threads, "evaluator": evaluator}
    if classes_of(task):
        by_cma = partial(tune_by_cma, generations=n, seed=seed, report=report, **where, **settings)
        return train_classifier(
            network, task, method=method, trains=n > 0, epochs=epochs, by_cma=by_cma, seed=seed, threads=threads
        ).network
    if method != "both" or epochs is not None:
        raise WannError(f"method and epochs are for classes; the weights of {task.name} are tuned by CMA-ES")
    return tune_by_cma(network, task, generations=n, seed=seed, report=report, **where, **settings)[0]
