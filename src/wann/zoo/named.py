"""Networks by the names that people give: files, folders of runs, and the zoo."""

from pathlib import Path

from wann.arguments import check_instance, check_path
from wann.errors import WannError
from wann.networks.network import Network
from wann.runs.folder import CHAMPION
from wann.zoo import load

ZOO = "zoo:"


def network_named(source: str | Path | Network) -> Network:
    """The network that a user names: a file, the folder of a run (its champion), or ``zoo:NAME``; a network is itself.

    Raises:
        WannError: It is no valid network, or the zoo does not have it.
        FileNotFoundError: There is no such file.
    """
    if not isinstance(source, str | Path):
        return check_instance(source, Network, "network", "wann.zoo.load('cartpole-swingup')")
    if isinstance(source, str) and source.startswith(ZOO):
        return load(source.removeprefix(ZOO))
    path = check_path(source, "network")
    if path.is_dir():
        champion = path / CHAMPION
        if not champion.is_file():
            raise WannError(f"{path} is a folder without a {CHAMPION}; name a network file or the folder of a run")
        return Network.load(champion)
    return Network.load(path)
