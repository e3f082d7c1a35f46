"""Formulas: what a network computes, as SymPy expressions, LaTeX and text (the extra ``formula``).

Nodes that are linear or inverse vanish: their sums go on into the sums of others, with a power of the weight for each
connection on the way. Parallel paths then add up to a number, paths that cancel are gone, and what is left are the nodes
that bend. Equal ones are one; a sign is taken out of odd functions, and dropped in even ones.
"""

import keyword
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wann.errors import MissingExtraError, WannError
from wann.export.steps import Step, steps
from wann.export.text import identifiers, made_by, plain, sizes
from wann.export.weights import Weight, chosen_weights
from wann.networks import metadata
from wann.networks.activations import Activation
from wann.networks.checks import check_network
from wann.networks.network import Network

if TYPE_CHECKING:
    from sympy import Expr, Symbol

try:
    import sympy
    from sympy.printing.latex import LatexPrinter
    from sympy.printing.str import StrPrinter
except ImportError:
    raise MissingExtraError("export as a formula", "formula") from None

__all__ = ["Formula", "to_formula"]

#: Symbols of an expression that is written out in full, at most.
MAX_WRITTEN_OUT = 2000
#: Connections of a network whose formula is worked out, at most: nobody reads a longer one.
MAX_CONNECTIONS = 20_000
#: A text says an output in one line where that is no longer than this.
_ONE_LINE = 160
#: Digits of a number: as many as name a float32.
_DIGITS = 9

_ODD = (Activation.TANH, Activation.SINE)
_EVEN = (Activation.GAUSSIAN, Activation.COSINE, Activation.ABSOLUTE)

#: Each activation that bends, as an expression.
_EXPRESSIONS: dict[Activation, Callable[["Expr"], "Expr"]] = {
    Activation.STEP: lambda u: sympy.Heaviside(u, 0),
    Activation.SINE: lambda u: sympy.sin(sympy.pi * u),
    Activation.GAUSSIAN: lambda u: sympy.exp(-(u**2) / 2),
    Activation.TANH: sympy.tanh,
    Activation.SIGMOID: lambda u: 1 / (1 + sympy.exp(-u)),
    Activation.ABSOLUTE: sympy.Abs,
    Activation.RELU: lambda u: sympy.Max(0, u, evaluate=False),
    Activation.COSINE: lambda u: sympy.cos(sympy.pi * u),
}
#: What the source of a formula imports; no symbol has one of these names.
_IMPORTED = ("Abs", "Heaviside", "Max", "cos", "exp", "pi", "sin", "symbols", "tanh")

#: A sum of what bends (by its place; 0 is the number 1, then come the inputs): for each a polynomial of the weight, by the
#: power; where weights are numbers, of power 0 alone.
Terms = dict[int, dict[int, float]]


