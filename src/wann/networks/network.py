"""Networks: what a search finds and what everything else runs."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann import _core
from wann.arguments import (
    as_numbers,
    check_instance,
    check_list,
    check_mapping,
    check_names,
    check_number,
    check_path,
    check_threads,
    counted,
    shown,
)
from wann.errors import WannError
from wann.networks.activations import Activation, as_activation
from wann.networks.description import as_core, connections_of, each_activation, individual_weights, sorted_connections

FloatArray = NDArray[np.float32]
T = TypeVar("T", bound=np.generic)


def _frozen(array: NDArray[T]) -> NDArray[T]:
    array.setflags(write=False)
    return array


class Network:
    """A network, feed-forward or recurrent; immutable.

    Nodes are numbered in an order in which they can be evaluated: the bias is 0, then come the inputs, the hidden nodes
    and the outputs. A node computes ``activation(w · Σ inputs)``. A recurrent connection carries its source's value of the
    step before, which is 0 at the start of an episode; what a hidden node or an output said is limited to ±100 in that, so
    that no loop grows beyond all numbers.

    Args:
        inputs: Names of the inputs.
        outputs: Names of the outputs.
        hidden: Activations of the hidden nodes, in order; names, numbers or `Activation`.
        output_activations: One activation for all outputs, or one for each.
        connections: Pairs (from, to) of node numbers, shape (n_connections, 2), in any order; each must lead to a later
            node, unless it is recurrent, and no pair may stand twice among those that are recurrent or those that are not.
        recurrent: Which of the connections are recurrent, true or false for each, shape (n_connections,); none by default.
            Such a one leads from any node but the bias to any hidden node or output.
        weights: Individual weights in the order of ``connections``, shape (n_connections,), where they have been tuned.
        shared_weight: The best single weight, where it has been tuned.
        metadata: Anything that JSON can hold: scores, provenance.

    Raises:
        WannError: An argument does not describe a network; the message names the value.
    """

    __slots__ = (
        "_activations",
        "_connections",
        "_core",
        "_inputs",
        "_metadata",
        "_outputs",
        "_recurrent",
        "_shared_weight",
        "_weights",
    )

    # Made in rooms above this one; the root gives them (`wann._methods`).
    draw: ClassVar[Callable[..., Any]]
    export: ClassVar[Callable[..., None]]
    play: ClassVar[Callable[..., Any]]
    report: ClassVar[Callable[..., Any]]
    from_torch: ClassVar[Callable[..., "Network"]]

    def __init__(
        self,
        *,
        inputs: Sequence[str],
        outputs: Sequence[str],
        hidden: Sequence[Activation | int | str],
        output_activations: Activation | int | str | Sequence[Activation | int | str],
        connections: ArrayLike,
        recurrent: ArrayLike | None = None,
        weights: ArrayLike | None = None,
        shared_weight: float | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self._inputs = check_names(inputs, "inputs")
        self._outputs = check_names(outputs, "outputs")
        if not self._outputs:
            raise WannError("outputs: a network needs at least one output")
        hidden = check_list(hidden, "hidden", "activations")
        self._activations = tuple(as_activation(a, f"hidden node {i}") for i, a in enumerate(hidden)) + each_activation(
            output_activations, len(self._outputs)
        )
        sizes = len(self._inputs), len(self._activations)
        pairs, marks, order = sorted_connections(connections, recurrent, *sizes)
        self._connections, self._recurrent = _frozen(pairs), _frozen(marks)
        self._weights = None if weights is None else _frozen(individual_weights(weights, len(pairs))[order])
        self._shared_weight = None if shared_weight is None else check_number(shared_weight, "shared_weight")
        self._metadata = {} if metadata is None else check_mapping(metadata, "metadata")
        self._core = as_core(pairs, marks, len(self._inputs), self._activations, len(self._outputs))

    @classmethod
    def _from_core(cls, core: _core.Network, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> "Network":
        """Wraps a network of the core, which is well-formed by construction."""
        self = cls.__new__(cls)
        self._core = core
        self._inputs = inputs
        self._outputs = outputs
        self._activations = tuple(map(Activation, core.activations.tolist()))
        connections, recurrent = connections_of(core)
        self._connections, self._recurrent = _frozen(connections), _frozen(recurrent)
        self._weights = None
        self._shared_weight = None
        self._metadata = {}
        return self

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs."""
        return self._inputs

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs."""
        return self._outputs

    @property
    def activations(self) -> tuple[Activation, ...]:
        """Activations of the hidden nodes and then the outputs."""
        return self._activations

    @property
    def hidden(self) -> tuple[Activation, ...]:
        """Activations of the hidden nodes."""
        return self._activations[: self.n_hidden]

    @property
    def output_activations(self) -> tuple[Activation, ...]:
        """Activations of the outputs."""
        return self._activations[self.n_hidden :]

    @property
    def connections(self) -> NDArray[np.int64]:
        """Pairs (from, to), shape (n_connections, 2), sorted by target and then source, those of a target that are recurrent
        last; read-only."""
        return self._connections

    @property
    def recurrent(self) -> NDArray[np.bool_]:
        """Which of `connections` carry the source's value of the step before, shape (n_connections,); read-only."""
        return self._recurrent

    @property
    def is_recurrent(self) -> bool:
        """Whether there is such a connection."""
        return self._core.n_memory > 0

    @property
    def weights(self) -> FloatArray | None:
        """Tuned individual weights in the order of `connections`, shape (n_connections,), or None."""
        return self._weights

    @property
    def shared_weight(self) -> float | None:
        """The tuned shared weight, or None."""
        return self._shared_weight

    @property
    def metadata(self) -> dict[str, Any]:
        """Scores, provenance and the like (a copy)."""
        return dict(self._metadata)

    @property
    def n_inputs(self) -> int:
        """How many inputs, the bias not counted."""
        return len(self._inputs)

    @property
    def n_outputs(self) -> int:
        """How many outputs."""
        return len(self._outputs)

    @property
    def n_hidden(self) -> int:
        """How many hidden nodes."""
        return len(self._activations) - len(self._outputs)

    @property
    def n_nodes(self) -> int:
        """How many nodes: bias, inputs, hidden and outputs."""
        return 1 + len(self._inputs) + len(self._activations)

    @property
    def n_connections(self) -> int:
        """How many connections."""
        return len(self._connections)

    @property
    def n_memory(self) -> int:
        """How many values it remembers from step to step: those of the nodes at which recurrent connections start."""
        return self._core.n_memory

    @property
    def core(self) -> _core.Network:
        """The network as the compiled core runs it."""
        return self._core

    def __call__(
        self, x: ArrayLike, weight: ArrayLike | None = None, *, weights: ArrayLike | None = None, threads: int = 1
    ) -> FloatArray:
        """The outputs for inputs ``x``.

        Args:
            x: Inputs, shape (..., n_inputs).
            weight: The shared weight: one number, or an array of shape (...) with one for each sample.
            weights: Individual weights instead, shape (n_connections,) or (..., n_connections).
            threads: Threads to use.

        Without ``weight`` and ``weights`` the network runs with its own tuned ones: `weights` where it has them, else
        `shared_weight`.

        Returns:
            The outputs, float32, shape (..., n_outputs).

        Raises:
            WannError: A shape does not fit, a weight is not finite, no weight is given and none is tuned, or the network is
                recurrent: then see `step`.
        """
        self.refuse_recurrent("gives outputs step by step: outputs, memory = network.step(x, memory)")
        return self.step(x, None, weight, weights=weights, threads=threads)[0]

    def step(
        self,
        x: ArrayLike,
        memory: ArrayLike | None = None,
        weight: ArrayLike | None = None,
        *,
        weights: ArrayLike | None = None,
        threads: int = 1,
    ) -> tuple[FloatArray, FloatArray]:
        """The outputs of one step of an episode, or of several side by side, and what the network remembers of it.

        Args:
            x: Inputs, shape (..., n_inputs).
            memory: What the step before gave, shape (..., n_memory); None stands for zeros, at the start of an episode.
            weight: As when the network is called, and so the other arguments.
            weights: Likewise.
            threads: Likewise.

        Returns:
            The outputs, float32, shape (..., n_outputs), and the memory for the next step, float32, shape (..., n_memory).

        Raises:
            WannError: A shape does not fit, a weight is not finite, or no weight is given and none is tuned.
        """
        samples: FloatArray = as_numbers(x, "x")
        if samples.ndim == 0 or samples.shape[-1] != self.n_inputs:
            raise WannError(f"x has shape {samples.shape}; expected (..., {self.n_inputs}), one column an input")
        lead = samples.shape[:-1]
        flat = np.ascontiguousarray(samples.reshape(math.prod(lead), self.n_inputs))
        rows, individual = self._weight_rows(weight, weights, lead)
        kept = self._memory_rows(memory, lead)
        out = self._core.forward(flat, rows, individual, check_threads(threads), kept)
        return out.reshape(*lead, self.n_outputs), kept.reshape(*lead, self.n_memory)

    def refuse_recurrent(self, what: str) -> None:
        """For what a recurrent network cannot do.

        Raises:
            WannError: The network is recurrent; the message goes on with ``what``.
        """
        if self.is_recurrent:
            raise WannError(f"the network is recurrent and {what}")

    def _memory_rows(self, memory: ArrayLike | None, lead: tuple[int, ...]) -> FloatArray:
        """A copy of the memory for the core, one row for each sample."""
        shape = (*lead, self.n_memory)
        values: FloatArray = np.zeros(shape, dtype=np.float32) if memory is None else as_numbers(memory, "memory")
        if values.shape != shape:
            raise WannError(f"memory has shape {values.shape}; expected {shape}, what the step before gave")
        return values.reshape(math.prod(lead), self.n_memory).copy()

    def _weight_rows(
        self, weight: ArrayLike | None, weights: ArrayLike | None, lead: tuple[int, ...]
    ) -> tuple[FloatArray, bool]:
        """Weights as rows for the core, one row for all samples or one for each; and whether they are individual."""
        if weight is not None and weights is not None:
            raise WannError("give either weight (shared) or weights (individual), not both")
        if weight is None and weights is None:
            weights = self._weights
            weight = None if weights is not None else self._shared_weight
            if weights is None and weight is None:
                raise WannError("this network has no tuned weight: call it with weight=..., such as weight=1.0")
        individual = weights is not None
        name = "weights" if individual else "weight"
        columns = (self.n_connections,) if individual else ()
        values: FloatArray = as_numbers(weights if individual else weight, name)
        if not np.isfinite(values).all():
            raise WannError(f"{name}: all values must be finite")
        if values.shape == columns:
            return np.ascontiguousarray(values.reshape(1, -1)), individual
        if values.shape != lead + columns:
            raise WannError(f"{name} has shape {values.shape}; expected {columns} or {lead + columns}")
        return np.ascontiguousarray(values.reshape(math.prod(lead), *(columns or (1,)))), individual

    def with_tuning(
        self, *, weights: ArrayLike | None = None, shared_weight: float | None = None, **metadata: Any
    ) -> "Network":
        """The same topology with tuned weights; what is None stays as it is, and ``metadata`` is added.

        ``weights`` are in the order of `connections`.
        """
        return Network(
            inputs=self._inputs,
            outputs=self._outputs,
            hidden=self.hidden,
            output_activations=self.output_activations,
            connections=self._connections,
            recurrent=self._recurrent,
            weights=self._weights if weights is None else weights,
            shared_weight=self._shared_weight if shared_weight is None else shared_weight,
            metadata={**self._metadata, **metadata},
        )

    def with_metadata(self, **metadata: Any) -> "Network":
        """The same network with entries added to its metadata."""
        return self.with_tuning(**metadata)

    def without_metadata(self, *names: str) -> "Network":
        """The same network without these entries of its metadata; a name that is not there is passed over."""
        other = self.with_tuning()
        other._metadata = {name: value for name, value in self._metadata.items() if name not in names}
        return other

    def save(self, path: str | Path) -> None:
        """Writes the network: JSON (docs/network-format.md), or the authors' format where the name ends in ``.out``.

        The file is written beside ``path`` and renamed into place.

        Raises:
            WannError: ``path`` is no path, or the format cannot hold the network.
        """
        from wann.networks import file as network_file

        network_file.save(self, check_path(path))

    @classmethod
    def load(cls, path: str | Path) -> "Network":
        """Reads a network file, JSON or ``.out``.

        Raises:
            WannError: The file is not a whole and valid network; the message says what is wrong and where.
            FileNotFoundError: There is no such file.
        """
        from wann.networks import file as network_file

        place, name = check_path(path), str(path).removeprefix("zoo:")
        if name != str(path) and not place.exists():
            raise WannError(
                f"{shown(path)} names a network of the zoo on the command line; here: wann.zoo.load({name!r:.60})"
            )
        return network_file.load(place)

    def same_topology(self, other: "Network") -> bool:
        """Whether the other network has the same nodes, activations and connections."""
        check_instance(other, Network, "other")
        return bool(self._core.equals(other._core))

    def __eq__(self, other: object) -> bool:
        """Equal topology, names and tuned weights; metadata does not count."""
        if not isinstance(other, Network):
            return NotImplemented
        same_weights = (self._weights is None) == (other._weights is None) and (
            self._weights is None or np.array_equal(self._weights, other._weights)  # type: ignore[arg-type]
        )
        return (
            self.same_topology(other)
            and (self._inputs, self._outputs) == (other._inputs, other._outputs)
            and self._shared_weight == other._shared_weight
            and same_weights
        )

    def __hash__(self) -> int:
        return hash((self._activations, self._connections.tobytes(), self._recurrent.tobytes()))

    def __reduce__(self) -> tuple[Any, ...]:
        """For pickle and copy: a network is made again from its description, and so checked again."""
        description = {
            "inputs": self._inputs,
            "outputs": self._outputs,
            "hidden": tuple(map(int, self.hidden)),
            "output_activations": tuple(map(int, self.output_activations)),
            "connections": np.array(self._connections),
            "recurrent": np.array(self._recurrent),
            "weights": None if self._weights is None else np.array(self._weights),
            "shared_weight": self._shared_weight,
            "metadata": self._metadata,
        }
        return _rebuild, (description,)

    def __repr__(self) -> str:
        sizes = {
            "input": self.n_inputs,
            "hidden node": self.n_hidden,
            "output": self.n_outputs,
            "connection": self.n_connections,
            **({"recurrent one": int(self._recurrent.sum())} if self.is_recurrent else {}),
        }
        return f"Network({', '.join(counted(n, what) for what, n in sizes.items())})"

    def __str__(self) -> str:
        """What it is made of, and what its metadata say of it, a line for each."""
        from wann.networks.table import table

        return table(self)


