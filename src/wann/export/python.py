"""Python: one file that imports nothing but ``math`` and reads like an explanation."""

import builtins
import keyword
import re
from dataclasses import dataclass
from functools import cached_property

from wann import _core
from wann.arguments import counted
from wann.export.steps import Step, Stepped, by_layer, must_be_limited
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

_LIMITED = f'''def limited(x):
    """x, but no further from 0 than {_core.most_remembered:g}: so nothing that is remembered grows beyond all numbers."""
    return min(max(x, -{_core.most_remembered}), {_core.most_remembered})
'''

#: Names that a variable of the file must not have.
_TAKEN = {*keyword.kwlist, *dir(builtins), *_FUNCTIONS}
_TAKEN |= {"math", "sys", "inputs", "outputs", "network", "act", "w", "limited", "memory"}

_RULES = {
    "shared": """Every connection has the same weight w. A node adds up what comes in, multiplies the sum by w, and applies
its activation, which it is named for: tanh(w * (a + b)). A node without one passes the product on, or its negative.""",
    "individual": """A node adds up what comes in, each times the weight of its connection, and applies its activation,
which it is named for: tanh(0.5 * a - 2 * b). A node without one passes the sum on, or its negative.""",
}
_MEMORY = """What a name with _before stands for was computed a step before, and is 0 at the start of an episode. So a memory
is handed from step to step, beginning with START."""


def to_python(network: Network, *, weight: Weight = None, policy: PolicyParts | None = None) -> str:
    """The network as a file of Python that imports nothing but ``math``.

    ``network(inputs, w=WEIGHT)`` takes a sequence of numbers and gives a list of numbers; without a ``w`` where weights are
    individual. It computes in float64. That of a recurrent network is ``network(inputs, memory, w=WEIGHT)``, takes a step of
    an episode, which begins with the memory ``START``, and gives the outputs and the memory for the next step.

    Args:
        network: The network.
        weight: The weights; see `wann.export.weights.chosen_weights`.
        policy: What stands before and after the network (`wann.tasks.policy_parts`): a further function ``act`` then goes
            from an observation to an action, a list of numbers, with memory and weight as above.

    Raises:
        WannError: The network has no such weight.
    """
    check_network(network)
    return _Writer(network, chosen_weights(network, weight), check_parts(policy, network)).text()