@dataclass(frozen=True, eq=False, kw_only=True)
class Formula:
    """What a network computes. All symbols are real."""

    inputs: "tuple[Symbol, ...]"  #: one for each input, in their order
    weight: "Symbol | None"  #: the shared weight; None where weights are numbers
    definitions: "Mapping[Symbol, Expr]"  #: nodes that bend, each of inputs, the weight and former ones
    outputs: "Mapping[Symbol, Expr]"  #: of inputs, the weight and definitions
    about: str  #: a line on the network

    def expression(self, output: int = 0) -> "Expr":
        """An output as one expression of the inputs and the weight, without definitions.

        Raises:
            WannError: It would have more than 2,000 symbols.
        """
        name = list(self.outputs)[output]
        size = self._written_out()[name]
        if size > MAX_WRITTEN_OUT:
            raise WannError(
                f"{name}: written out in full, the formula has {size:,} symbols; at most {MAX_WRITTEN_OUT:,} are allowed: "
                "use its definitions"
            )
        found: dict[Any, Any] = {}
        for symbol, expression in self.definitions.items():
            found[symbol] = expression.xreplace(found)
        return self.outputs[name].xreplace(found)

    def text(self) -> str:
        """The formula as plain text: short outputs in one line, else the definitions first."""
        return f"{self.about}\n\n{self._lines(_Printer().doprint, '{} = {}')}\n"

    def latex(self) -> str:
        """The formula as an ``align*`` of LaTeX."""
        return f"% {self.about}\n{self._repr_latex_()}\n"

    def __str__(self) -> str:
        return self.text()

    def _repr_latex_(self) -> str:
        """What a notebook sets."""
        lines = self._lines(_LatexPrinter().doprint, "{} &= {}", r" \\" + "\n")
        return f"\\begin{{align*}}\n{lines}\n\\end{{align*}}"

    def source(self) -> str:
        """The formula as Python that makes the SymPy expressions again: ``definitions`` and ``outputs``."""
        symbols = [*self.inputs, *([self.weight] if self.weight is not None else []), *self.definitions, *self.outputs]
        named = "\n".join(f'{s} = symbols("{s}", real=True)' for s in symbols)

        def listed(name: str, values: "Mapping[Symbol, Expr]") -> str:
            rows = "".join(f"    {symbol}: {sympy.sstr(expression)},\n" for symbol, expression in values.items())
            return f"{name} = {{\n{rows}}}\n"

        return (
            f"# {self.about}\nfrom sympy import {', '.join(_IMPORTED)}\n\n{named}\n\n"
            f"{listed('definitions', self.definitions)}{listed('outputs', self.outputs)}"
        )

    def _lines(self, printed: Callable[[Any], str], line: str, between: str = "\n") -> str:
        # Each symbol takes two characters at least, with the sign before it.
        short = all(2 * n <= _ONE_LINE for s, n in self._written_out().items() if s in self.outputs)
        whole = [printed(self.expression(i)) for i in range(len(self.outputs))] if short else []
        if whole and max(map(len, whole)) <= _ONE_LINE:
            return between.join(line.format(printed(s), text) for s, text in zip(self.outputs, whole, strict=True))
        everything = {**self.definitions, **self.outputs}
        return between.join(line.format(printed(s), printed(expression)) for s, expression in everything.items())

    def _written_out(self) -> "dict[Symbol, int]":
        """How many symbols each definition and output has when it is written out in full."""
        size: dict[Any, int] = {}
        for symbol, expression in [*self.definitions.items(), *self.outputs.items()]:
            leaves = (leaf for leaf in sympy.preorder_traversal(expression) if leaf.is_Symbol)
            size[symbol] = sum(size.get(leaf, 1) for leaf in leaves)
        return size


class _Printer(StrPrinter):  # type: ignore[misc]
    """Text as SymPy has it, with the step function by its name."""

    def _print_Heaviside(self, expression: Any) -> str:  # noqa: N802
        return f"step({self._print(expression.args[0])})"


class _LatexPrinter(LatexPrinter):  # type: ignore[misc]
    """The same in LaTeX."""

    def _print_Heaviside(self, expression: Any, exp: Any = None) -> str:  # noqa: N802
        step = rf"\operatorname{{step}}\left({self._print(expression.args[0])}\right)"
        return step if exp is None else f"{step}^{{{exp}}}"


def to_formula(network: Network, *, weight: Weight = None) -> Formula:
    """What the network computes, simplified.

    Args:
        network: The network.
        weight: A number, ``"shared"`` or ``"individual"`` to put weights in as numbers (see
            `wann.export.weights.chosen_weights`); by default the shared weight is the symbol ``w``.

    Raises:
        WannError: The network has no such weight, or is too large.
        MissingExtraError: SymPy is not installed.
    """
    check_network(network).refuse_recurrent("has no formula; its steps can be read where it is exported to python")
    if network.n_connections > MAX_CONNECTIONS:
        raise WannError(
            f"the network has {network.n_connections:,} connections; a formula is for those of at most {MAX_CONNECTIONS:,}"
        )
    return _Simplifier(network, weight).formula()


