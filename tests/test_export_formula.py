"""Formulas: evaluated against the oracle, and simplified as they should be."""

import re

import numpy as np
import pytest
import sympy

import wann
from exports import assert_within, expected, hostile_network, inputs_for, networks_of_any_kind
from wann import Network, WannError
from wann.export import Formula, to_formula
from wann.networks import Activation


def evaluated(formula: Formula, x: np.ndarray, weight: float) -> np.ndarray:
    """The outputs, one definition after the other, shape (n, n_outputs)."""
    known = dict(zip(formula.inputs, x.T.astype(float), strict=True))
    if formula.weight is not None:
        known[formula.weight] = weight

    def value(expression: sympy.Expr) -> np.ndarray:
        names = sorted(expression.free_symbols, key=str)
        with np.errstate(over="ignore"):
            found = sympy.lambdify(names, expression, "numpy")(*(known[name] for name in names))
        return np.broadcast_to(np.asarray(found, dtype=float), len(x))

    for symbol, expression in formula.definitions.items():
        known[symbol] = value(expression)
    return np.stack([value(expression) for expression in formula.outputs.values()], axis=1)


def network_of(hidden: list[str], connections: list[tuple[int, int]], output: str = "tanh", n_inputs: int = 2) -> Network:
    return Network(
        inputs=["a", "b", "c"][:n_inputs],
        outputs=["y"],
        hidden=hidden,
        output_activations=output,
        connections=connections,
        shared_weight=0.5,
    )


def text(network: Network) -> str:
    """The formula without the line on the network."""
    return to_formula(network).text().split("\n\n", 1)[1].strip()


def test_random_networks() -> None:
    for i, network in enumerate(networks_of_any_kind(150)):
        x = inputs_for(network)
        x = x[np.abs(x).max(axis=1, initial=0) < 100]  # SymPy's sine is NumPy's, which is poor far from 0
        shared = float(np.float32(network.shared_weight))
        found = evaluated(to_formula(network), x, shared)
        assert_within(found, expected(network, x, network.shared_weight), i)
        if network.weights is not None:
            assert_within(evaluated(to_formula(network, weight="individual"), x, 0), expected(network, x), i)


@pytest.mark.parametrize("name", ["bipedal-walker", "bipedal-walker-quantized", "car-racing", "cartpole-swingup"])
@pytest.mark.parametrize("weight", [None, "shared", "individual"])
def test_the_zoo(name: str, weight: str | None) -> None:
    network = wann.zoo.load(name)
    x = np.random.default_rng(0).normal(size=(50, network.n_inputs)).astype(np.float32)
    shared = None if weight == "individual" else network.shared_weight
    found = evaluated(to_formula(network, weight=weight), x, float(np.float32(network.shared_weight)))
    assert_within(found, expected(network, x, shared))


class TestSimplified:
    def test_a_chain_of_linear_nodes_is_a_power(self) -> None:
        assert text(network_of(["linear", "linear"], [(1, 3), (3, 4), (4, 5)])) == "y = tanh(a*w**3)"

    def test_the_inverse_of_the_inverse_is_nothing(self) -> None:
        assert text(network_of(["inverse", "inverse"], [(1, 3), (3, 4), (4, 5)])) == "y = tanh(a*w**3)"

    def test_parallel_paths_are_counted(self) -> None:
        paths = [(1, 3), (1, 4), (1, 5), (3, 6), (4, 6), (5, 6), (2, 6)]
        assert text(network_of(["linear"] * 3, paths)) == "y = tanh(w*(3*a*w + b))"

    def test_paths_that_cancel_are_gone(self) -> None:
        paths = [(1, 3), (1, 4), (3, 5), (4, 5), (2, 5)]
        assert text(network_of(["linear", "inverse"], paths)) == "y = tanh(b*w)"
        assert text(network_of(["linear", "inverse"], paths[:-1])) == "y = 0"

    def test_equal_nodes_are_one(self) -> None:
        paths = [(1, 3), (1, 4), (3, 5), (4, 5)]
        assert text(network_of(["sine", "sine"], paths, "linear")) == "y = 2*w*sin(pi*a*w)"

    @pytest.mark.parametrize("activation", ["gaussian", "cosine", "absolute"])
    def test_even_functions_drop_a_sign(self, activation: str) -> None:
        both = network_of(["inverse", "linear", activation, activation], [(1, 3), (1, 4), (3, 5), (4, 6), (5, 7), (6, 7)])
        assert len(to_formula(both).definitions) == 2  # with the output's own

    @pytest.mark.parametrize("activation", ["sine", "tanh"])
    def test_odd_functions_give_a_sign(self, activation: str) -> None:
        both = network_of(["inverse", "linear", activation, activation], [(1, 3), (1, 4), (3, 5), (4, 6), (5, 7), (6, 7)])
        assert text(both) == "y = 0"

    @pytest.mark.parametrize("activation", ["step", "sigmoid", "relu"])
    def test_others_keep_it(self, activation: str) -> None:
        both = network_of(["inverse", "linear", activation, activation], [(1, 3), (1, 4), (3, 5), (4, 6), (5, 7), (6, 7)])
        assert len(to_formula(both).definitions) == 3

    def test_the_quantized_walker_is_four_sums(self) -> None:
        """113 nodes and 280 connections, all of them linear or inverse: whole numbers times the square of the weight."""
        formula = to_formula(wann.zoo.load("bipedal-walker-quantized"))
        assert not formula.definitions
        for expression in formula.outputs.values():
            terms = sympy.expand(expression / formula.weight**2)
            assert formula.weight not in terms.free_symbols
            assert all(factor.is_Integer for factor in terms.as_coefficients_dict().values())

    @pytest.mark.parametrize("activation", Activation)
    def test_each_activation(self, activation: Activation) -> None:
        network = network_of([], [(0, 3), (1, 3)], activation.label)
        x = np.linspace(-3, 3, 41)[:, None] * np.ones((1, 2))
        for weight in (-1.5, 0.7):
            assert_within(evaluated(to_formula(network), x, float(np.float32(weight))), expected(network, x, weight))


