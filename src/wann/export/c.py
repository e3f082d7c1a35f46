"""C: one file of C99 that needs neither memory of its own nor a library.

Sine, cosine, exponential functions and the hyperbolic tangent come with the file, as the polynomials that the package itself
computes with (core/lanes/math.hpp): so it compiles for a controller without an operating system, and what it computes does
not hang on somebody's library. Only where a compiler fuses multiplications and additions may last digits differ.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from wann import _core
from wann.arguments import MAX_WEIGHT, check_text, shown
from wann.errors import WannError
from wann.export.steps import Step, Stepped, by_layer, must_be_limited
from wann.export.text import made_by, number, plain, sizes, wrapped
from wann.export.weights import Weight, Weights, chosen_weights
from wann.networks import metadata
from wann.networks.activations import Activation
from wann.networks.checks import check_network
from wann.networks.network import Network
from wann.tasks.policy_parts import Action, Bounded, Largest, PolicyParts, Scaling, check_parts

__all__ = ["to_c"]

#: Functions that the file brings along, `@` standing for the name of the network: what they need, and their text.
_FUNCTIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "round": (
        (),
        """/* The nearest whole number, the even one of two. From 2^23 on floats are whole; NaN and infinity stay. */
static float @_round(float x) {
  int32_t whole;
  float rest;
  if (!(x > -8388608.0f && x < 8388608.0f)) return x;
  whole = (int32_t)x;
  rest = x - (float)whole;
  if (rest > 0.5f || (rest == 0.5f && (whole & 1))) whole += 1;
  if (rest < -0.5f || (rest == -0.5f && (whole & 1))) whole -= 1;
  return (float)whole;
}
""",
    ),
    "exp2": (
        ("round",),
        """/* 2^x, x limited to [-126, 126]. */
static float @_exp2(float x) {
  union { uint32_t bits; float value; } power;
  float n, f, p;
  if (x != x) return x;
  x = x < -126.0f ? -126.0f : x > 126.0f ? 126.0f : x;
  n = @_round(x);
  f = x - n;
  p = (((0.0013264727f * f + 0.009671513f) * f + 0.055507336f) * f + 0.24022242f) * f;
  p = (p + 0.693147f) * f + 1.0f;
  power.bits = (uint32_t)((int32_t)n + 127) << 23;
  return p * power.value;
}
""",
    ),
    "sine": (
        ("round",),
        """/* sin(pi x); whole turns are taken away first, which is exact. */
static float @_sine(float x) {
  const float r = x - 2.0f * @_round(0.5f * x), s = r * r;
  const float p = ((0.0059732916f * s - 0.07445937f) * s + 0.52378047f) * s - 2.0260837f;
  return (r - s * r) * (p * s + 3.1415913f);
}
""",
    ),
    "cosine": (
        ("round",),
        """/* cos(pi x); whole turns are taken away first, which is exact. */
static float @_cosine(float x) {
  const float r = x - 2.0f * @_round(0.5f * x), s = r * r;
  const float p = ((0.0015981181f * s - 0.02537252f) * s + 0.2350465f) * s - 1.3351682f;
  return ((p * s + 4.0586977f) * s - 4.9348016f) * s + 1.0f;
}
""",
    ),
    "gaussian": (
        ("exp2",),
        "/* exp(-x^2/2) */\nstatic float @_gaussian(float x) { return @_exp2(x * x * -0.72134752f); }\n",
    ),
    "tanh": (
        ("exp2",),
        """static float @_tanh(float x) {
  const float e = @_exp2((x < 0.0f ? x : -x) * 2.8853901f), t = (1.0f - e) / (1.0f + e);
  return x < 0.0f ? -t : t;
}
""",
    ),
    "sigmoid": (
        ("exp2",),
        "static float @_sigmoid(float x) { return 1.0f / (1.0f + @_exp2(x * -1.44269504f)); }\n",
    ),
    "step": ((), "static float @_step(float x) { return x > 0.0f ? 1.0f : 0.0f; }\n"),
    "absolute": ((), "static float @_absolute(float x) { return x < 0.0f ? -x : x; }\n"),
    "relu": ((), "static float @_relu(float x) { return x < 0.0f ? 0.0f : x; }\n"),
    "within": (
        (),
        "static float @_within(float x, float low, float high) { return x < low ? low : x > high ? high : x; }\n",
    ),
    "largest": (
        (),
        """/* The place of the first of the largest numbers. */