class _Simplifier:
    """Goes through the nodes once, and keeps those that bend."""

    def __init__(self, network: Network, weight: Weight) -> None:
        self._network = network
        self._weights = None if weight is None else chosen_weights(network, weight)
        self._value: dict[int, Terms] = {node: {node: {0: 1}} for node in range(1 + network.n_inputs)}
        self._bends: dict[tuple[Activation, Any], int] = {}  #: which place each of them has

    def formula(self) -> Formula:
        """The formula."""
        network = self._network
        found = steps(network)
        for step in found:
            self._value[step.node] = self._of(step)
        symbol = None if self._weights else sympy.Symbol("w", real=True)
        inner = [f"h{i}" for i in range(1, len(self._bends) + 1)]
        taken = {"w", *inner, *keyword.kwlist, *_IMPORTED, "definitions", "outputs"}
        names = identifiers([*network.inputs, *network.outputs], taken)
        inputs, outputs = names[: network.n_inputs], names[network.n_inputs :]
        symbols = [sympy.Integer(1), *(sympy.Symbol(name, real=True) for name in [*inputs, *inner])]
        definitions = {}
        for (activation, key), place in self._bends.items():
            terms = {atom: dict(powers) for atom, powers in key}
            definitions[symbols[place]] = _EXPRESSIONS[activation](_sum(terms, symbols, symbol))
        last = network.n_nodes - network.n_outputs
        return Formula(
            inputs=tuple(symbols[1 : 1 + network.n_inputs]),
            weight=symbol,
            definitions=definitions,
            outputs={
                sympy.Symbol(name, real=True): _sum(self._value[last + i], symbols, symbol) for i, name in enumerate(outputs)
            },
            about=self._about(symbol is not None),
        )

    def _about(self, has_symbol: bool) -> str:
        task = metadata.saved_task_name(self._network)
        weight = "w is the shared weight" if has_symbol else "weights are numbers"
        return f"{f'{plain(task)}: ' if task else ''}{sizes(self._network)}; {weight}. Made by {made_by()}."

    def _of(self, step: Step) -> Terms:
        """The value of a node as a sum of what bends."""
        terms = self._gathered(step)
        if step.activation is Activation.LINEAR:
            return terms
        if step.activation is Activation.INVERSE:
            return _times(terms, -1)
        flips = step.activation in (*_ODD, *_EVEN) and _is_negative(terms)
        key = tuple(
            (atom, tuple(sorted(powers.items()))) for atom, powers in sorted(_times(terms, -1 if flips else 1).items())
        )
        place = self._bends.setdefault((step.activation, key), 1 + self._network.n_inputs + len(self._bends))
        return {place: {0: -1 if flips and step.activation in _ODD else 1}}

    def _gathered(self, step: Step) -> Terms:
        """The weighted sum of a node's sources."""
        terms: Terms = {}
        for source, connection in step.sources:
            for atom, powers in self._value[source].items():
                into = terms.setdefault(atom, {})
                for power, factor in powers.items():
                    at, by = self._weighted(connection, power)
                    into[at] = into.get(at, 0) + factor * by
        kept = {atom: {p: f for p, f in powers.items() if f != 0} for atom, powers in terms.items()}
        return {atom: powers for atom, powers in kept.items() if powers}

    def _weighted(self, connection: int, power: int) -> tuple[int, float]:
        """The power of the weight behind a connection, and the number to multiply with."""
        if self._weights is None:
            return power + 1, 1
        return power, self._weights.of(connection)


def _times(terms: Terms, factor: int) -> Terms:
    return {atom: {power: factor * f for power, f in powers.items()} for atom, powers in terms.items()}


def _is_negative(terms: Terms) -> bool:
    """Whether the first term is."""
    if not terms:
        return False
    powers = terms[min(terms)]
    return powers[min(powers)] < 0


def _sum(terms: Terms, symbols: list[Any], weight: Any) -> "Expr":
    """The sum as an expression, with the power of the weight that all terms share before it."""
    if not terms:
        return sympy.Integer(0)
    shared = min(power for powers in terms.values() for power in powers)
    parts = [
        sympy.Add(*(_coefficient(f) * (weight ** (p - shared) if p > shared else 1) for p, f in sorted(powers.items())))
        * symbols[atom]
        for atom, powers in sorted(terms.items())
    ]
    whole = sympy.Add(*parts)
    return weight**shared * whole if shared else whole


def _coefficient(value: float) -> "Expr":
    """Paths are counted; weights are numbers with as many digits as they have."""
    return sympy.Integer(int(value)) if value == int(value) else sympy.Float(f"{value:.{_DIGITS}g}")
