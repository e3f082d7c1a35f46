"""What a WANN is compared with as a classifier: logistic regression, and a two-layer convolutional network."""

import math
import time
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from wann import seeding
from wann.errors import MissingExtraError
from wann.seeding import Stream
from wann.tasks.protocol import HasClasses


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """A trained classifier's accuracy."""

    name: str
    parameters: int
    accuracy: float  #: on held-out samples
    n_samples: int
    seconds: float = field(compare=False)  #: that training took

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON can hold it."""
        return asdict(self)


def logistic_regression(task: HasClasses, *, seed: int = 0) -> Baseline:
    """Multinomial logistic regression by scikit-learn.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError:
        raise MissingExtraError("the baseline by logistic regression", "sklearn") from None
    samples = task.held_out or task
    state = seeding.derive(seeding.check_seed(seed), Stream.BASELINE) % 2**32
    start = time.perf_counter()
    model = LogisticRegression(max_iter=300, random_state=state).fit(task.x, task.y)
    seconds = time.perf_counter() - start
    return Baseline(
        name="logistic regression",
        parameters=int(model.coef_.size + model.intercept_.size),
        accuracy=float(model.score(samples.x, samples.y)),
        n_samples=samples.n_samples,
        seconds=seconds,
    )


def is_square_image(task: HasClasses) -> bool:
    """Whether a task's inputs can be the pixels of a square image, of at least 8 × 8."""
    side = math.isqrt(len(task.inputs))
    return side >= 8 and side * side == len(task.inputs)


def convolutional_network(task: HasClasses, *, epochs: int = 5, batch: int = 128, seed: int = 0) -> Baseline:
    """Two convolutional layers of 32 and 64 channels with pooling, and a linear read-out, trained by Adam (the extra
    ``torch``).

    Args:
        task: A task whose inputs are the pixels of a square image.
        epochs: Times that all samples are gone through.
        batch: Samples in a step.
        seed: Names the first weights and the order of the samples.

    Raises:
        MissingExtraError: PyTorch is not installed.
    """
    try:
        import torch
    except ImportError:
        raise MissingExtraError("the baseline by a convolutional network", "torch") from None
    side = math.isqrt(len(task.inputs))
    samples = task.held_out or task
    key = seeding.derive(seeding.check_seed(seed), Stream.BASELINE, 1) % 2**63
    order = torch.Generator().manual_seed(key)
    with torch.random.fork_rng():
        torch.manual_seed(key)
        model = torch.nn.Sequential(
            torch.nn.Conv2d(1, 32, 3, padding=1),
            torch.nn.ReLU(),
            torch.nn.MaxPool2d(2),
            torch.nn.Conv2d(32, 64, 3, padding=1),
            torch.nn.ReLU(),
            torch.nn.MaxPool2d(2),
            torch.nn.Flatten(),
            torch.nn.Linear(64 * (side // 4) ** 2, len(task.outputs)),
        )
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=epochs * math.ceil(task.n_samples / batch))
    images = torch.tensor(np.array(task.x)).reshape(-1, 1, side, side)
    classes = torch.tensor(task.y.astype(np.int64))
    start = time.perf_counter()
    for _ in range(epochs):
        for rows in torch.randperm(len(images), generator=order).split(batch):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(images[rows]), classes[rows]).backward()
            optimizer.step()
            schedule.step()
    seconds = time.perf_counter() - start
    with torch.no_grad():
        tests = torch.tensor(np.array(samples.x)).reshape(-1, 1, side, side)
        found = torch.cat([model(part).argmax(dim=1) for part in tests.split(1000)]).numpy()
    return Baseline(
        name="two-layer CNN",
        parameters=sum(p.numel() for p in model.parameters()),
        accuracy=float((found == samples.y).mean()),
        n_samples=samples.n_samples,
        seconds=seconds,
    )
