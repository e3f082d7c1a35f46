"""The smallest network that does as well: connections and nodes go while the loss is allowed.

Allowed is what is within noise, the standard error of the whole network's own score, where nobody says more. Each round
meets fresh trials: everything that is left is taken out in turn, in a few of them, and of what seems to go alone as much
goes at once as can go together in all of them. The networks of all rounds meet fresh trials again, and the smallest is
chosen whose loss is allowed in both halves of these. Its loss is reported on others still.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from wann.explain.ablation import tidied, without
from wann.explain.importance import removals
from wann.explain.trials import CHOSEN, REPORTED, Mean, Trials
from wann.networks.network import Network

#: Rounds at most, and rounds in a row in which nothing went after which it ends.
_MOST_ROUNDS, _IDLE_ROUNDS = 200, 2
#: Everything that is left is tried in this part of the trials, and in at least so many.
_TRIED_PART, _TRIED_LEAST = 8, 8
#: Of what is left at most this part goes in a round: small steps leave more to choose from in the end.
_STEP = 8
#: How many times as many trials the last choice and the report take as a round.
_TIMES = 4


@dataclass(frozen=True, kw_only=True, eq=False)
class Pruned:
    """The smallest network that was found to do as well, and its score beside the whole one's on trials of their own."""

    network: Network
    allowed: float  #: loss
    n: int  #: trials of the report
    reward: Mean  #: of the pruned network
    whole: Mean  #: of the whole network, in the same trials
    loss: Mean  #: paired
    rounds: int

    @property
    def is_confirmed(self) -> bool:
        """Whether the loss is allowed on trials that nothing was chosen on."""
        return self.loss.mean <= self.allowed

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON can hold it, without the network."""
        return {
            "connections": self.network.n_connections,
            "hidden_nodes": self.network.n_hidden,
            "trials": self.n,
            "allowed": self.allowed,
            "reward": self.reward.to_dict(),
            "whole": self.whole.to_dict(),
            "loss": self.loss.to_dict(),
            "confirmed": self.is_confirmed,
            "rounds": self.rounds,
        }


def prune(network: Network, trials: Trials, *, loss: float | None = None) -> Pruned:
    """Finds a small network that does as well.

    Args:
        network: The network; its individual weights go on into the smaller ones where they are what is asked for.
        trials: What it is to do as well in.
        loss: Of reward that is allowed; the standard error of the network's own score, if it is not given.
    """
    chain = [network]
    noise = Mean.of(trials.rewards([network], 0, what="noise")[0]).error
    allowed = noise if loss is None else loss
    idle = rounds = 0
    while idle < _IDLE_ROUNDS and rounds < _MOST_ROUNDS:
        rounds += 1
        smaller = _smaller(network, chain[-1], allowed, trials, rounds)
        idle = 0 if smaller else idle + 1
        chain += [smaller] if smaller else []
    losses = _losses(network, chain, trials)
    chosen = chain[max(i for i, lost in enumerate(losses) if i == 0 or lost <= allowed)]
    whole, mine = trials.rewards([network, chosen], REPORTED, what="confirming", n=_TIMES * trials.n)
    return Pruned(
        network=_labelled(chosen, network, trials),
        allowed=allowed,
        n=len(whole),
        reward=Mean.of(mine),
        whole=Mean.of(whole),
        loss=Mean.of(whole - mine),
        rounds=rounds,
    )


def _losses(network: Network, chain: list[Network], trials: Trials) -> list[float]:
    """The loss of each network in the half of the trials of the last choice in which it is larger."""
    rewards = trials.rewards([network, *chain], CHOSEN, what="choosing", n=_TIMES * trials.n)
    losses = rewards[0] - rewards[1:]
    halves = losses[:, ::2].mean(axis=1), losses[:, 1::2].mean(axis=1)
    return np.maximum(*halves).tolist()  # type: ignore[no-any-return]


def _smaller(network: Network, current: Network, allowed: float, trials: Trials, round_: int) -> Network | None:
    """The network without what can go in this round; None where nothing can."""
    _, masks = removals(current)
    what = f"pruning, round {round_}"
    few = min(trials.n, max(trials.n // _TRIED_PART, _TRIED_LEAST))
    rewards = trials.rewards([network, *(without(current, mask) for mask in masks)], round_, what=what, n=few)
    losses = (rewards[0] - rewards[1:]).mean(axis=1)
    # What changes least goes first: of many, those that gain most in a few trials are the lucky and the bold. Of what
    # changes alike, that which takes more with it.
    order = sorted(np.flatnonzero(losses <= allowed).tolist(), key=lambda i: (abs(losses[i]), -masks[i].sum()))
    if not order:
        return None
    order = order[: max(1, current.n_connections // _STEP)]
    sizes = [2**k for k in range(len(order).bit_length()) if 2**k < len(order)] + [len(order)]
    together = [without(current, np.any([masks[i] for i in order[:size]], axis=0)) for size in sizes]
    rewards = trials.rewards([network, *together], round_, what=what)
    fits = np.flatnonzero((rewards[0] - rewards[1:]).mean(axis=1) <= allowed)
    return tidied(together[int(fits[-1])], network) if len(fits) else None


def _labelled(pruned: Network, network: Network, trials: Trials) -> Network:
    """The pruned network with the weights that it was pruned at, and no others: they were tuned for the whole one."""
    if pruned is network:
        return network
    shared = trials.at.shared
    return Network(
        inputs=pruned.inputs,
        outputs=pruned.outputs,
        hidden=pruned.hidden,
        output_activations=pruned.output_activations,
        connections=pruned.connections,
        recurrent=pruned.recurrent,
        weights=None if shared else pruned.weights,
        shared_weight=shared[0] if len(shared) == 1 else None,
        metadata=pruned.metadata,
    )