class TestWritten:
    NETWORK = network_of(["relu", "step"], [(1, 3), (2, 3), (1, 4), (0, 5), (3, 5), (4, 5)])

    def test_text(self) -> None:
        assert text(self.NETWORK) == "y = tanh(w*(step(a*w) + Max(0, w*(a + b)) + 1))"
        about = to_formula(self.NETWORK).text().splitlines()[0]
        assert about.startswith("2 inputs, 2 hidden nodes, 1 output, 6 connections; w is the shared weight. Made by wann")

    def test_latex(self) -> None:
        lines = to_formula(self.NETWORK).latex().splitlines()
        assert lines[1:] == [
            r"\begin{align*}",
            r"y &= \tanh{\left(w \left(\operatorname{step}\left(a w\right) + \max\left(0, w \left(a + b\right)\right) "
            r"+ 1\right) \right)}",
            r"\end{align*}",
        ]

    @pytest.mark.parametrize("weight", [None, "shared", "individual"])
    def test_the_source_makes_the_same_expressions(self, weight: str | None) -> None:
        formula = to_formula(wann.zoo.load("car-racing"), weight=weight)
        found: dict = {}
        exec(formula.source(), found)
        values = np.random.default_rng(0).normal(size=16)
        same = evaluated(
            Formula(
                inputs=formula.inputs,
                weight=formula.weight,
                definitions=found["definitions"],
                outputs=found["outputs"],
                about="",
            ),
            values[None],
            0.7,
        )
        np.testing.assert_allclose(same, evaluated(formula, values[None], 0.7), rtol=1e-12)

    def test_one_expression(self) -> None:
        formula = to_formula(self.NETWORK)
        a, b = formula.inputs
        wanted = np.tanh(0.5 * (1 + max(0.5 * 3, 0) + 1))
        assert float(formula.expression().subs({a: 1, b: 2, formula.weight: 0.5})) == pytest.approx(wanted)

    def test_one_that_would_be_too_long(self) -> None:
        pairs = [(s, t) for t in range(3, 19) for s in range(max(1, t - 3), t)]
        formula = to_formula(network_of(["tanh"] * 15, pairs))
        with pytest.raises(WannError, match=r"^y: written out in full, the formula has [\d,]+ symbols; at most 2,000"):
            formula.expression()
        assert "h15 = " in formula.text()

    def test_too_many_connections(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("wann.export.formula.MAX_CONNECTIONS", 100)
        with pytest.raises(WannError, match=r"has 112 connections; a formula is for those of at most 100"):
            to_formula(wann.zoo.load("cartpole-swingup"))

    def test_hostile_names(self) -> None:
        network = hostile_network()
        formula, x = to_formula(network), np.ones((2, network.n_inputs))
        assert all(re.fullmatch(r"[A-Za-z]\w*", str(symbol)) for symbol in (*formula.inputs, *formula.outputs))
        assert len({*formula.inputs, *formula.outputs}) == network.n_inputs + 3
        assert_within(evaluated(formula, x, 0.5), expected(network, x))
        exec(formula.source(), {})
        assert "\n" not in formula.about
