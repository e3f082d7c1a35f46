"""What is said between an evaluator and its workers: bytes, whatever engine carries them.

A request begins with a line that says which package and which build of the core speak. A worker reads that line first, and
the rest only where both agree: so a worker of another version refuses by name, and does not fail in some other way.
"""

import json
import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann import _core
from wann._version import __version__
from wann.errors import WannError
from wann.networks.packing import PackedNetworks, narrow
from wann.tasks.protocol import Rollouts

#: Builds of the core that agree to the bit; any other agrees only with itself.
_AGREEING = {"v3", "v4"}


@dataclass(frozen=True)
class PackedPiece:
    """Networks and the lanes that they run in."""

    networks: PackedNetworks
    weights: NDArray[np.float32]
    seeds: NDArray[np.uint64]


@dataclass(frozen=True)
class PackedRollouts:
    """Rollouts in as few bytes as hold them."""

    rewards: NDArray[Any]
    steps: NDArray[Any]
    computed_steps: int
    idle_steps: int

    @classmethod
    def of(cls, rollouts: Rollouts) -> "PackedRollouts":
        """Rewards of tasks of the core are float32, and steps are small."""
        rewards, steps = np.asarray(rollouts.rewards), np.asarray(rollouts.steps)
        with np.errstate(over="ignore"):
            short = rewards.astype(np.float32)
        exact = np.array_equal(short.astype(rewards.dtype), rewards, equal_nan=rewards.dtype.kind == "f")
        small = steps.dtype.kind == "i" and steps.min(initial=0) >= 0
        return cls(
            rewards=short if exact else rewards,
            steps=narrow(steps) if small else steps,
            computed_steps=rollouts.computed_steps,
            idle_steps=rollouts.idle_steps,
        )


@dataclass(frozen=True)
class Request:
    """What a worker is to run."""

    token: str  #: names the task
    task: bytes | None  #: the task itself, where the worker may not have it yet
    threads: int
    pieces: tuple[PackedPiece, ...]


@dataclass(frozen=True)
class Answer:
    """What a worker says; one of the last four is set."""

    worker: str  #: its name: host and process
    seconds: float = 0.0  #: that it took
    rollouts: Sequence[PackedRollouts] | None = None
    lacks_task: bool = False
    refusal: str | None = None
    error: BaseException | None = None


@dataclass(frozen=True)
class Speaker:
    """Which package and which build of the core speak."""

    version: str
    instruction_set: str

    @classmethod
    def here(cls) -> "Speaker":
        """Those of this process."""
        return cls(__version__, _core.instruction_set)

    def refusal(self, other: "Speaker", where: str) -> str | None:
        """Why this worker does not work for the other side; None where it does."""
        if self.version != other.version:
            return (
                f"the worker {where} has wann {self.version}, and the run is one of wann {other.version}; "
                "install the same version everywhere"
            )
        levels = {self.instruction_set, other.instruction_set}
        if len(levels) > 1 and not levels <= _AGREEING:
            return (
                f"the worker {where} computes with instruction set {self.instruction_set} and the run with "
                f"{other.instruction_set}, which do not give the same bits; set WANN_INSTRUCTION_SET to one that all "
                "machines have"
            )
        return None


def to_bytes(request: Request) -> bytes:
    """The request, to be sent."""
    speaker = Speaker.here()
    line = json.dumps([speaker.version, speaker.instruction_set]).encode() + b"\n"
    return line + pickle.dumps(request, protocol=pickle.HIGHEST_PROTOCOL)


def speaker_of(message: bytes) -> Speaker:
    """Who sent a request."""
    return Speaker(*json.loads(message[: message.index(b"\n")]))


def request_of(message: bytes) -> Request:
    """The request itself."""
    request: Request = pickle.loads(memoryview(message)[message.index(b"\n") + 1 :])
    return request


def answer_to_bytes(answer: Answer) -> bytes:
    """The answer, to be sent back."""
    return pickle.dumps(answer, protocol=pickle.HIGHEST_PROTOCOL)


def answer_of(message: bytes) -> Answer:
    """The answer itself."""
    answer: Answer = pickle.loads(message)
    return answer


def portable(error: Exception) -> Exception:
    """The error as it can be sent: itself, or its text where it cannot."""
    try:
        copy: Any = pickle.loads(pickle.dumps(error))
    except Exception:  # whatever an exception of a user's does when it is pickled
        copy = None
    if type(copy) is type(error):
        return error
    return WannError(str(error)) if isinstance(error, WannError) else RuntimeError(f"{type(error).__name__}: {error}")
