"""Python: one file that imports nothing but ``math`` and reads like an explanation."""

import builtins
import keyword
import re
from dataclasses import dataclass

from wann.arguments import counted
from wann.export.steps import Step, by_layer, steps
from wann.export.text import identifiers, made_by, number, plain, sizes, wrapped
from wann.export.weights import Weight, Weights, chosen_weights
from wann.networks import metadata
from wann.networks.activations import Activation
from wann.networks.checks import check_network
from wann.networks.network import Network
from wann.tasks.policy_parts import Action, Bounded, Largest, PolicyParts, Scaling, check_parts

__all__ = ["to_python"]

_FUNCTIONS = {
    "step": '''def step(x):
    """1 where x is above 0, else 0."""
    return 1.0 if x > 0 else 0.0
''',
    "sine": '''def sine(x):
    """sin(pi x). Whole turns are taken away first: they change nothing, and a small angle is exact."""
    return math.sin(math.pi * math.remainder(x, 2))
''',
    "gaussian": '''def gaussian(x):
    """A bell: 1 at 0, and near 0 a few units away."""
    return math.exp(-x * x / 2)
''',
    "tanh": '''def tanh(x):
    """From -1 to 1, and steep around 0."""
    return math.tanh(x)
''',
    "sigmoid": '''def sigmoid(x):
    """From 0 to 1: 1 / (1 + exp(-x)), written so that no large x overflows."""
    return (1 + math.tanh(x / 2)) / 2
''',
    "absolute": '''def absolute(x):
    """x without its sign."""
    return abs(x)
''',
    "relu": '''def relu(x):
    """x where it is above 0, else 0."""
    return max(x, 0.0)
''',
    "cosine": '''def cosine(x):
    """cos(pi x). Whole turns are taken away first: they change nothing, and a small angle is exact."""
    return math.cos(math.pi * math.remainder(x, 2))
''',
}

#: Names that a variable of the file must not have.
_TAKEN = {*keyword.kwlist, *dir(builtins), *_FUNCTIONS, "math", "sys", "inputs", "outputs", "network", "act", "w"}

_RULES = {
    "shared": """Every connection has the same weight w. A node adds up what comes in, multiplies the sum by w, and applies
its activation, which it is named for: tanh(w * (a + b)). A node without one passes the product on, or its negative.""",
    "individual": """A node adds up what comes in, each times the weight of its connection, and applies its activation,
which it is named for: tanh(0.5 * a - 2 * b). A node without one passes the sum on, or its negative.""",
}


def to_python(network: Network, *, weight: Weight = None, policy: PolicyParts | None = None) -> str:
    """The network as a file of Python that imports nothing but ``math``.

    ``network(inputs, w=WEIGHT)`` takes a sequence of numbers and gives a list of numbers; without a ``w`` where weights are
    individual. It computes in float64.

    Args:
        network: The network.
        weight: The weights; see `wann.export.weights.chosen_weights`.
        policy: What stands before and after the network (`wann.tasks.policy_parts`): a further function ``act`` then goes
            from an observation to an action, a list of numbers.

    Raises:
        WannError: The network has no such weight.
    """
    check_network(network)
    return _Writer(network, chosen_weights(network, weight), check_parts(policy, network)).text()


