"""Explains champions of the zoo, and writes what the pages in docs/explained/ show: reports and pictures.

    python tools/explain_zoo.py cartpole-swingup bipedal-walker car-racing mnist

MNIST needs its two test files where `wann` finds them: what is removed is chosen on every other test picture, and what is
reported is measured on those between. No search saw either.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

import wann
from wann.explain import Explanation, explain
from wann.networks import Network
from wann.show import draw_importance, draw_network, draw_profile
from wann.tasks.data import datasets
from wann.tasks.data.samples import Mnist
from wann.tasks.protocol import Task

FOLDER = Path(__file__).parents[1] / "docs" / "explained"


def task_of(name: str) -> Task:
    """The task of a champion."""
    return mnist_test() if name == "mnist" else wann.make_task(name)


def mnist_test() -> Mnist:
    """MNIST's test pictures in two halves. The first 5,000 are harder than the others, so they take turns."""
    pictures, labels = (
        datasets._mnist_array(f"t10k-{what}", None, True, dimensions)
        for what, dimensions in (("images-idx3-ubyte", 3), ("labels-idx1-ubyte", 1))
    )
    x = datasets.shrink(datasets.deskew(pictures), datasets.MNIST_SIDE).reshape(len(pictures), -1)
    y = labels.astype(np.int32)
    names = datasets.pixel_names(datasets.MNIST_SIDE)
    return Mnist(x[::2], y[::2], held_out=(x[1::2], y[1::2]), batch=None, inputs=names, name="mnist")


def right(network: Network, task: Mnist, weight: float) -> float:
    """The part of the held-out pictures that a network tells right."""
    held_out = task.held_out
    assert held_out is not None
    return float((network(held_out.x, weight).argmax(axis=1) == held_out.y).mean())


def write(name: str, found: Explanation, more: str) -> None:
    """The report and the pictures of a champion."""
    assert found.pruned is not None
    FOLDER.mkdir(exist_ok=True)
    images = FOLDER / "images"
    images.mkdir(exist_ok=True)
    (FOLDER / f"{name}.txt").write_text(f"{found}\n{more}", encoding="utf-8")
    found.pruned.network.save(FOLDER / f"{name}-pruned.json")
    pictures = {what: images / f"{name}-{what}.png" for what in ("importance", "network", "pruned", "profile")}
    draw_importance(found.importance, pictures["importance"])
    losses = [loss.mean for loss in found.importance.connections]
    draw_network(found.importance.network, pictures["network"], losses=losses)
    draw_network(found.pruned.network, pictures["pruned"])
    draw_profile(found.regimes.profile, pictures["profile"])
    for picture in pictures.values():
        shrink(picture)


def shrink(path: Path) -> None:
    """Makes a picture's file small: 1,100 pixels wide at most, in 128 colours."""
    with Image.open(path) as picture:
        width = min(picture.width, 1100)
        small = picture.convert("RGB").resize(
            (width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS
        )
        small.quantize(128, Image.Quantize.MAXCOVERAGE).save(path, optimize=True)


def main() -> None:
    """Explains the champions that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", metavar="NAME")
    parser.add_argument("--loss", type=float, help="of reward that the pruned network may have")
    arguments = parser.parse_args()
    for name in arguments.names:
        start = time.monotonic()
        network, task = wann.zoo.load(name), task_of(name)
        found = explain(network, task, pruned=True, loss=arguments.loss, threads=2)
        more = ""
        if isinstance(task, Mnist) and found.pruned is not None:
            weight = network.shared_weight or 1.0
            whole, small = (right(n, task, weight) for n in (network, found.pruned.network))
            more = f"\nAccuracy on the held-out pictures: whole {100 * whole:.1f} %, smallest {100 * small:.1f} %\n"
        write(name, found, more)
        print(f"{name}: {time.monotonic() - start:.0f} s with two threads", file=sys.stderr)


if __name__ == "__main__":
    main()
