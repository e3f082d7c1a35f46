"""What the tests of evaluators share."""

import os
import queue
import signal
import threading
import time
from concurrent.futures import Executor, Future
from typing import Any

import numpy as np

import wann
from wann.networks.activations import Activation
from wann.networks.network import Network
from wann.tasks import Rollouts


class Faulty:
    """A task with a fault: it happens once, where a file is not there yet, or always."""

    name = "faulty"
    inputs = ("x",)
    outputs = ("y",)
    output_activation = Activation.TANH
    hidden_activations = (Activation.TANH, Activation.SINE)

    def __init__(self, what: str, mark: str, *, always: bool = False) -> None:
        self.what, self.mark, self.always = what, mark, always

    def rollout(self, networks: Any, weights: Any, seeds: Any, *, threads: int = 1) -> Rollouts:
        if self.what and (self.always or _first(self.mark)):
            if self.what == "dies":
                os.kill(os.getpid(), signal.SIGKILL)
            while self.what == "hangs":
                time.sleep(0.1)
            if self.what == "raises":
                raise ZeroDivisionError("a fault of the task's own")
        sizes = np.array([network.n_connections for network in networks], dtype=float)
        lanes = weights.mean(axis=1) if weights.ndim == 2 else weights
        rewards = sizes[:, None] * lanes + seeds.astype(float) % 7
        return Rollouts(rewards=rewards, steps=np.ones(rewards.shape, dtype=np.int64), computed_steps=rewards.size)


def _first(mark: str) -> bool:
    try:
        os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


class InAnyOrder(Executor):
    """One thread that takes the newest of what waits; what came first runs last."""

    def __init__(self) -> None:
        self._waiting: queue.LifoQueue[Any] = queue.LifoQueue()
        threading.Thread(target=self._run, daemon=True).start()

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        future: Future[Any] = Future()
        self._waiting.put((future, fn, args))
        return future

    def _run(self) -> None:
        while True:
            future, fn, args = self._waiting.get()
            future.set_result(fn(*args))


def records(task: Any, evaluator: Any, generations: int = 3, **settings: Any) -> tuple[list[str], Network]:
    """What a short search tells of its generations, and its champion."""
    search = wann.Search(task, wann.preset(task, **settings), seed=5, threads=2, evaluator=evaluator)
    return [repr(record) for record in search.run(generations)], search.champion