@dataclass(frozen=True, eq=False)
class _Writer:
    """Writes one file."""

    network: Network
    weights: Weights
    policy: PolicyParts | None

    @property
    def _shared(self) -> bool:
        return self.weights.individual is None

    def text(self) -> str:
        found = steps(self.network)
        used = {step.activation.label for step in found}
        functions = [text for name, text in _FUNCTIONS.items() if name in used]
        constant = f"WEIGHT = {number(self.weights.shared)}\n\n\n" if self.weights.shared is not None else "\n"
        act = [_act(self.network, self.policy, self._shared)] if self.policy else []
        parts = [f"{self._head()}\n\nimport math\n\n{constant}{functions[0] if functions else ''}".rstrip("\n") + "\n"]
        return "\n\n".join([*parts, *functions[1:], self._function(found), *act, self._main()])

    def _head(self) -> str:
        task = metadata.saved_task_name(self.network)
        rule = _RULES["shared" if self._shared else "individual"]
        return (
            f'"""A weight agnostic neural network{f" for {plain(task)}" if task else ""}: {sizes(self.network)}.\n\n{rule}\n'
            f"A layer is every node that needs no more than former layers.\n\nMade by {made_by()}.\n"
            '"""'
        )

    def _function(self, found: list[Step]) -> str:
        network = self.network
        hidden = [f"h{step.node}" for step in found if step.output is None]
        inputs = identifiers(network.inputs, {*_TAKEN, *hidden})
        outputs = identifiers(network.outputs, {*_TAKEN, *hidden, *inputs})
        names = ["1", *inputs, *(f"h{node}" for node in range(1 + network.n_inputs, network.n_nodes - network.n_outputs))]
        names += outputs
        taken = wrapped([f"{name}," for name in inputs], "    ", "    ").rstrip(",") + ("," if len(inputs) == 1 else "")
        lines = [f"def network(inputs{', w=WEIGHT' if self._shared else ''}):"]
        n_inputs, n_outputs = counted(network.n_inputs, "input"), counted(network.n_outputs, "output")
        lines.append(f'    """From {n_inputs} to {n_outputs}, both lists of numbers."""')
        lines += [f"    [\n    {taken}\n    ] = inputs" if "\n" in taken else f"{taken} = inputs"] if inputs else []
        for layer, nodes in by_layer(found):
            lines.append(f"    # Layer {layer}")
            lines += [wrapped(self._sum(step, names), f"    {names[step.node]} = ", "        ") for step in nodes]
        lines.append(wrapped([f"{name}," for name in outputs], "    return [", "        ").rstrip(",") + "]")
        return "\n".join([*lines, ""])

    def _sum(self, step: Step, names: list[str]) -> list[str]:
        """The words of a node's value, which stand in a bracket where there are several."""
        name = step.activation.label
        before, after = ("", "") if step.activation is Activation.LINEAR else (f"{name}(", ")")
        if step.activation is Activation.INVERSE:
            before = "-("
        if not step.sources:
            return [f"{before}0.0{after}"]
        if self.weights.individual is None:
            terms = [names[source] for source, _ in step.sources]
            opening, closing = ("w * (", ")") if len(terms) > 1 else ("w * ", "")
            words = [f"{before}{opening}{terms[0]}", *(f"+ {term}" for term in terms[1:])]
        else:
            terms = [_weighted(float(self.weights.individual[i]), names[source]) for source, i in step.sources]
            opening, closing = ("(", ")") if not before and len(terms) > 1 else ("", "")
            words = [f"{before}{opening}{terms[0]}"]
            words += [f"- {term[1:]}" if term[0] == "-" else f"+ {term}" for term in terms[1:]]
        words[-1] += f"{closing}{after}"
        return words

    def _main(self) -> str:
        call = "act" if self.policy else "network"
        return f"""if __name__ == "__main__":
    import sys

    print({call}([float(text) for text in sys.argv[1:]]))
"""


def _weighted(weight: float, name: str) -> str:
    return number(weight) if name == "1" else f"{number(weight)} * {name}"


def _act(network: Network, policy: PolicyParts, shared: bool) -> str:
    """The function that goes from an observation to an action."""
    w, given = (", w=WEIGHT", ", w") if shared else ("", "")
    lines = [f"def act(observation{w}):", '    """From an observation to an action, both lists of numbers."""']
    inputs = "observation"
    if policy.scaling:
        lines += _scaled(policy.scaling)
        inputs = "scaled"
    lines.append(f"    outputs = network({inputs}{given})")
    return "\n".join([*lines, *_action(policy.action), ""])


def _scaled(scaling: Scaling) -> list[str]:
    return [
        _numbers("shift", scaling.shift),
        _numbers("factor", scaling.factor),
        "    scaled = [(x - s) * f for x, s, f in zip(observation, shift, factor)]",
    ]


def _numbers(name: str, values: tuple[float, ...]) -> str:
    words = [f"{value!r}," for value in values]
    text = wrapped(words, f"    {name} = [", "        ").rstrip(",") + "]"
    return re.sub(r"(-?)\binf\b", r"\1math.inf", text)


def _action(action: Action | None) -> list[str]:
    """The lines that make an action of the outputs."""
    if action is None:
        return ["    return outputs"]
    if isinstance(action, Bounded):
        lists = [_numbers(name, getattr(action, name)) for name in ("reach", "center", "low", "high")]
        whole = ["    actions = [float(round(a)) for a in actions]"] if action.whole else []
        return [
            *lists,
            "    actions = [y * r + c for y, r, c in zip(outputs, reach, center)]",
            "    actions = [min(max(a, lowest), highest) for a, lowest, highest in zip(actions, low, high)]",
            *whole,
            "    return actions",
        ]
    if isinstance(action, Largest):
        lines, first = [], 0
        for i, (size, start) in enumerate(zip(action.sizes, action.starts, strict=True)):
            lines += [f"    group = outputs[{first}:{first + size}]", f"    choice_{i} = {start} + group.index(max(group))"]
            first += size
        labels = [f"    # {i}: {plain(label)}" for i, label in enumerate(action.labels)]
        return [*labels, *lines, f"    return [{', '.join(f'choice_{i}' for i in range(len(action.sizes)))}]"]
    return ["    return [1 if y > 0 else 0 for y in outputs]"]
