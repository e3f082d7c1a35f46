"""Scores policies in the core's bipedal walker and in Gymnasium's, each on its own episodes, and prints a table.

    python studies/bipedal_agreement.py --episodes 200 --random 10 champion.json:-1.5 champion.json:0.8

A policy is a network file and a shared weight, or tuned weights where the file carries them. Needs gymnasium[box2d].
"""

import argparse
import sys

import gymnasium
import numpy as np

import wann
from wann import seeding
from wann.networks.network import Network
from wann.seeding import Stream
from wann.tasks.protocol import run_lanes


def random_policy(seed: int) -> tuple[str, Network, float]:
    """A network with random connections, and a weight."""
    rng = np.random.default_rng(seed)
    task = wann.make_task("bipedal-walker")
    n_hidden = int(rng.integers(0, 30))
    n_nodes = 25 + n_hidden + 4
    pairs = {(s, t) for t in range(25, n_nodes) for s in range(min(t, n_nodes - 4)) if rng.random() < 0.15}
    hidden = [int(a) for a in rng.integers(1, 11, n_hidden)]
    network = Network(
        inputs=task.inputs, outputs=task.outputs, hidden=hidden, output_activations="linear", connections=sorted(pairs)
    )
    weight = float(rng.choice([-2, -1, -0.5, 0.5, 1, 2]))
    return f"random {seed} at {weight:g}", network, weight


def gymnasium_rewards(network: Network, weights: np.ndarray, episodes: int) -> np.ndarray:
    """The reward of each episode in Gymnasium's environment, made anew for each.

    In an environment that is used again an episode depends on those before it: Box2D lists contacts in another order then.
    """
    own = {"weights": weights} if weights.ndim == 2 else {"weight": float(weights[0])}
    rewards = np.zeros(episodes)
    for i in range(episodes):
        env = gymnasium.make("BipedalWalker-v3")
        observation, _ = env.reset(seed=10_000 + i)
        ended = False
        while not ended:
            action = network(observation[None], **own)[0]
            observation, reward, terminated, truncated, _ = env.step(action)
            rewards[i] += float(reward)
            ended = terminated or truncated
    return rewards


def main() -> int:
    """Prints one row for each policy; status 1 where two means differ by more than chance allows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("policies", nargs="*", metavar="FILE[:WEIGHT]")
    parser.add_argument("--episodes", type=int, default=200)
    parser.add_argument("--random", type=int, default=0, help="also so many random networks")
    arguments = parser.parse_args()
    policies: list[tuple[str, Network, np.ndarray]] = []
    for seed in range(arguments.random):
        name, network, weight = random_policy(seed)
        policies.append((name, network, np.array([weight], dtype=np.float32)))
    for argument in arguments.policies:
        path, _, text = argument.partition(":")
        network = Network.load(path)
        if text or network.weights is None:
            policies.append((argument, network, np.array([float(text or network.shared_weight or 1)], dtype=np.float32)))
        else:
            policies.append((argument, network, network.weights[None].astype(np.float32)))
    task = wann.make_task("bipedal-walker")
    seeds = seeding.episode_seeds(0, Stream.BENCHMARK, arguments.episodes)
    apart = 0
    print("| policy | core: mean ± sd | Gymnasium: mean ± sd | difference | in standard errors |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, network, weights in policies:
        lanes = np.repeat(weights, arguments.episodes, axis=0)
        ours = run_lanes(task, [network], lanes, seeds).rewards[0]
        theirs = gymnasium_rewards(network, weights, arguments.episodes)
        error = np.sqrt((ours.var(ddof=1) + theirs.var(ddof=1)) / arguments.episodes)
        difference = ours.mean() - theirs.mean()
        apart += abs(difference) > 2 * error
        print(
            f"| {name} | {ours.mean():.2f} ± {ours.std():.2f} | {theirs.mean():.2f} ± {theirs.std():.2f} "
            f"| {difference:+.2f} | {difference / error:+.1f} |",
            flush=True,
        )
    print(f"\n{apart} of {len(policies)} differ by more than two standard errors.")
    return int(apart > max(1, len(policies) // 20))


if __name__ == "__main__":
    sys.exit(main())