static int @_largest(const float *y, int n) {
  int i, best = 0;
  for (i = 1; i < n; ++i)
    if (y[i] > y[best]) best = i;
  return best;
}
""",
    ),
}

_RESERVED = re.compile(
    "auto|break|case|char|const|continue|default|do|double|else|enum|extern|float|for|goto|if|inline|int|int32_t|long|main|"
    "register|restrict|return|short|signed|sizeof|static|struct|switch|typedef|uint32_t|union|unsigned|void|volatile|while"
)


def to_c(network: Network, *, name: str = "network", weight: Weight = None, policy: PolicyParts | None = None) -> str:
    """The network as a function of C99, without loops over its nodes, memory of its own, or a library.

    With a shared weight it is ``void NAME(const float *in, float *out, float w)``, and ``NAME_WEIGHT`` is the one that was
    chosen; with individual weights, which are constants of the file, ``void NAME(const float *in, float *out)``.
    ``NAME_INPUTS`` and ``NAME_OUTPUTS`` are the lengths of ``in`` and ``out``. Several files can be included in one.

    A recurrent network's function takes a step of an episode, and has one more argument, ``NAME_state *state``: what is
    remembered from step to step, to be set to zeros where an episode begins.

    Args:
        network: The network.
        name: Of the function.
        weight: The weights; see `wann.export.weights.chosen_weights`.
        policy: What stands before and after the network (`wann.tasks.policy_parts`): ``in`` is then an observation and
            ``out`` an action, choices as whole numbers.

    Raises:
        WannError: The name is none of C's, or the network has no such weight.
    """
    check_network(network)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,62}", check_text(name, "name")) or _RESERVED.fullmatch(name):
        raise WannError(f"name is {shown(name)}; it must be a name that C allows for a function, such as 'network'")
    return _Writer(network, name, chosen_weights(network, weight), check_parts(policy, network)).text()


@dataclass(frozen=True, eq=False)
class _Writer(Stepped):
    """Writes one file."""

    network: Network
    name: str
    weights: Weights
    policy: PolicyParts | None

    def text(self) -> str:
        body = [*self._scaled(), *self._nodes(), *self._kept(), *self._result()]
        used = self._used(body)
        functions = [_FUNCTIONS[name][1].replace("@", self.name) for name in used]
        return "\n".join([self._head(used), *functions, self._function(body)])

    @property
    def _prototype(self) -> str:
        w = ", float w" if self.weights.individual is None else ""
        state = f", {self.name}_state *state" if self._remembered else ""
        return f"void {self.name}(const float *in, float *out{w}{state})"

    def _function(self, body: list[str]) -> str:
        shared = self.weights.individual is None
        lines = [f"{self._prototype} {{", *body]
        whole = "\n".join(body)
        if "in[" not in whole:
            lines.append("  (void)in;")
        if shared and not re.search(r"\bw\b", whole):
            lines.append("  (void)w;")
        return "\n".join([*lines, "}", ""])

    def _head(self, used: list[str]) -> str:
        network, upper = self.network, self.name.upper()
        task = metadata.saved_task_name(network)
        about = [f"{f'Task: {plain(task)}. ' if task else ''}{sizes(network)}. Made by {made_by()}."]
        if self.weights.individual is None:
            about.append(
                "Every connection has the same weight w. A node is an activation of w times the sum of its sources."
            )
        else:
            about.append("A node is an activation of the sum of its sources, each times the weight of its connection.")
        about.append(wrapped(_listed(network.inputs), "in: ", "   "))
        action = self.policy.action if self.policy else None
        names = ["the class"] if isinstance(action, Largest) and action.labels else list(network.outputs)
        if isinstance(action, Largest) and not action.labels:
            names = ["the number of the choice"] * len(action.sizes)
        about.append(wrapped(_listed(names), "out: ", "   "))
        if isinstance(action, Largest) and action.labels:
            about.append(wrapped(_listed(action.labels), "classes: ", "   "))
        n_out = len(action.sizes) if isinstance(action, Largest) else network.n_outputs
        defines = [f"#define {upper}_INPUTS {network.n_inputs}", f"#define {upper}_OUTPUTS {n_out}"]
        if self.weights.shared is not None:
            defines.append(f"#define {upper}_WEIGHT {_float(self.weights.shared)}")
        includes = ["#include <stdint.h>", ""] if "round" in used else []
        comment = "\n".join(about).replace("\n", "\n   ")
        return "\n".join([f"/* {comment} */", *includes, *defines, "", *self._state(), f"{self._prototype};", ""])

    def _state(self) -> list[str]:
        """The type of what is remembered."""
        if not self._remembered:
            return []
        fields = [f"{self._name(node)}," for node in self._remembered.values()]
        return [
            "/* Values of the step before. An episode begins with zeros. */",
            "typedef struct {",
            f"{wrapped(fields, '  float ', '      ').rstrip(',')};",
            f"}} {self.name}_state;",
            "",
        ]

    def _used(self, body: list[str]) -> list[str]:
        """The functions that the body calls, and those that they call."""
        called = set(re.findall(rf"\b{self.name}_(\w+)\(", "\n".join(body)))
        for name in ("sine", "cosine", "gaussian", "tanh", "sigmoid", "exp2"):  # before what they need
            if name in called:
                called.update(_FUNCTIONS[name][0])
        return [name for name in _FUNCTIONS if name in called]

    def _scaled(self) -> list[str]:
        scaling = self.policy.scaling if self.policy else None
        if scaling is None:
            return []
        taken = {source for step in self._steps for source, _ in step.sources} | set(self._remembered.values())
        used = sorted(source - 1 for source in taken if 1 <= source <= self.network.n_inputs)
        return [f"  const float x{i} = {_scaled(scaling, i)};" for i in used]

    def _name(self, node: int) -> str:
        """The variable of a node, but the bias."""
        return f"h{node}" if node > self.network.n_inputs else f"x{node - 1}"

    def _value(self, source: int) -> str:
        if source == 0:
            return "1.0f"
        if source >= self.network.n_nodes:
            return f"state->{self._name(self._remembered[source])}"
        is_given = source <= self.network.n_inputs and not (self.policy and self.policy.scaling)
        return f"in[{source - 1}]" if is_given else self._name(source)

    def _nodes(self) -> list[str]:
        lines = []
        for layer, nodes in by_layer(self._steps):
            lines.append(f"  /* Layer {layer} */")
            lines += [self._node(step) for step in nodes]
        return lines

    def _node(self, step: Step) -> str:
        return wrapped(self._sum(step), f"  const float h{step.node} = ", "      ")

    def _sum(self, step: Step) -> list[str]:
        """The words of a node's value."""
        before, after = _call(step.activation, self.name)
        if not step.sources:
            return [f"{before}0.0f{after};"]
        if self.weights.individual is None:
            terms = [self._value(source) for source, _ in step.sources]
            opening, closing = ("w * (", ")") if len(terms) > 1 else ("w * ", "")
            words = [f"{before}{opening}{terms[0]}", *(f"+ {term}" for term in terms[1:])]
        else:
            closing = ""
            terms = [self._weighted(source, float(self.weights.individual[i])) for source, i in step.sources]
            signed = (f"- {term[1:]}" if term[0] == "-" else f"+ {term}" for term in terms[1:])
            words = [f"{before}{terms[0]}", *signed]
        words[-1] += f"{closing}{after};"
        return words

    def _weighted(self, source: int, weight: float) -> str:
        return f"{number(weight)}f" + (f" * {self._value(source)}" if source else "")

    def _kept(self) -> list[str]:
        """The lines that keep values for the step after."""
        lines, most = [], f"{number(_core.most_remembered)}f"
        for node in self._remembered.values():
            value = self._value(node)
            kept = f"{self.name}_within({value}, -{most}, {most})" if must_be_limited(self.network, node) else value
            lines.append(f"  state->{self._name(node)} = {kept};")
        return lines

    def _result(self) -> list[str]:
        outputs = [f"h{self.network.n_nodes - self.network.n_outputs + i}" for i in range(self.network.n_outputs)]
        action = self.policy.action if self.policy else None
        if action is None:
            return [f"  out[{i}] = {y};" for i, y in enumerate(outputs)]
        return _action(action, outputs, self.name)


