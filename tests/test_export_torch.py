"""PyTorch: values and gradients against float64, training that improves a champion, files that need PyTorch alone, the way
back.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch")

import oracle  # noqa: E402
import wann  # noqa: E402
from exports import (  # noqa: E402
    assert_within,
    expected,
    far_and_near,
    hostile_network,
    inputs_for,
    networks_of_any_kind,
    of_one_activation,
)
from wann import Network, WannError  # noqa: E402
from wann.export import from_torch, to_torch, to_torch_source  # noqa: E402
from wann.networks import Activation  # noqa: E402
from wann.networks.metadata import Origin, ScoresRecord  # noqa: E402


def run(module, x: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return module(torch.tensor(x)).numpy()


def test_random_networks() -> None:
    for i, network in enumerate(networks_of_any_kind(300)):
        x = inputs_for(network)
        assert_within(run(to_torch(network), x), expected(network, x), i)


@pytest.mark.parametrize("activation", Activation)
def test_each_activation_far_from_zero_and_near(activation: Activation) -> None:
    network, x = of_one_activation(activation), far_and_near()
    np.testing.assert_allclose(run(to_torch(network), x), network(x), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("weight", ["shared", "individual"])
@pytest.mark.parametrize("name", wann.zoo.names())
def test_the_zoo(name: str, weight: str) -> None:
    network = wann.zoo.load(name)
    x = np.random.default_rng(0).normal(size=(100, network.n_inputs)).astype(np.float32)
    shared = network.shared_weight if weight == "shared" else None
    assert_within(run(to_torch(network, weight=weight), x), expected(network, x, shared))


def test_any_shape_of_inputs() -> None:
    network = wann.zoo.load("cartpole-swingup")
    x = np.random.default_rng(0).normal(size=(2, 3, 5)).astype(np.float32)
    found = run(to_torch(network), x)
    assert found.shape == (2, 3, 1)
    np.testing.assert_array_equal(found[1, 2], run(to_torch(network), x[1, 2]))
    assert run(to_torch(network), np.zeros((0, 5), np.float32)).shape == (0, 1)


def smooth(network: Network) -> Network:
    """The same network with a smooth activation where it had a kink, for finite differences."""
    kinks = {Activation.STEP: Activation.GAUSSIAN, Activation.RELU: Activation.TANH, Activation.ABSOLUTE: Activation.SINE}
    return Network(
        inputs=network.inputs,
        outputs=network.outputs,
        hidden=[kinks.get(a, a) for a in network.hidden],
        output_activations=[kinks.get(a, a) for a in network.output_activations],
        connections=network.connections,
        weights=network.weights,
        shared_weight=network.shared_weight,
    )


def slope(network: Network, x: np.ndarray, step: float, weights: np.ndarray, direction: np.ndarray) -> float:
    """The derivative of the outputs' sum along a direction of the weights, by differences of float64."""
    shared = weights.ndim == 0

    def total(at: np.ndarray) -> float:
        given = {"weight": at} if shared else {"weights": at}
        return float(oracle.forward(network, x, **given).values.sum())

    near = total(weights + step * direction) - total(weights - step * direction)
    far = total(weights + 2 * step * direction) - total(weights - 2 * step * direction)
    return (8 * near - far) / (12 * step)


def test_gradients_of_random_networks() -> None:
    rng, checked = np.random.default_rng(0), 0
    for i, raw in enumerate(networks_of_any_kind(150, first=2000)):
        network = smooth(raw)
        if not network.n_connections:
            continue
        module = to_torch(network).double()
        parameter = next(module.parameters())
        x = rng.normal(size=(3, network.n_inputs))
        module(torch.tensor(x)).sum().backward()
        weights = parameter.detach().numpy()
        direction = rng.normal(size=weights.shape)
        found = float((parameter.grad.numpy() * direction).sum())
        wanted, closer = (slope(network, x, step, weights, direction) for step in (1e-5, 5e-6))
        # Where differences of two sizes do not agree, they say little.
        if abs(wanted - closer) <= 1e-7 * (1 + abs(wanted)):
            assert found == pytest.approx(wanted, rel=1e-5, abs=1e-6), i
            checked += 1
    assert checked > 100


@pytest.mark.parametrize("activation", [Activation.STEP, Activation.RELU, Activation.ABSOLUTE])
@pytest.mark.parametrize(("x", "slopes"), [(2.0, (0.0, 1.0, 1.0)), (-2.0, (0.0, 0.0, -1.0))])
def test_gradients_beside_a_kink(activation: Activation, x: float, slopes: tuple[float, ...]) -> None:
    module = to_torch(of_one_activation(activation))
    given = torch.tensor([[x]], requires_grad=True)
    module(given).sum().backward()
    wanted = slopes[[Activation.STEP, Activation.RELU, Activation.ABSOLUTE].index(activation)]
    # A step passes no gradient on at all.
    assert float(given.grad) == wanted if given.grad is not None else wanted == 0


