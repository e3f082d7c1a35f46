"""Exported files: which targets there are, and what each is written as."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from wann.arguments import check_choice, check_path
from wann.errors import WannError
from wann.export.c import to_c
from wann.export.graphs import to_dot, to_graphml
from wann.export.python import to_python
from wann.export.text import identifier
from wann.export.weights import Weight
from wann.files import write_bytes
from wann.networks.checks import check_network
from wann.networks.network import Network
from wann.tasks.policy_parts import PolicyParts

__all__ = ["FORMULAS", "TARGETS", "Target", "write"]


@dataclass(frozen=True)
class Target:
    """A kind of file."""

    ending: str  #: of the file, where none is named
    write: Callable[[Network, Path, Weight, PolicyParts | None], bytes]  #: what the file holds
    has_policy: bool = False  #: whether it can hold what stands before and after the network


def _onnx(network: Network, path: Path, weight: Weight, policy: PolicyParts | None) -> bytes:
    from wann.export.onnx import to_onnx

    data: bytes = to_onnx(network, weight=weight, policy=policy).SerializeToString()
    return data


def _torch(network: Network, path: Path, weight: Weight, policy: PolicyParts | None) -> bytes:
    from wann.export.torch import to_torch_source

    return to_torch_source(network, weight=weight, policy=policy).encode()


def _c(network: Network, path: Path, weight: Weight, policy: PolicyParts | None) -> bytes:
    return to_c(network, name=identifier(path.stem), weight=weight, policy=policy).encode()


def _python(network: Network, path: Path, weight: Weight, policy: PolicyParts | None) -> bytes:
    return to_python(network, weight=weight, policy=policy).encode()


#: Kinds of formulas, by the ending of the file.
FORMULAS = {".txt": "text", ".tex": "latex", ".py": "source"}


def _formula(network: Network, path: Path, weight: Weight, policy: PolicyParts | None) -> bytes:
    from wann.export.formula import to_formula

    if path.suffix not in FORMULAS:
        raise WannError(f"{path}: a formula is written as text (.txt), LaTeX (.tex) or SymPy's Python (.py)")
    formula = to_formula(network, weight=weight)
    text: str = getattr(formula, FORMULAS[path.suffix])()
    return text.encode()


def _dot(network: Network, path: Path, weight: Weight, policy: PolicyParts | None) -> bytes:
    return to_dot(network, weight=weight).encode()


def _graphml(network: Network, path: Path, weight: Weight, policy: PolicyParts | None) -> bytes:
    return to_graphml(network, weight=weight).encode()


#: By their names.
TARGETS = {
    "onnx": Target(".onnx", _onnx, has_policy=True),
    "torch": Target(".py", _torch, has_policy=True),
    "c": Target(".c", _c, has_policy=True),
    "python": Target(".py", _python, has_policy=True),
    "formula": Target(".txt", _formula),
    "dot": Target(".dot", _dot),
    "graphml": Target(".graphml", _graphml),
}


def write(network: Network, path: str | Path, to: str, *, weight: Weight = None, policy: PolicyParts | None = None) -> None:
    """Writes a network for elsewhere. The file is written beside ``path`` and renamed into place.

    Args:
        network: The network.
        path: The file. Of C, its name is the function's; of a formula, its ending says the kind: ``.txt``, ``.tex`` (LaTeX)
            or ``.py`` (SymPy).
        to: One of `TARGETS`.
        weight: A shared weight, or ``"shared"`` or ``"individual"`` for the network's own; by default what the network runs
            with, and in a formula the symbol ``w``.
        policy: What stands before and after the network (`wann.tasks.policy_parts`), to be in the file as well.

    Raises:
        WannError: There is no such target, it cannot hold a policy or the network, or the network has no such weight.
        MissingExtraError: A package that writes the file is not installed.
    """
    check_network(network)
    place, target = check_path(path), TARGETS[check_choice(to, "to", tuple(TARGETS))]
    if policy is not None and not target.has_policy:
        able = ", ".join(name for name, other in TARGETS.items() if other.has_policy)
        raise WannError(f"{to} holds the network alone; a policy can be exported to {able}")
    write_bytes(place, target.write(network, place, weight, policy))
