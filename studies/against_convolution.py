"""MNIST: a WANN, its ensembles over the weight, logistic regression and convolutions; and who knows when it is wrong.

    python studies/against_convolution.py --quick          # scikit-learn's 8 x 8 digits
    python studies/against_convolution.py                  # MNIST, see docs/do/labelled-data.md

For each classifier: accuracy, numbers to train, multiplications and additions for an image, the time for the test
images, and the calibration of its probabilities: the expected calibration error in 15 bins, before and after one
temperature that is chosen on training images, and how well its confidence tells right answers from wrong ones (area
under the curve). All that again on rotated and on noisy test images. Needs the extras sklearn and torch.
"""

import math
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from kit import Kept, cell, interval, options, panels, parsed, save, table
from numpy.typing import NDArray
from scipy import ndimage
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

import wann

Floats = NDArray[np.float64]
#: From images (n, n_pixels) to logarithms of probabilities (n, n_classes).
Classifier = Callable[[NDArray[np.float32]], Floats]
ENSEMBLE = wann.search.WEIGHT_VALUES
DAMAGES = {
    "as they are": lambda x: x,
    "rotated by 20°": lambda x: rotated(x, 20),
    "rotated by 40°": lambda x: rotated(x, 40),
    "noise 0.2": lambda x: noisy(x, 0.2),
    "noise 0.4": lambda x: noisy(x, 0.4),
}


def rotated(x: NDArray[np.float32], degrees: float) -> NDArray[np.float32]:
    side = math.isqrt(x.shape[1])
    turned = ndimage.rotate(x.reshape(-1, side, side), degrees, axes=(1, 2), reshape=False, order=1)
    return turned.reshape(len(x), -1)


def noisy(x: NDArray[np.float32], deviation: float) -> NDArray[np.float32]:
    noise = np.random.default_rng(8).normal(size=x.shape)
    return np.clip(x + deviation * x.max() * noise, 0, x.max()).astype(np.float32)


def log_softmax(outputs: NDArray[Any]) -> Floats:
    shifted = np.asarray(outputs, dtype=float) - outputs.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def ensemble(network: wann.Network, weights: Any, x: NDArray[np.float32]) -> Floats:
    """The mean of the probabilities at each of some weights."""
    each = [np.exp(log_softmax(network(x, float(weight)))) for weight in weights]
    return np.log(np.mean(each, axis=0) + 1e-12)


