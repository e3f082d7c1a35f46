"""Search settings that suit labelled data; see `wann.search.preset`."""

from typing import Any

from wann.networks.activations import Activation

#: Most changes that do good there are new connections, and many do good at once: siblings share them.
_DATA: dict[str, Any] = {
    "episodes": 1,
    "initial_enabled": 0.25,
    "tournament": 16,
    "insert_node": 0.25,
    "add_connection": 0.35,
    "enable_connection": 0.05,
    "change_activation": 0.35,
    "transfer": 0.3,
    "max_transferred": 8,
    "connection_objective": 0.5,
    "confirm_episodes": 4,
}
#: What each of these brings: docs/findings/labelled-data.md. The weights are six fresh draws.
_CLASSES: dict[str, Any] = {
    **_DATA,
    "fresh_weights": True,
    "crossover": 0.4,
    "remove_connection": 0.05,
    "remove_node": 0.05,
    "mean_objective": 0.5,
}
_PAPER: dict[str, Any] = {"episodes": 1}
_MNIST = {"population": 960, "generations": 4096, "initial_enabled": 0.05, "tournament": 32}

CLASSIFICATION = {"paper": _PAPER, "default": _CLASSES}

#: On images two activations find better networks in as many generations. Small tables may need the others: two circles do.
_IMAGES: dict[str, Any] = {**_CLASSES, "activations": (Activation.TANH, Activation.INVERSE)}
IMAGES = {"paper": _PAPER, "default": _IMAGES}
MNIST = {"paper": {**_MNIST, "episodes": 1}, "default": {**_IMAGES, **_MNIST, "confirm_episodes": 8}}

#: With weights of both signs in equal parts, no network whose output turns its sign with the weight's beats the one without
#: connections, which predicts the mean: the way to those that do is long, and a search ends where it began.
REGRESSION = {
    "paper": _PAPER,
    "default": {**_DATA, "weights": (-0.5, 0.25, 0.5, 0.75, 1.0, 1.25), "connection_objective": 0.0},
}