@dataclass(frozen=True, eq=False)
class _Writer(Stepped):
    """Writes one file."""

    network: Network
    weights: Weights
    policy: PolicyParts | None

    @property
    def _shared(self) -> bool:
        return self.weights.individual is None

    def text(self) -> str:
        used = {step.activation.label for step in self._steps}
        functions = [text for name, text in _FUNCTIONS.items() if name in used]
        constants = [f"WEIGHT = {number(self.weights.shared)}"] if self.weights.shared is not None else []
        if any(must_be_limited(self.network, node) for node in self._remembered.values()):
            functions.append(_LIMITED)
        if self._remembered:
            constants.append(f"START = [0.0] * {len(self._remembered)}")
        constant = "\n".join([*constants, "", ""]) if constants else ""
        act = [self._act(self.policy)] if self.policy else []
        parts = [f"{self._head()}\n\nimport math\n\n{constant}\n{functions[0] if functions else ''}".rstrip("\n") + "\n"]
        return "\n\n".join([*parts, *functions[1:], self._function(), *act, self._main()])

    @cached_property
    def _names(self) -> dict[int, str]:
        """What each source is called; the names of inputs and outputs are made such that all differ."""
        network = self.network
        hidden = [f"h{node}" for node in range(1 + network.n_inputs, network.n_nodes - network.n_outputs)]
        inputs = identifiers(network.inputs, {*_TAKEN, *hidden})
        outputs = identifiers(network.outputs, {*_TAKEN, *hidden, *inputs})
        names = ["1", *inputs, *hidden, *outputs]
        before = identifiers([f"{names[node]}_before" for node in self._remembered.values()], {*_TAKEN, *names})
        return dict(enumerate(names)) | dict(zip(self._remembered, before, strict=True))

    def _head(self) -> str:
        task = metadata.saved_task_name(self.network)
        rule = _RULES["shared" if self._shared else "individual"]
        memory = f"\n{_MEMORY}\n" if self._remembered else ""
        return (
            f'"""A weight agnostic neural network{f" for {plain(task)}" if task else ""}: {sizes(self.network)}.\n\n{rule}\n'
            f"A layer is every node that needs no more than former layers.\n{memory}\nMade by {made_by()}.\n"
            '"""'
        )

    def _head_of(self, function: str, given: str) -> str:
        """The first line of a function."""
        memory, w = ", memory" if self._remembered else "", ", w=WEIGHT" if self._shared else ""
        return f"def {function}({given}{memory}{w}):"

    def _says(self, given: str, result: str) -> str:
        """What such a function says of itself."""
        if self._remembered:
            return (
                f'    """A step: from {given} and the memory of the step before to {result} and the memory of this one."""'
            )
        return f'    """From {given} to {result}, both lists of numbers."""'

    def _function(self) -> str:
        network, names = self.network, self._names
        given, result = counted(network.n_inputs, "input"), counted(network.n_outputs, "output")
        lines = [self._head_of("network", "inputs"), self._says(given, result)]
        lines += _unpacked([names[node] for node in range(1, 1 + network.n_inputs)], "inputs")
        lines += _unpacked([names[source] for source in self._remembered], "memory")
        for layer, nodes in by_layer(self._steps):
            lines.append(f"    # Layer {layer}")
            lines += [wrapped(self._sum(step), f"    {names[step.node]} = ", "        ") for step in nodes]
        if self._remembered:
            lines.append(_listed("memory =", [self._kept(node) for node in self._remembered.values()]))
        outputs = [names[node] for node in range(network.n_nodes - network.n_outputs, network.n_nodes)]
        return "\n".join([*lines, _listed("return", outputs) + self._and_memory, ""])

    @property
    def _and_memory(self) -> str:
        return ", memory" if self._remembered else ""

    def _kept(self, node: int) -> str:
        """What is kept of a node for the step after."""
        return f"limited({self._names[node]})" if must_be_limited(self.network, node) else self._names[node]

    def _act(self, policy: PolicyParts) -> str:
        """The function that goes from an observation to an action."""
        inputs = "scaled" if policy.scaling else "observation"
        memory, w = self._and_memory, ", w" if self._shared else ""
        lines = [
            self._head_of("act", "observation"),
            self._says("an observation", "an action"),
            *(_scaled(policy.scaling) if policy.scaling else []),
            f"    outputs{memory} = network({inputs}{memory}{w})",
            *_action(policy.action),
        ]
        return "\n".join(lines) + f"{memory}\n"

    def _sum(self, step: Step) -> list[str]:
        """The words of a node's value, which stand in a bracket where there are several."""
        names, name = self._names, step.activation.label
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
        if self._remembered:
            return f"""if __name__ == "__main__":
    import sys

    memory = START
    for line in sys.stdin:  # a step each
        result, memory = {call}([float(text) for text in line.split()], memory)
        print(result)
"""
        return f"""if __name__ == "__main__":
    import sys

    print({call}([float(text) for text in sys.argv[1:]]))
"""


def _weighted(weight: float, name: str) -> str:
    return number(weight) if name == "1" else f"{number(weight)} * {name}"


def _unpacked(names: list[str], whole: str) -> list[str]:
    """The line that gives each entry of a list its name."""
    if not names:
        return []
    taken = wrapped([f"{name}," for name in names], "    ", "    ").rstrip(",") + ("," if len(names) == 1 else "")
    return [f"    [\n    {taken}\n    ] = {whole}" if "\n" in taken else f"{taken} = {whole}"]


def _listed(before: str, names: list[str]) -> str:
    """A line with a list of names."""
    return wrapped([f"{name}," for name in names], f"    {before} [", "        ").rstrip(",") + "]"


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
    """The lines that make an action of the outputs; the last one returns it."""
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
