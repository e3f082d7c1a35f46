"""What a worker does: it keeps the tasks that it has been sent, and runs networks on them."""

import os
import pickle
import socket
import threading
import time
from collections import OrderedDict

from wann.errors import WannError
from wann.execution.messages import (
    Answer,
    PackedPiece,
    PackedRollouts,
    Request,
    Speaker,
    answer_to_bytes,
    portable,
    request_of,
    speaker_of,
)
from wann.networks.packing import unpack
from wann.tasks.protocol import Rollouts, Task, check_rollouts

#: Tasks that are kept at once: that of a search, and those of its scoring.
_MOST_TASKS = 4

_tasks: OrderedDict[str, Task] = OrderedDict()
_lock = threading.Lock()


def name() -> str:
    """The name of this worker: its host and its process."""
    return f"{socket.gethostname()}:{os.getpid()}"


def answer(message: bytes) -> bytes:
    """Carries a request out. All errors are part of the answer."""
    start = time.perf_counter()
    refusal = Speaker.here().refusal(speaker_of(message), name())
    if refusal is not None:
        return answer_to_bytes(Answer(name(), refusal=refusal))
    try:
        request = request_of(message)
        task = _task(request)
        if task is None:
            return answer_to_bytes(Answer(name(), lacks_task=True))
        rollouts = [PackedRollouts.of(_run(task, piece, request.threads)) for piece in request.pieces]
    except Exception as error:  # of the task's code, which may be anybody's
        return answer_to_bytes(Answer(name(), error=portable(error)))
    return answer_to_bytes(Answer(name(), seconds=time.perf_counter() - start, rollouts=rollouts))


def _task(request: Request) -> Task | None:
    """The task of a request, where it is here or comes along."""
    with _lock:
        task = _tasks.get(request.token)
        if task is None and request.task is not None:
            task = _tasks[request.token] = _loaded(request.task)
            while len(_tasks) > _MOST_TASKS:
                _tasks.popitem(last=False)
        if task is not None:
            _tasks.move_to_end(request.token)
        return task


def _loaded(data: bytes) -> Task:
    try:
        task: Task = pickle.loads(data)
    except Exception as error:  # of code that a task brings along, or of modules that are not here
        raise WannError(f"the worker {name()} cannot load the task: {type(error).__name__}: {error}") from error
    return task


def _run(task: Task, piece: PackedPiece, threads: int) -> Rollouts:
    networks = unpack(piece.networks)
    rollouts = check_rollouts(task.rollout(networks, piece.weights, piece.seeds, threads=threads), task)
    expected = (len(networks), len(piece.seeds))
    if rollouts.rewards.shape != expected:
        raise WannError(f"{task.name} gave rewards of shape {rollouts.rewards.shape}; expected {expected}")
    return rollouts
