"""Labelled data in the page: samples to pick, images to draw, and the accuracy of each class by weight."""

import base64
from typing import Any

import numpy as np

from wann.networks.metadata import PreparationRecord
from wann.networks.network import Network
from wann.show.pictures.classes import class_table, evaluate_by_weight
from wann.show.pictures.image import image_shape
from wann.show.report.footage import packed
from wann.tasks.protocol import HasClasses, HasTargets

#: Samples that can be picked, and that accuracies are counted over.
_PICKED, _COUNTED = 60, 2000

_PICK = "Pick a sample. Answers are the softmax of the outputs at this weight, and its mean over the search's weights."
_PROBE = "Pick a sample, or move the inputs, and read what the network predicts."
_DRAW = "Pick a sample or draw one (by keyboard: arrow keys and space). " + _PICK.partition(". ")[2]


def samples_scene(task: HasClasses) -> dict[str, Any]:
    """Some samples that no search has seen, in equal shares of the classes, as bytes from the smallest to the largest."""
    shown = task.held_out if task.held_out is not None else task
    shape = image_shape(task.inputs)
    order = np.random.default_rng(0).permutation(shown.n_samples)
    by_class = [order[shown.y[order] == c] for c in range(len(task.outputs))]
    each = max(1, _PICKED // len(by_class))
    picked = np.concatenate([rows[:each] for rows in by_class])
    picked = picked[np.argsort(np.concatenate([np.arange(len(rows[:each])) for rows in by_class]), kind="stable")]
    low = float(shown.x[picked].min())
    high = float(shown.x[picked].max())
    values = np.round((shown.x[picked] - low) / max(high - low, 1e-9) * 255).astype(np.uint8)
    return {
        "kind": "samples",
        "caption": _DRAW if shape else _PICK,
        "image": shape,
        "low": low,
        "high": high,
        "count": len(picked),
        "values": base64.b64encode(values.tobytes()).decode("ascii"),
        "labels": shown.y[picked].tolist(),
        "classes": list(task.outputs),
    }


def target_samples(task: HasTargets) -> dict[str, Any]:
    """Some samples that no search has seen, with what is to be said of them, and the units of inputs and targets."""
    shown = task.held_out if task.held_out is not None else task
    rows = np.random.default_rng(0).permutation(shown.n_samples)[:_PICKED]
    x = np.asarray(shown.x[rows], dtype=float)
    prepared = PreparationRecord.read(task.preparation, "preparation")
    return {
        "kind": "probe",
        "caption": _PROBE,
        "samples": packed(x),
        "targets": packed(np.asarray(shown.y[rows], dtype=float).reshape(len(rows), -1)),
        "low": x.min(axis=0).round(4).tolist(),
        "high": x.max(axis=0).round(4).tolist(),
        "mean": list(prepared.mean or [0.0] * x.shape[1]),
        "scale": list(prepared.scale or [1.0] * x.shape[1]),
        "targetMean": prepared.target_mean or 0.0,
        "targetScale": prepared.target_scale or 1.0,
    }


def class_accuracy(task: HasClasses, network: Network, threads: int) -> dict[str, Any]:
    """The part of each class's held-out samples that is told right, by weight; None for a class without samples."""
    found = evaluate_by_weight(network, task, most=_COUNTED, threads=threads)
    table = class_table(found).round(3).tolist()
    return {
        "weights": np.round(found.weights, 4).tolist(),
        "byClass": [[None if np.isnan(part) else part for part in row] for row in table],
        "all": np.round(found.accuracy, 4).tolist(),
        "samples": found.n_samples,
        "heldOut": task.held_out is not None,
    }