def test_training_improves_a_champion() -> None:
    """The digits' champion from one weight for all, trained for some steps, knows more of digits that it has not seen."""
    pytest.importorskip("sklearn")
    task = wann.make_task("digits")
    network = wann.zoo.load("digits").with_tuning(weights=np.full(998, 0.5))
    torch.manual_seed(0)
    module = to_torch(network)
    optimizer = torch.optim.Adam(module.parameters(), lr=0.01)
    x, y = torch.tensor(np.array(task.x)), torch.tensor(np.array(task.y), dtype=torch.long)
    for _ in range(40):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(module(x), y)
        loss.backward()
        optimizer.step()
    trained = from_torch(module, network)
    held_out = task.held_out
    right = [np.mean(n(held_out.x).argmax(axis=1) == held_out.y) for n in (network, trained)]
    assert right[1] > right[0] + 0.1


def test_the_shared_weight_can_be_trained() -> None:
    """Towards the weight that made the targets, which is the only parameter."""
    network = wann.zoo.load("car-racing")
    x = torch.tensor(np.random.default_rng(0).normal(size=(100, 16)).astype(np.float32))
    with torch.no_grad():
        targets = to_torch(network, weight=0.6)(x)
    module = to_torch(network, weight=0.65)
    assert [name for name, _ in module.named_parameters()] == ["weight"]
    optimizer = torch.optim.SGD(module.parameters(), lr=1e-3)
    for _ in range(200):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(module(x), targets).backward()
        torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimizer.step()
    assert float(module.weight.detach()) == pytest.approx(0.6, abs=0.01)


@pytest.mark.parametrize("weight", ["shared", "individual"])
def test_compiled(weight: str) -> None:
    network = wann.zoo.load("cartpole-swingup")
    module = to_torch(network, weight=weight)
    x = torch.tensor(inputs_for(network))
    compiled = torch.compile(module, backend="aot_eager", fullgraph=True)
    found = compiled(x)
    torch.testing.assert_close(found, module(x))
    found.sum().backward()
    assert all(torch.isfinite(parameter.grad).all() for parameter in module.parameters())


def test_the_state_holds_the_weights_alone() -> None:
    network = wann.zoo.load("cartpole-swingup")
    module, other = to_torch(network), to_torch(network.with_tuning(weights=np.ones(network.n_connections)))
    assert set(module.state_dict()) == {"weights"}
    assert set(to_torch(network, weight=1.0).state_dict()) == {"weight"}
    other.load_state_dict(module.state_dict())
    x = inputs_for(network)
    np.testing.assert_array_equal(run(other, x), run(module, x))


class TestFile:
    def test_equals_the_module(self, tmp_path: Path) -> None:
        for network in [*networks_of_any_kind(20), wann.zoo.load("bipedal-walker"), hostile_network()]:
            found: dict = {"__name__": "exported"}
            exec(compile(to_torch_source(network), "exported.py", "exec"), found)
            x = inputs_for(network)
            np.testing.assert_array_equal(run(found["load"](), x), run(to_torch(network), x))
            assert from_torch(found["load"]()) == from_torch(to_torch(network))

    def test_needs_pytorch_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "exported.py"
        path.write_text(to_torch_source(wann.zoo.load("cartpole-swingup")), encoding="utf-8")
        code = (
            "import runpy, sys, torch\n"
            "module = runpy.run_path(sys.argv[1])['load']()\n"
            "print(module(torch.ones(5)).item(), 'wann' in sys.modules)"
        )
        done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
        value, imported = done.stdout.split()
        wanted = wann.zoo.load("cartpole-swingup")(np.ones(5))
        assert float(value) == pytest.approx(float(wanted[0]), abs=1e-5)
        assert imported == "False"


class TestBack:
    def test_the_same_network_comes_back(self) -> None:
        for network in networks_of_any_kind(50):
            for weight in ("shared", *(["individual"] if network.weights is not None else [])):
                back = from_torch(to_torch(network, weight=weight))
                assert back.same_topology(network)
                assert (back.inputs, back.outputs) == (network.inputs, network.outputs)
                if weight == "individual":
                    np.testing.assert_array_equal(back.weights, network.weights)
                else:
                    assert back.shared_weight == np.float32(network.shared_weight)

    def test_metadata_that_stay_true(self) -> None:
        network = wann.zoo.load("cartpole-swingup")
        back = from_torch(to_torch(network), network)
        assert Origin.of(back).task == "cartpole-swingup"
        assert ScoresRecord.of(back) is None
        assert back.shared_weight == network.shared_weight
        assert from_torch(to_torch(network)).metadata == {}

    def test_what_is_no_such_module(self) -> None:
        with pytest.raises(WannError, match=r"^module is a Linear; it must be one that wann\.export\.to_torch made$"):
            from_torch(torch.nn.Linear(2, 2))

    def test_another_network(self) -> None:
        module = to_torch(wann.zoo.load("cartpole-swingup"))
        with pytest.raises(WannError, match="network has another topology than the module"):
            from_torch(module, wann.zoo.load("car-racing"))
        with pytest.raises(WannError, match=r"network is 1; it must be a wann\.Network"):
            from_torch(module, 1)

    def test_weights_that_are_not_finite(self) -> None:
        module = to_torch(wann.zoo.load("cartpole-swingup"))
        with torch.no_grad():
            module.weights[3] = torch.nan
        with pytest.raises(WannError, match="weights: all values must be finite"):
            from_torch(module)
