"""Champions that ship with the package, each with its provenance: how it was found, what that took, and its scores."""

from importlib import resources
from importlib.resources.abc import Traversable

from wann.arguments import did_you_mean
from wann.errors import WannError
from wann.networks import file as network_file
from wann.networks.network import Network

__all__ = ["load", "names"]


def names() -> tuple[str, ...]:
    """The networks in the zoo, by name."""
    return tuple(sorted(f.name.removesuffix(".json") for f in _folder().iterdir() if f.name.endswith(".json")))


def load(name: str) -> Network:
    """A network of the zoo; its `Network.metadata` hold its provenance and its scores.

    Args:
        name: One of `names`, such as ``"mnist"``; ``"zoo:mnist"``, as the command line has it, is the same.

    Raises:
        WannError: The zoo does not have it; the message lists what it has.
    """
    bare = name.removeprefix("zoo:") if isinstance(name, str) else name
    if bare not in names():
        near = did_you_mean(bare, names()) if isinstance(bare, str) else ""
        raise WannError(f"the zoo has no network {bare!r}{near or ';'} it has {', '.join(names())}")
    return network_file.from_json((_folder() / f"{bare}.json").read_text(encoding="utf-8"))


def _folder() -> Traversable:
    return resources.files(__name__)