def convolution(channels: tuple[int, int], task: Any, epochs: int, seed: int) -> tuple[Classifier, int, int]:
    """Two convolutions with pooling and a linear read-out: the classifier, its parameters and its multiplications."""
    side, (a, b) = math.isqrt(task.x.shape[1]), channels
    torch.manual_seed(seed)
    model = torch.nn.Sequential(
        *(torch.nn.Conv2d(1, a, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2)),
        *(torch.nn.Conv2d(a, b, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2)),
        *(torch.nn.Flatten(), torch.nn.Linear(b * (side // 4) ** 2, 10)),
    )
    images, labels = torch.tensor(task.x).reshape(-1, 1, side, side), torch.tensor(task.y.astype(np.int64))
    optimizer = torch.optim.Adam(model.parameters(), 2e-3)
    for _ in range(epochs):
        for rows in torch.randperm(len(images)).split(128):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(images[rows]), labels[rows]).backward()
            optimizer.step()

    def classify(x: NDArray[np.float32]) -> Floats:
        with torch.no_grad():
            parts = torch.tensor(x).reshape(-1, 1, side, side).split(1000)
            return log_softmax(torch.cat([model(part) for part in parts]).numpy())

    products = 9 * a * side**2 + 9 * a * b * (side // 2) ** 2 + 10 * b * (side // 4) ** 2
    return classify, sum(p.numel() for p in model.parameters()), products


def classifiers(task: Any, name: str, epochs: int, seed: int) -> dict[str, Callable[[], tuple[Classifier, int, int, int]]]:
    """By name, what makes the classifier, the numbers that were trained, multiplications and additions for an image."""
    network, pixels = wann.zoo.load(name), task.x.shape[1]
    nodes, wires = network.n_hidden + network.n_outputs, network.n_connections

    def shared(weights: Any, trained: int) -> Callable[[], tuple[Classifier, int, int, int]]:
        # One weight: a node sums its inputs and multiplies once. What sums the pixels is the same for all weights.
        return lambda: (partial(ensemble, network, weights), trained, nodes * len(weights), wires * len(weights))

    def logistic() -> tuple[Classifier, int, int, int]:
        model = LogisticRegression(max_iter=300).fit(task.x, task.y)
        return model.predict_log_proba, 10 * pixels + 10, 10 * pixels, 10 * pixels

    def conv(channels: tuple[int, int]) -> tuple[Classifier, int, int, int]:
        classify, parameters, products = convolution(channels, task, epochs, seed)
        return classify, parameters, products, products

    return {
        "WANN, tuned weight": shared((network.shared_weight,), 1),
        "WANN, ensemble of 6 weights": shared(ENSEMBLE, 0),
        "WANN, ensemble of 32 random weights": shared(np.random.default_rng(seed).uniform(-2, 2, 32), 0),
        "WANN, trained weights": lambda: (lambda x: log_softmax(network(x)), wires, wires, wires),
        "logistic regression": logistic,
        "small CNN": lambda: conv((4, 8)),
        "usual CNN": lambda: conv((32, 64)),
    }


def calibration(log_p: Floats, y: NDArray[Any]) -> tuple[float, float, float]:
    """The expected calibration error in 15 bins, the mean log-likelihood, and how well confidence tells right from wrong."""
    confidence, right = np.exp(log_p.max(axis=1)), log_p.argmax(axis=1) == y
    bins = np.minimum((confidence * 15).astype(int), 14)
    gaps = [abs(confidence[bins == b].sum() - right[bins == b].sum()) for b in range(15)]
    area = roc_auc_score(right, confidence) if 0 < right.mean() < 1 else 0.5
    return float(np.sum(gaps) / len(y)), float(log_p[np.arange(len(y)), y].mean()), float(area)


def measure(make: Callable[[], tuple[Classifier, int, int, int]], task: Any) -> dict[str, Any]:
    start = time.perf_counter()
    classify, trained, products, sums = make()
    row: dict[str, Any] = {"trained": trained, "products": products, "sums": sums}
    row["training_seconds"] = round(time.perf_counter() - start, 1)
    x, y = np.asarray(task.held_out.x), task.held_out.y
    known, labels = classify(task.x[-10_000:]), task.y[-10_000:]
    heat = max(np.geomspace(0.1, 10, 81), key=lambda t: calibration(log_softmax(known / t), labels)[1])
    for name, damage in DAMAGES.items():
        images = damage(x)
        start = time.perf_counter()
        log_p = classify(images)
        seconds = time.perf_counter() - start
        error, likelihood, area = calibration(log_p, y)
        cooled = calibration(log_softmax(log_p / heat), y)[0]
        accuracy = float((log_p.argmax(axis=1) == y).mean())
        row[name] = [round(v, 5) for v in (accuracy, error, cooled, area, likelihood, seconds)]
    return row


def report(rows: list[dict[str, Any]], arguments: Any) -> None:
    names, first, sizes = list(dict.fromkeys(row["classifier"] for row in rows)), next(iter(DAMAGES)), []
    groups = {name: [row for row in rows if row["classifier"] == name] for name in names}

    def mean(name: str, damage: str, i: int, factor: float = 100, places: int = 1) -> str:
        values = factor * np.array([row[damage][i] for row in groups[name]])
        return cell(values, places) if np.ptp(values) > 0 else f"{values[0]:.{places}f}"

    for name, group in groups.items():
        row = group[0]
        counts = [f"{row[key]:,}" for key in ("trained", "products", "sums")]
        times = [f"{np.median([r['training_seconds'] for r in group]):.0f}", mean(name, first, 5, 1000, 0)]
        sizes.append([name, mean(name, first, 0, places=2), *counts, *times])
    header = ["", "right of the test images, %", "trained numbers", "products", "sums", "training, s", "test images, ms"]
    print(table(header, sizes))
    print(table(["right, %", *DAMAGES], [[name, *(mean(name, d, 0) for d in DAMAGES)] for name in names]))
    print(table(["calibration error, %", *DAMAGES], [[name, *(mean(name, d, 1) for d in DAMAGES)] for name in names]))
    print(table(["the same after a temperature", *DAMAGES], [[n, *(mean(n, d, 2) for d in DAMAGES)] for n in names]))
    print(table(["area under the curve", *DAMAGES], [[n, *(mean(n, d, 3, 1, 3) for d in DAMAGES)] for n in names]))
    figure, drawn = panels(3, height=2.8)
    for axes, i, title in zip(drawn, (0, 2, 3), ("right", "calibration error", "area under the curve"), strict=True):
        for name, group in groups.items():
            axes.plot([interval([row[d][i] for row in group])[0] for d in DAMAGES], marker="o", markersize=3, label=name)
        axes.set_xticks(range(len(DAMAGES)), DAMAGES, rotation=40, ha="right")
        axes.set(title=title)
    drawn[2].legend(loc="center left", bbox_to_anchor=(1, 0.5))
    save(figure, arguments.figure)


def main() -> None:
    parser = options(__doc__, "against-convolution")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=5, help="of training the convolutional networks")
    arguments = parsed(parser, seeds=1, epochs=30)
    if arguments.report:
        return report(Kept(arguments).rows, arguments)
    name, seeds, epochs = "digits" if arguments.quick else "mnist", arguments.seeds, arguments.epochs
    torch.set_num_threads(arguments.threads or torch.get_num_threads())
    task, kept, rows = wann.make_task(name), Kept(arguments), []
    for seed in range(seeds):
        for classifier, make in classifiers(task, name, epochs, seed).items():
            fixed = seed > 0 and "random" not in classifier and "CNN" not in classifier
            if not fixed:
                rows.append(
                    kept.get(partial(measure, make, task), data=name, classifier=classifier, seed=seed, epochs=epochs)
                )
    report(rows, arguments)


if __name__ == "__main__":
    main()
