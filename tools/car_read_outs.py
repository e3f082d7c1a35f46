"""What can be read off latents about a car and the road ahead: shares of variance explained on tracks that were not seen."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from car_frames import LABELS

Array = NDArray[Any]
Part = tuple[Array, Array, Array]

#: Steps of the zooming first second, in which nothing is to be read.
_ZOOM = 50
#: Where a driver would still steer: units beside the road's middle, and radians.
_MOST_OFFSET, _MOST_HEADING = 10.0, 1.0


def read_outs(seen: Part, unseen: Part, epochs: int = 300) -> dict[str, dict[str, float]]:
    """R² on unseen tracks of ridge regression, the same on squares and products too, and of 64 tanh units.

    Args:
        seen: Latents, labels and steps to fit on.
        unseen: The same, to judge on.
        epochs: Of the tanh units.
    """
    x, y = _driving(*seen)
    x_new, y_new = _driving(*unseen)
    middle, spread = x.mean(axis=0), x.std(axis=0) + 1e-6
    x, x_new = (x - middle) / spread, (x_new - middle) / spread
    center, scale = y.mean(axis=0), y.std(axis=0)
    y = (y - center) / scale
    said = {
        "linear": _ridge(x, y, x_new),
        "quadratic": _ridge(_with_products(x), y, _with_products(x_new)),
        "64 tanh": _tanh(x, y, x_new, epochs),
    }
    y_new = (y_new - center) / scale
    share = {k: 1 - ((v - y_new) ** 2).mean(axis=0) / y_new.var(axis=0) for k, v in said.items()}
    return {k: {name: round(float(r), 3) for name, r in zip(LABELS, v, strict=True)} for k, v in share.items()}


def _driving(latents: Array, labels: Array, step: Array) -> tuple[Array, Array]:
    fine = (step >= _ZOOM) & (np.abs(labels[:, 0]) < _MOST_OFFSET) & (np.abs(labels[:, 1]) < _MOST_HEADING)
    return latents[fine].astype(float), labels[fine].astype(float)


def _with_products(x: Array) -> Array:
    i, j = np.triu_indices(x.shape[1])
    return np.concatenate([x, x[:, i] * x[:, j]], axis=1)


def _ridge(x: Array, y: Array, x_new: Array) -> Array:
    one = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    weights = np.linalg.solve(one.T @ one + 1e-3 * len(x) * np.eye(one.shape[1]) * 0.1, one.T @ y)
    return np.concatenate([x_new, np.ones((len(x_new), 1))], axis=1) @ weights


def _tanh(x: Array, y: Array, x_new: Array, epochs: int) -> Array:
    import torch

    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(x.shape[1], 64), torch.nn.Tanh(), torch.nn.Linear(64, y.shape[1]))
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-3, weight_decay=1e-5)
    inputs, targets = torch.tensor(x).float(), torch.tensor(y).float()
    n_steps = epochs * 10
    rate = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, n_steps)
    for _ in range(n_steps):
        rows = torch.randint(len(inputs), (512,))
        loss = ((net(inputs[rows]) - targets[rows]) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        rate.step()
    with torch.no_grad():
        return np.asarray(net(torch.tensor(x_new).float()).numpy(), dtype=float)