def _call(activation: Activation, name: str) -> tuple[str, str]:
    """What stands before and after a node's sum."""
    if activation is Activation.LINEAR:
        return "", ""
    return ("-(", ")") if activation is Activation.INVERSE else (f"{name}_{activation.label}(", ")")


def _action(action: Action, outputs: list[str], name: str) -> list[str]:
    """The lines that make an action of the outputs."""
    if isinstance(action, Bounded):
        return [f"  out[{i}] = {_bounded(action, i, y, name)};" for i, y in enumerate(outputs)]
    if isinstance(action, Largest):
        groups, choices, first = [], [], 0
        for i, (size, start) in enumerate(zip(action.sizes, action.starts, strict=True)):
            group = ", ".join(outputs[first : first + size])
            first += size
            groups.append(wrapped(f"const float y{i}[{size}] = {{{group}}};".split(), "  ", "      "))
            choices.append(f"  out[{i}] = (float)({start} + {name}_largest(y{i}, {size}));")
        return groups + choices
    return [f"  out[{i}] = {y} > 0.0f ? 1.0f : 0.0f;" for i, y in enumerate(outputs)]


def _bounded(action: Bounded, i: int, y: str, name: str) -> str:
    text = y if action.reach[i] == 1 else f"{y} * {_float(action.reach[i])}"
    text = text if action.center[i] == 0 else f"{text} + {_float(action.center[i])}"
    low, high = max(action.low[i], -MAX_WEIGHT), min(action.high[i], MAX_WEIGHT)
    if (low, high) != (-MAX_WEIGHT, MAX_WEIGHT):
        text = f"{name}_within({text}, {number(low)}f, {number(high)}f)"
    return f"{name}_round({text})" if action.whole else text


def _scaled(scaling: Scaling, i: int) -> str:
    return f"(in[{i}] - {_float(scaling.shift[i])}) * {_float(scaling.factor[i])}"


def _float(value: float) -> str:
    text = f"{number(value)}f"
    return f"({text})" if text.startswith("-") else text


def _listed(names: Iterable[str]) -> list[str]:
    """Names as words of a comment."""
    found = [plain(name) for name in names]
    return [f"{name}," for name in found[:-1]] + found[-1:]