def _rebuild(description: dict[str, Any]) -> Network:
    return Network(**description)


class Networks(Sequence[Network]):
    """Several networks of one task that run in one call; made by a search, without a Python object for each."""

    def __init__(self, batch: _core.NetworkBatch, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> None:
        self.batch = check_instance(batch, _core.NetworkBatch, "batch")
        self._inputs = check_names(inputs, "inputs")
        self._outputs = check_names(outputs, "outputs")

    @property
    def n_inputs(self) -> int:
        """How many inputs each has."""
        return len(self._inputs)

    @property
    def n_outputs(self) -> int:
        """How many outputs each has."""
        return len(self._outputs)

    def __len__(self) -> int:
        return len(self.batch)

    @overload
    def __getitem__(self, index: int) -> Network: ...
    @overload
    def __getitem__(self, index: slice) -> list[Network]: ...
    def __getitem__(self, index: int | slice) -> Network | list[Network]:
        """One network, or a list of them for a slice."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        i = index + len(self) if index < 0 else index
        if not 0 <= i < len(self):
            raise IndexError(f"network {index} of {len(self)}")
        return Network._from_core(self.batch[i], self._inputs, self._outputs)


def as_batch(networks: Sequence[Network]) -> _core.NetworkBatch:
    """The networks as the core takes them."""
    return networks.batch if isinstance(networks, Networks) else _core.NetworkBatch([n.core for n in networks])
