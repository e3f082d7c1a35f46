"""Networks that act step by step, in episodes."""

from numpy.typing import ArrayLike

from wann.networks.network import FloatArray, Network


class Stepper:
    """A network as a function from a step's inputs to its outputs, in one episode or in several side by side.

    It remembers what the network's recurrent connections carry to the next step. `reset` makes it forget, before another
    episode; where the network is not recurrent there is nothing to forget.

    Args:
        network: The network.
        weight: The shared weight, one number or one for each episode; see `Network.step`.
        weights: Individual weights instead.
        threads: Threads to use.
    """

    def __init__(
        self, network: Network, weight: ArrayLike | None = None, *, weights: ArrayLike | None = None, threads: int = 1
    ) -> None:
        self._network, self._weight, self._weights, self._threads = network, weight, weights, threads
        self._memory: FloatArray | None = None

    def reset(self) -> None:
        """Begins an episode, or several, of which the network remembers nothing yet."""
        self._memory = None

    def __call__(self, x: ArrayLike) -> FloatArray:
        """The outputs of the next step, shape (..., n_outputs), for inputs (..., n_inputs), of one shape in all steps."""
        step = self._network.step(x, self._memory, self._weight, weights=self._weights, threads=self._threads)
        if self._network.is_recurrent:
            self._memory = step[1]
        return step[0]
