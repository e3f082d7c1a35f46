"""What several test files share."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import numpy as np
import pytest

import wann
from skips import pytest_make_collect_report, pytest_runtest_makereport  # noqa: F401 (found by pytest)
from wann.cli import main
from wann.interrupts import SIGNALS
from wann.networks.network import Network

# A test runner that was started in the background, or by nohup, may have been told to ignore signals that end programs, and
# its children would inherit that.
for number in SIGNALS:
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


# On a busy machine, drawing examples takes as long as it takes.
hypothesis.settings.register_profile("wann", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("wann")

#: Seconds after which a test takes something for hung. No test needs it to be short, so it leaves room for busy machines.
PATIENCE = 120


def wait_until(condition: Callable[[], bool], *, child: subprocess.Popen[str] | None = None) -> None:
    """Waits until something holds; it fails where that never comes, or where the child that should bring it ends first."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert child is None or child.poll() is None, "the child ended first"
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


@dataclass(frozen=True)
class Result:
    """What a command printed."""

    stdout: str
    stderr: str


Cli = Callable[..., Result]


@pytest.fixture(scope="session", autouse=True)
def state_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A place of the tests' own for what the command line remembers."""
    folder = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder))
        yield folder


@pytest.fixture
def cli(
    capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Cli]:
    """Runs a command as the installed script does, in this process, and checks the status that it ends with."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))  # nothing was named before
    handlers = {number: signal.getsignal(number) for number in SIGNALS}

    def run(*arguments: object, status: int = 0) -> Result:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        assert ended.value.code == status, captured.err
        return Result(captured.out, captured.err)

    yield run
    # A command that was interrupted ignores further signals, as its process is about to end. This one is not.
    for number, handler in handlers.items():
        signal.signal(number, handler)


def random_network(
    rng: np.random.Generator, n_inputs: int = 5, n_outputs: int = 1, n_hidden: int = 12, n_recurrent: int = 0
) -> Network:
    """A random network with every activation, forward connections at random, and at least one into every output; and as many
    recurrent ones from anywhere to anywhere."""
    first_hidden = 1 + n_inputs
    n_nodes = first_hidden + n_hidden + n_outputs
    pairs = {
        (source, target)
        for target in range(first_hidden, n_nodes)
        for source in range(min(target, n_nodes - n_outputs))
        if rng.random() < 0.3
    }
    pairs |= {(int(rng.integers(first_hidden)), n_nodes - 1 - i) for i in range(n_outputs)}
    hidden = [int(a) for a in rng.integers(1, 11, n_hidden)]
    possible = [(source, target) for source in range(1, n_nodes) for target in range(first_hidden, n_nodes)]
    chosen = rng.choice(len(possible), n_recurrent, replace=False) if n_recurrent else []
    return Network(
        inputs=[f"in {i}" for i in range(n_inputs)],
        outputs=[f"out {i}" for i in range(n_outputs)],
        hidden=hidden,
        output_activations="tanh",
        connections=[*sorted(pairs), *(possible[i] for i in chosen)],
        recurrent=[False] * len(pairs) + [True] * n_recurrent,
    )


@pytest.fixture
def swingup() -> wann.tasks.Task:
    return wann.make_task("cartpole-swingup")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20190611)
