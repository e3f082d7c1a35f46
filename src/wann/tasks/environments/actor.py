"""What acts for many environments at once: networks, weights and scalings in the core, actions as environments take them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann import _core
from wann.tasks.environments.spaces import ActionCodec


class NotFiniteError(Exception):
    """A row's observation is not finite."""

    def __init__(self, row: int) -> None:
        super().__init__(row)
        self.row = row


class Actor:
    """Policies of jobs; job i is lane i % n_lanes of network i // n_lanes.

    Args:
        networks: In the core.
        shift: Taken from observations, float32, shape (n_networks, n_inputs).
        factor: What they are then multiplied by, likewise.
        weights: float32, shape (n_lanes, 1), or (n_lanes, n_connections) where they are individual.
        individual: Whether each connection has a weight of its own.
        codec: How outputs become actions.
        n_rows: The most rows in a call.
    """

    def __init__(
        self,
        networks: _core.NetworkBatch,
        shift: NDArray[np.float32],
        factor: NDArray[np.float32],
        weights: NDArray[np.float32],
        individual: bool,
        codec: ActionCodec,
        n_rows: int,
    ) -> None:
        self._policies = _core.Policies(networks, shift, factor, weights, individual)
        self._run = self._policies.run
        self.begin = self._policies.begin  #: called with a job whose episode begins again
        self._outputs = np.zeros((n_rows, len(codec.names)), dtype=np.float32)
        self._decode = codec.decode
        self._scaled = codec.scaling is not None
        self._reshape = codec.shape if len(codec.shape) != 1 else None
        if codec.scaling is not None:
            self._policies.scale_outputs(*codec.scaling)

    def act(self, jobs: NDArray[np.int64], observations: NDArray[np.float32], n: int) -> Sequence[Any]:
        """Actions of the first n rows.

        Raises:
            NotFiniteError: An observation is not finite.
        """
        finite = self._run(jobs, observations, self._outputs, n)
        if finite < n:
            raise NotFiniteError(finite)
        if not self._scaled:
            return self._decode(self._outputs[:n])
        # A copy: environments may keep the actions that they are given.
        actions: Any = self._outputs[:n].copy()
        return actions if self._reshape is None else actions.reshape(n, *self._reshape)  # type: ignore[no-any-return]
