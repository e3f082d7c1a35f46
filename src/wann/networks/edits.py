"""The neighbours of a network: those that one change makes of it. Changes of different neighbours can be made together."""

from dataclasses import dataclass, replace

import numpy as np

from wann.networks.activations import Activation
from wann.networks.graph import evaluation_order, nodes_without_effect, outputs_first
from wann.networks.network import Network

Connection = tuple[int, int]

#: What can be done to a network: the search's operators, their reverse, and a node beside a connection instead of in it.
KINDS = ("remove connection", "add connection", "change activation", "insert node", "add node beside")


@dataclass(frozen=True)
class Change:
    """One change. Nodes are numbered as a `Draft` does, so that a change can be made after others."""

    kind: str  #: one of `KINDS`
    connection: Connection = (0, 0)  #: that is removed or added, or that a node goes into or beside
    node: int = 0  #: that gets the activation; a new node's number is its own and no other change's
    activation: Activation = Activation.LINEAR


@dataclass(frozen=True)
class Draft:
    """A network that can be changed, and whose nodes keep their numbers: bias, inputs, outputs, and then hidden ones."""

    pattern: Network  #: has the names and the outputs' activations
    hidden: dict[int, Activation]
    connections: frozenset[Connection]

    @classmethod
    def of(cls, network: Network) -> "Draft":
        """A draft of a network, without its weights."""
        n_fixed, number = 1 + network.n_inputs, outputs_first(network)
        hidden = dict(zip(number[n_fixed : n_fixed + network.n_hidden].tolist(), network.hidden, strict=True))
        ends = number[network.connections].tolist()
        return cls(network, hidden, frozenset((a, b) for a, b in ends))._pruned()

    @property
    def first_hidden(self) -> int:
        """The smallest number of a hidden node."""
        return 1 + self.pattern.n_inputs + self.pattern.n_outputs

    def network(self) -> Network:
        """The network, its hidden nodes in an order in which they can be evaluated."""
        n_fixed = 1 + self.pattern.n_inputs
        order = self._order()
        number = {node: n_fixed + i for i, node in enumerate(order)}
        number |= {n_fixed + i: n_fixed + len(order) + i for i in range(self.pattern.n_outputs)}
        return Network(
            inputs=self.pattern.inputs,
            outputs=self.pattern.outputs,
            hidden=[self.hidden[node] for node in order],
            output_activations=self.pattern.output_activations,
            connections=sorted((number.get(a, a), number[b]) for a, b in self.connections),
        )

    def changed(self, change: Change) -> "Draft | None":
        """The draft after a change; None where it cannot be made (any more)."""
        there = change.connection in self.connections
        if change.kind == "change activation":
            if change.node not in self.hidden or self.hidden[change.node] == change.activation:
                return None
            return replace(self, hidden={**self.hidden, change.node: change.activation})
        if change.kind == "add connection":
            return None if there else self._with_connection(change.connection)
        if not there:
            return None
        if change.kind == "remove connection":
            return replace(self, connections=self.connections - {change.connection})._pruned()
        a, b = change.connection
        old = {change.connection} if change.kind == "insert node" else set()
        new = {(a, change.node), (change.node, b)}
        hidden = {**self.hidden, change.node: change.activation}
        return replace(self, hidden=hidden, connections=self.connections - old | new)

    def _with_connection(self, connection: Connection) -> "Draft | None":
        if any(end >= self.first_hidden and end not in self.hidden for end in connection):
            return None
        draft = replace(self, connections=self.connections | {connection})
        return draft if len(draft._order()) == len(draft.hidden) else None

    def _order(self) -> list[int]:
        """Hidden nodes, each after its sources; those on a cycle are left out."""
        return evaluation_order(self.hidden, self.connections)

    def _pruned(self) -> "Draft":
        """Without hidden nodes that lead nowhere, and without those that nothing leads to and that therefore give 0."""
        dead = nodes_without_effect(self.hidden, self.connections)
        if not dead:
            return self
        hidden = {node: activation for node, activation in self.hidden.items() if node not in dead}
        connections = frozenset((a, b) for a, b in self.connections if a not in dead and b not in dead)
        return replace(self, hidden=hidden, connections=connections)


def neighbours(
    draft: Draft, n: int, activations: tuple[Activation, ...], rng: np.random.Generator
) -> list[tuple[Change, Draft]]:
    """At most n random neighbours, and what makes them: of each kind as many, or all where there are fewer.

    Args:
        draft: What is changed.
        n: How many, about; at least 4.
        activations: That hidden nodes may have.
        rng: Draws them.
    """
    connections, nodes = sorted(draft.connections), sorted(draft.hidden)
    removals = [Change("remove connection", c) for c in connections]
    switches = [
        Change("change activation", node=node, activation=a)
        for node in nodes
        for a in activations
        if a != draft.hidden[node]
    ]
    found = _some(removals, n // 4, rng) + _some(switches, n // 4, rng)
    left = n - len(found)
    found += _additions(draft, left // 2, rng)
    first_new = max([draft.first_hidden, *(node + 1 for node in nodes)])
    for i in range(left - left // 2 if connections else 0):
        kind = ("insert node", "add node beside")[int(rng.integers(2))]
        into = connections[int(rng.integers(len(connections)))]
        found.append(Change(kind, into, first_new + i, activations[int(rng.integers(len(activations)))]))
    made = ((change, draft.changed(change)) for change in found)
    return [(change, made_draft) for change, made_draft in made if made_draft is not None]


def _some(changes: list[Change], n: int, rng: np.random.Generator) -> list[Change]:
    if len(changes) <= n:
        return changes
    return [changes[i] for i in sorted(rng.choice(len(changes), n, replace=False))]


def _additions(draft: Draft, n: int, rng: np.random.Generator) -> list[Change]:
    """Connections that are not there, drawn at random; those that would close a cycle are among them."""
    n_fixed, nodes = 1 + draft.pattern.n_inputs, sorted(draft.hidden)
    sources = [*range(n_fixed), *nodes]
    targets = [*range(n_fixed, draft.first_hidden), *nodes]
    drawn = zip(rng.integers(len(sources), size=2 * n), rng.integers(len(targets), size=2 * n), strict=True)
    pairs = dict.fromkeys((sources[a], targets[b]) for a, b in drawn)
    new = [pair for pair in pairs if pair[0] != pair[1] and pair not in draft.connections]
    return [Change("add connection", pair) for pair in new[:n]]
