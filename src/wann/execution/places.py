"""Workers by the name of their place, as the command line has it."""

import re

from wann.arguments import check_integer, check_threads, shown
from wann.errors import WannError
from wann.execution.distributed import Distributed
from wann.execution.engine import Engine
from wann.execution.executors import DaskEngine, LocalEngine, MpiEngine, spare
from wann.execution.ray import RayEngine

#: What may be asked for, for messages and help.
PLACES = "ray, ray:4, ray://host:10001, dask://host:8786, mpi, processes or processes:4"

_ON_THIS_MACHINE = re.compile(r"(ray|processes)(?::(\d{1,6}))?")
_ELSEWHERE = re.compile(r"(ray|dask)://(\S+:\d+)")


def workers_at(place: str, *, threads: int = 1, batch_seconds: float | None = None) -> Distributed:
    """The workers of a place.

    Args:
        place: ``ray`` (the cluster that Ray knows of, or else one on this machine), ``ray:4`` (4 workers of it),
            ``ray://host:10001``, ``dask://host:8786``, ``mpi`` (the other ranks), ``processes`` (one a core of this machine)
            or ``processes:4``.
        threads: Threads that each worker uses.
        batch_seconds: A batch that takes longer is sent to another worker; no limit if None.

    Raises:
        MissingExtraError: What it takes is not installed.
        WannError: There is no such place, nobody answers there, or a number is out of range.
    """
    check_threads(threads)
    engine = _engine(place, threads, spare(batch_seconds))
    try:
        return Distributed(engine, threads=threads, batch_seconds=batch_seconds)
    except WannError:
        engine.close()
        raise


def _engine(place: str, threads: int, held: int) -> Engine:
    here, elsewhere = _ON_THIS_MACHINE.fullmatch(place), _ELSEWHERE.fullmatch(place)
    if place == "mpi":
        return MpiEngine(spare=held)
    if elsewhere and elsewhere[1] == "dask":
        return DaskEngine.at(elsewhere[2], spare=held)
    if elsewhere or (here and here[1] == "ray"):
        n = int(here[2]) if here and here[2] else None
        return RayEngine(place if elsewhere else None, _checked(n), threads, spare=held)
    if here:
        n = int(here[2]) if here[2] else max(check_threads(None) // threads, 1)
        return LocalEngine(check_integer(n, "workers", 1, 10**5), spare=held)
    raise WannError(f"workers is {shown(place)}; it must be {PLACES}", parameter="workers")


def _checked(n: int | None) -> int | None:
    return n if n is None else check_integer(n, "workers", 1, 10**5)
