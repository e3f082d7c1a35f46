"""Tasks that a user writes in NumPy; the tutorial's is one of them."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wann
from conftest import random_network
from wann.tasks.protocol import product_lanes, run_lanes


class Counter(wann.tasks.VectorTask):
    """Rewards each step with the network's output; an episode lasts as many steps as its seed says."""

    name = "counter"
    inputs = tuple(f"in {i}" for i in range(5))
    outputs = ("out",)
    max_steps = 9

    def reset(self, seeds: Any) -> Any:
        state = np.zeros(len(seeds)), seeds.astype(int)
        return state, self.observed(state)

    def observed(self, state: Any) -> Any:
        return np.column_stack([np.cos(state[0] + state[1] + k) for k in range(5)])

    def step(self, state: Any, actions: Any) -> Any:
        state = state[0] + 1, state[1]
        return state, self.observed(state), actions[:, 0], state[0] >= state[1]


def one_by_one(network: wann.Network, weight: float, seed: int) -> tuple[float, int]:
    total, steps = 0.0, 0
    while steps < 9:
        total += float(network(np.cos(steps + seed + np.arange(5)), weight=weight)[0])
        steps += 1
        if steps >= seed:
            break
    return total, steps


@pytest.mark.parametrize("at_once", [1, 7, 10**6])
def test_episodes_together_are_episodes_one_by_one(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr("wann.tasks.vector.MAX_EPISODES_AT_ONCE", at_once)
    networks = [random_network(rng) for _ in range(4)]
    weights, seeds = product_lanes([-1.5, 0.5], [1, 4, 20])
    rollouts = run_lanes(Counter(), networks, weights, seeds, threads=2)
    for i, network in enumerate(networks):
        for lane, (weight, seed) in enumerate(zip(weights, seeds, strict=True)):
            total, steps = one_by_one(network, float(weight), int(seed))
            assert rollouts.rewards[i, lane] == pytest.approx(total, abs=1e-4)
            assert rollouts.steps[i, lane] == steps


def test_individual_weights(rng: np.random.Generator) -> None:
    network = random_network(rng)
    rows = np.full((3, network.n_connections), 0.7, dtype=np.float32)
    individual = run_lanes(Counter(), [network], rows, [2, 5, 7])
    shared = run_lanes(Counter(), [network], [0.7, 0.7, 0.7], [2, 5, 7])
    np.testing.assert_allclose(individual.rewards, shared.rewards, atol=1e-4)


def test_a_wrong_number_of_observations_is_named(rng: np.random.Generator) -> None:
    class Wrong(Counter):
        def observed(self, state: Any) -> Any:
            return super().observed(state)[:, :4]

    with pytest.raises(wann.WannError, match=r"observations of shape \(1, 4\); expected \(1, 5\)"):
        run_lanes(Wrong(), [random_network(rng)], [1.0], [3])


def test_a_reward_that_is_not_finite_names_network_and_weight(rng: np.random.Generator) -> None:
    class Broken(Counter):
        def step(self, state: Any, actions: Any) -> Any:
            state, observations, rewards, ended = super().step(state, actions)
            return state, observations, np.where(state[1] == 4, np.nan, rewards), ended

    with pytest.raises(wann.errors.InvalidRewardError, match=r"nan to network 0 .* weight -1\.5 .*seed 4"):
        run_lanes(Broken(), [random_network(rng)], *product_lanes([-1.5, 0.5], [1, 4]))


def test_an_observation_that_is_not_finite_names_input_and_episode(rng: np.random.Generator) -> None:
    class Broken(Counter):
        def observed(self, state: Any) -> Any:
            observed = super().observed(state)
            observed[(state[0] == 2) & (state[1] == 4), 3] = np.inf
            return observed

    with pytest.raises(wann.WannError, match=r"counter gave the observation inf as 'in 3' in the episode with the seed 4"):
        run_lanes(Broken(), [random_network(rng)], *product_lanes([-1.5, 0.5], [1, 4]))
    ended_before = run_lanes(Broken(), [random_network(rng)], [1.0], [2])
    assert ended_before.steps.tolist() == [[2]]


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (2, lambda n: np.zeros(n + 1), r"rewards of shape \(3,\); expected \(2,\)"),
        (2, lambda n: np.zeros((n, 1)), r"rewards of shape \(2, 1\); expected \(2,\)"),
        (2, lambda n: 1.0, r"rewards of shape \(\); expected \(2,\)"),
        (2, lambda n: ["a"] * n, "rewards: expected numbers"),
        (2, lambda n: np.zeros(n) * 1j, "rewards: expected numbers"),
        (3, lambda n: np.zeros(n + 1, dtype=bool), r"ended an array of shape \(3,\) and type bool; .*shape \(2,\)"),
        (3, lambda n: True, r"ended an array of shape \(\)"),
        (3, lambda n: np.full(n, np.nan), "ended an array of shape .* and type float64; expected true or false"),
        (3, lambda n: ["no"] * n, "ended an array of shape .* and type <U2"),
        (1, lambda n: [["a"] * 5] * n, "observations: expected numbers"),
        (1, lambda n: None, "observations: expected numbers, got None"),
    ],
)
def test_what_a_step_gives_is_checked(rng: np.random.Generator, place: int, value: Any, message: str) -> None:
    class Wrong(Counter):
        def step(self, state: Any, actions: Any) -> Any:
            given = list(super().step(state, actions))
            given[place] = value(len(actions))
            return tuple(given)

    with pytest.raises(wann.WannError, match=f"counter.*{message}") as caught:
        run_lanes(Wrong(), [random_network(rng)], [1.0, 1.0], [3, 4])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("part", "value", "message"),
    [
        ("reset", lambda self, seeds: np.zeros((len(seeds), 5)), "reset gave array"),
        ("reset", lambda self, seeds: (1, 2, 3), "reset gave 3 things; expected a tuple of 2"),
        ("step", lambda self, state, actions: None, "step gave None; expected a tuple of 4"),
        ("max_steps", 0, "max_steps is 0"),
        ("max_steps", None, "max_steps is None"),
    ],
)
def test_the_parts_of_a_task_are_checked(rng: np.random.Generator, part: str, value: Any, message: str) -> None:
    task = type("Wrong", (Counter,), {part: value})()
    with pytest.raises(wann.WannError, match=f"counter: {message}"):
        run_lanes(task, [random_network(rng)], [1.0], [3])


@pytest.mark.parametrize("inputs", ["abc", ["a", 1], None])
def test_names_of_inputs_are_a_list(inputs: Any) -> None:
    task = type("Named", (Counter,), {"inputs": inputs})()
    with pytest.raises(wann.WannError, match="counter: inputs: expected a list of names"):
        wann.Search(task, seed=0)


def test_the_task_in_the_tutorial() -> None:
    text = (Path(__file__).parent.parent / "docs" / "learn" / "own-task.md").read_text(encoding="utf-8")
    block = next(b for b in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "wann.tasks.VectorTask" in b)
    names: dict[str, Any] = {}
    exec(block, names)
    task = next(v for v in names.values() if isinstance(v, type) and issubclass(v, wann.tasks.VectorTask))()
    search = wann.Search(task, wann.preset(task.name, population=16, confirm_episodes=4), seed=0)
    first, *_, last = search.run(4)
    assert last.champion_mean_reward >= first.champion_mean_reward > 0
