from collections.abc import Sequence
import enum
from typing import Annotated

import numpy
from numpy.typing import NDArray


instruction_set: str

lane_width: int

most_remembered: float = 100.0

class CarRacing:
    """Car racing from pixels; see core/tasks/car/task.hpp."""

    def __init__(self, encoder: Encoder, half_throttle: bool, past: str) -> None: ...

    @property
    def max_steps(self) -> int:
        """Steps after which an episode ends."""

    def rollout(self, networks: NetworkBatch, weights: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], individual: bool, seeds: Annotated[NDArray[numpy.uint64], dict(shape=(None,), order='C', device='cpu', writable=False)], threads: int) -> tuple[NDArray[numpy.float32], NDArray[numpy.int32], int, int]:
        """
        Rewards and steps, both (n_networks, n_lanes), how many steps were computed (equal networks run once), and the steps of all lanes, those that were idle too.
        """

class CarRaces:
    """
    Cars side by side, each on a track of its own; see core/tasks/car/world.hpp.
    """

    def __init__(self, seeds: Annotated[NDArray[numpy.uint64], dict(shape=(None,), order='C', device='cpu', writable=False)]) -> None: ...

    @staticmethod
    def from_uniforms(uniforms: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu', writable=False)]) -> CarRaces:
        """
        Races on tracks that are drawn from given numbers in [0, 1), a row a track.
        """

    def __len__(self) -> int: ...

    def step(self, actions: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)]) -> tuple[NDArray[numpy.float32], NDArray[numpy.bool_]]:
        """
        One step with rows (steering, gas, brake): rewards (n,) and whether each episode has ended (n,).
        """

    def bodies(self) -> NDArray[numpy.float32]:
        """Rows (x, y, angle) of the hull and the wheels: (n, 5, 3)."""

    def velocities(self) -> NDArray[numpy.float32]:
        """Rows (x, y, angular) of the bodies' velocities: (n, 5, 3)."""

    def shown_speeds(self) -> NDArray[numpy.float32]:
        """The heights of the bars that show how fast the cars are: (n,)."""

    def spins(self) -> NDArray[numpy.float64]:
        """Rows (speed, angle) of the wheels about their axles: (n, 4, 2)."""

    def pictures(self) -> NDArray[numpy.uint8]:
        """What Gymnasium shows, (n, 96, 96, 3)."""

    def views(self, block: int = 3) -> NDArray[numpy.float32]:
        """
        What networks see, 0 to 1: (n, 28, 32) for blocks of 3 pixels, (n, 42, 48) for blocks of 2.
        """

    def track(self, race: int) -> NDArray[numpy.float64]:
        """Rows (alpha, beta, x, y) of the track's points."""

    def borders(self, race: int) -> NDArray[numpy.bool_]:
        """Whether each tile of the track has a border."""

    def visited(self, race: int) -> NDArray[numpy.bool_]:
        """Whether each tile of the track has been visited."""

class Encoder:
    """
    From pictures to latents: convolutions with max(., 0), and a dense layer; see core/vision/encoder.hpp.
    """

    def __init__(self, picture: tuple[int, int, int], convolutions: Sequence[tuple[Annotated[NDArray[numpy.float32], dict(shape=(None, None, None, None), order='C', device='cpu', writable=False)], Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)], int, int]], dense: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], dense_biases: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)]) -> None:
        """
        A picture has (rows, columns, channels); each convolution is (weights (channels, kernel, kernel, input channels), biases, stride, padding).
        """

    def encode(self, frames: Annotated[NDArray[numpy.float32], dict(shape=(None, None, None, None), order='C', device='cpu', writable=False)]) -> NDArray[numpy.float32]:
        """Latents (n, n_latents) of frames (n, rows, columns, channels)."""

    def seconds(self, rounds: int) -> float:
        """
        Seconds that `rounds` passes over one vector of frames take, for benchmarks.
        """

class CarPictures:
    """
    Pictures of a car on one track; see core/tasks/car/view.hpp and picture.hpp.
    """

    def __init__(self, points: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu', writable=False)], border: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order='C', device='cpu', writable=False)]) -> None:
        """
        A track of points (n, 4) as rows (alpha, beta, x, y), and whether each tile has a border, (n,).
        """

    def rgb(self, poses: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], touched: Annotated[NDArray[numpy.uint8], dict(shape=(None, None), order='C', device='cpu', writable=False)]) -> NDArray[numpy.uint8]:
        """
        Pictures in colour, (m, 96, 96, 3). Poses are (m, 18): x, y, angle, four wheel angles, four phases, time, speed, four speeds of wheels, yaw rate; touched is (m, n).
        """

    def view(self, poses: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], touched: Annotated[NDArray[numpy.uint8], dict(shape=(None, None), order='C', device='cpu', writable=False)], block: int = 3) -> NDArray[numpy.float32]:
        """
        What networks see: (m, 28, 32) for blocks of 3, (m, 42, 48) for blocks of 2.
        """

    def texture(self, level: int) -> tuple[NDArray[numpy.uint8], NDArray[numpy.float64]]:
        """
        The track's texels of a level, lowest row first, and (x, y, side): the middle of the first, and how far they are apart.
        """

    def size_in_bytes(self) -> int:
        """The track's texture."""

    def seconds_to_build(self) -> float:
        """How long it takes to make that texture anew."""

def product(a: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu', writable=False)], b: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu', writable=False)]) -> NDArray[numpy.float64]:
    """The product of two matrices, every sum from first to last."""

def symmetric_eigen(matrix: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu', writable=False)]) -> tuple[NDArray[numpy.float64], NDArray[numpy.float64]]:
    """
    Eigenvalues and eigenvectors (rows) of a symmetric matrix; a ValueError where they cannot be found.
    """

def normals(seed: int, rows: int, columns: int) -> NDArray[numpy.float64]:
    """Standard normal numbers in a matrix."""

def lane_function(name: str, x: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)]) -> NDArray[numpy.float32]:
    """
    A function of core/lanes/math.hpp applied to a float32 array, through the lanes.
    """

def derive_seed(seed: int, stream: int, a: int = 0, b: int = 0) -> int:
    """A new 64-bit seed for item (a, b) of a stream."""

def philox(counter: Sequence[int], key: int) -> list[int]:
    """One block of Philox 4x32-10."""

class Network:
    """A network as a flat program; see core/network/network.hpp."""

    def __init__(self, n_inputs: int, n_outputs: int, activations: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order='C', device='cpu', writable=False)], first: Annotated[NDArray[numpy.uint32], dict(shape=(None,), order='C', device='cpu', writable=False)], source: Annotated[NDArray[numpy.uint32], dict(shape=(None,), order='C', device='cpu', writable=False)], memory: Annotated[NDArray[numpy.uint32], dict(shape=(None,), order='C', device='cpu', writable=False)] | None = None) -> None: ...

    @property
    def n_inputs(self) -> int: ...

    @property
    def n_outputs(self) -> int: ...

    @property
    def n_nodes(self) -> int: ...

    @property
    def n_connections(self) -> int: ...

    @property
    def activations(self) -> NDArray[numpy.uint8]: ...

    @property
    def first(self) -> NDArray[numpy.uint32]: ...

    @property
    def source(self) -> NDArray[numpy.uint32]: ...

    @property
    def memory(self) -> NDArray[numpy.uint32]:
        """
        Nodes whose value of the step before is asked for; sources from n_nodes on stand for them.
        """

    @property
    def n_memory(self) -> int: ...

    def equals(self, arg: Network, /) -> bool: ...

    def forward(self, inputs: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], weights: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], individual: bool, threads: int, memory: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu')] | None = None) -> NDArray[numpy.float32]:
        """
        Outputs (n, n_outputs) for inputs (n, n_inputs); weights (1 or n, 1 or n_connections). The memory (n, n_memory) of a recurrent network is that of the step before, and is replaced by that of this step.
        """

class NetworkBatch:
    """Several networks that run in one call."""

    def __init__(self, networks: Sequence[Network]) -> None: ...

    @staticmethod
    def join(batches: Sequence[NetworkBatch]) -> NetworkBatch:
        """The networks of several batches as one."""

    def forward(self, inputs: Annotated[NDArray[numpy.float32], dict(shape=(None, None, None), order='C', device='cpu', writable=False)], weights: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], threads: int, memory: Annotated[NDArray[numpy.float32], dict(shape=(None, None, None), order='C', device='cpu')] | None = None) -> NDArray[numpy.float32]:
        """
        Outputs (n_networks, n_lanes, n_outputs) for inputs (n_networks, n_lanes, n_inputs); weights (n_lanes, 1); the memory of recurrent networks (n_networks, n_lanes, n_memory) is replaced by that of this step.
        """

    @property
    def n_memory(self) -> int:
        """The largest of any network."""

    def pack(self, rows: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu', writable=False)]) -> tuple[NDArray[numpy.uint32], NDArray[numpy.uint8], NDArray[numpy.uint32], NDArray[numpy.uint32], NDArray[numpy.uint32], NDArray[numpy.uint32]]:
        """
        Some of the networks in few arrays: computed nodes of each, activations, connections into each node, and where those start; remembered nodes of each, and which.
        """

    @staticmethod
    def unpack(n_inputs: int, n_outputs: int, n_computed: Annotated[NDArray[numpy.uint32], dict(shape=(None,), order='C', device='cpu', writable=False)], activations: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order='C', device='cpu', writable=False)], fan_in: Annotated[NDArray[numpy.uint32], dict(shape=(None,), order='C', device='cpu', writable=False)], sources: Annotated[NDArray[numpy.uint32], dict(shape=(None,), order='C', device='cpu', writable=False)], n_memory: Annotated[NDArray[numpy.uint32], dict(shape=(None,), order='C', device='cpu', writable=False)], memory: Annotated[NDArray[numpy.uint32], dict(shape=(None,), order='C', device='cpu', writable=False)]) -> NetworkBatch:
        """The networks that `pack` gave."""

    def __len__(self) -> int: ...

    def first_equal(self) -> list[int]:
        """For each network the first one that is equal to it."""

    def __getitem__(self, arg: int, /) -> Network: ...

def mass_of_polygons(polygons: Sequence[Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)]], densities: Sequence[float]) -> tuple[float, float, float, float]:
    """
    Mass, inertia about the centre of mass, and that centre (x, y) of a body of several convex polygons, each (n, 2).
    """

class DoublePendulums:
    """Double pendulums side by side; see core/physics/double_pendulum.hpp."""

    def __init__(self, angles: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)]) -> None: ...

    def step(self, speeds: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], torques: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)]) -> NDArray[numpy.bool_]:
        """
        Moves on by 0.02 s with motors of these speeds and largest torques, both (n, 2); which have been put to rest.
        """

    def state(self) -> NDArray[numpy.float32]:
        """
        Rows (x, y, angle) of the base and both rods, then the same of their velocities: (n, 6, 3).
        """

class Policies:
    """
    Networks and weights that act for environments outside the core; see core/network/policy.hpp.
    """

    def __init__(self, networks: NetworkBatch, shift: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], factor: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], weights: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], individual: bool) -> None: ...

    def run(self, jobs: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu', writable=False)], observations: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], outputs: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu')], n: int) -> int:
        """
        Writes outputs[:n] for observations[:n]; jobs[i] // n_lanes is row i's network, jobs[i] % n_lanes its row of weights. Returns the first row whose observation is not finite, or n.
        """

    def begin(self, job: int) -> None:
        """
        The job's episode begins: its network remembers nothing. So it is for every job at first.
        """

    def scale_outputs(self, reach: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)], center: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)], low: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)], high: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)]) -> None:
        """
        From now on `run` writes output * reach + center within [low, high]; an output that is not a number counts as 0.
        """

def take_next(counter: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu')]) -> int:
    """
    Adds 1 to the first entry and returns what it was, atomically, in memory that processes may share.
    """

class Operator(enum.IntEnum):
    """What a change of a genome is."""

    NONE = 0

    INSERT_NODE = 1

    ADD_CONNECTION = 2

    ENABLE_CONNECTION = 3

    CHANGE_ACTIVATION = 4

    MIRROR = 5

    REINFORCE = 6

    WEAKEN = 7

    REMOVE_CONNECTION = 8

    REMOVE_NODE = 9

    CROSSOVER = 10

    ADD_RECURRENT_CONNECTION = 11

class Activation(enum.IntEnum):
    """What a node does with its weighted sum."""

    LINEAR = 1

    STEP = 2

    SINE = 3

    GAUSSIAN = 4

    TANH = 5

    SIGMOID = 6

    INVERSE = 7

    ABSOLUTE = 8

    RELU = 9

    COSINE = 10

class VariationSettings:
    """
    How the next generation is made; see core/evolution/selection.hpp and mutation.hpp.
    """

    def __init__(self, *, cull: float = 0.2, elite: float = 0.2, tournament: int = 8, crossover: float = 0.0, transfer: float = 0.0, max_transferred: int = 16, insert_node: float = 0.25, add_connection: float = 0.2, enable_connection: float = 0.05, change_activation: float = 0.5, adjust_path: float = 0.0, remove_connection: float = 0.0, remove_node: float = 0.0, recurrent: float = 0.0, further_change: float = 0.0, mirror: float = 0.0, activations: Sequence[int] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) -> None: ...

    @property
    def cull(self) -> float:
        """The worst part, which gets no children."""

    @property
    def elite(self) -> float:
        """The best part, which passes unchanged."""

    @property
    def tournament(self) -> int:
        """Individuals in a tournament for a parent."""

    @property
    def crossover(self) -> float:
        """The part of the children that have two parents."""

    @property
    def transfer(self) -> float:
        """
        The part of the children that get changes which siblings with larger rewards have had.
        """

    @property
    def max_transferred(self) -> int:
        """Changes that such a child gets at most."""

    @property
    def insert_node(self) -> float:
        """The odds of the operator, like the next seven."""

    @property
    def add_connection(self) -> float: ...

    @property
    def enable_connection(self) -> float: ...

    @property
    def change_activation(self) -> float: ...

    @property
    def adjust_path(self) -> float: ...

    @property
    def remove_connection(self) -> float: ...

    @property
    def remove_node(self) -> float: ...

    @property
    def recurrent(self) -> float: ...

    @property
    def further_change(self) -> float:
        """The chance of one more change after each."""

    @property
    def mirror(self) -> float:
        """The chance that a child is mirrored instead."""

    @property
    def activations(self) -> NDArray[numpy.uint8]:
        """Numbers of the activations that hidden nodes may have."""

class Population:
    """Genomes that evolve together; see core/evolution/genome.hpp."""

    @staticmethod
    def random(size: int, n_inputs: int, n_outputs: int, enabled: float, seed: int, paths: float = 0.0) -> Population: ...

    @staticmethod
    def from_arrays(n_inputs: int, n_outputs: int, n_hidden: Annotated[NDArray[numpy.uint32], dict(shape=(None,), order='C', device='cpu', writable=False)], n_connections: Annotated[NDArray[numpy.uint32], dict(shape=(None,), order='C', device='cpu', writable=False)], hidden: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order='C', device='cpu', writable=False)], mark: Annotated[NDArray[numpy.uint64], dict(shape=(None,), order='C', device='cpu', writable=False)], from_: Annotated[NDArray[numpy.uint32], dict(shape=(None,), order='C', device='cpu', writable=False)], to: Annotated[NDArray[numpy.uint32], dict(shape=(None,), order='C', device='cpu', writable=False)], enabled: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order='C', device='cpu', writable=False)], change: Annotated[NDArray[numpy.uint32], dict(shape=(None, None), order='C', device='cpu', writable=False)], id: Annotated[NDArray[numpy.uint64], dict(shape=(None,), order='C', device='cpu', writable=False)] | None = None, parent: Annotated[NDArray[numpy.uint64], dict(shape=(None,), order='C', device='cpu', writable=False)] | None = None, n_changes: Annotated[NDArray[numpy.uint32], dict(shape=(None,), order='C', device='cpu', writable=False)] | None = None, changes: Annotated[NDArray[numpy.uint32], dict(shape=(None, None), order='C', device='cpu', writable=False)] | None = None, recurrent: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order='C', device='cpu', writable=False)] | None = None) -> Population: ...

    def to_arrays(self) -> dict[str, NDArray[numpy.uint64 | numpy.uint32 | numpy.uint8]]: ...

    def __len__(self) -> int: ...

    def networks(self, output_activation: int) -> NetworkBatch: ...

    def n_enabled(self) -> NDArray[numpy.uint32]:
        """Enabled connections of each genome."""

    def change(self, i: int) -> list[int]:
        """
        The last change of genome i: operator, activation, from, to, node, whether it is recurrent.
        """

    def next(self, order: Annotated[NDArray[numpy.uint32], dict(shape=(None,), order='C', device='cpu', writable=False)], settings: VariationSettings, seed: int, rewards: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)] | None = None) -> Population:
        """
        The next generation; `order` is best first. Rewards are needed where changes are transferred.
        """

def rank(a: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], b: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)]) -> NDArray[numpy.uint32]:
    """Individuals from best to worst by two objectives, both maximised."""

def nondominated_fronts(a: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], b: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)]) -> NDArray[numpy.uint32]:
    """The front of each individual, 0 the best."""

def score_shared(networks: NetworkBatch, inputs: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], classes: Annotated[NDArray[numpy.int32], dict(shape=(None,), order='C', device='cpu', writable=False)] | None, targets: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)] | None, rows: Annotated[NDArray[numpy.uint32], dict(shape=(None,), order='C', device='cpu', writable=False)], weights: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)], threads: int) -> NDArray[numpy.float64]:
    """
    Mean scores (n_networks, n_weights) over the samples `rows`: log-likelihoods of the classes, or minus the squared errors to the targets.
    """

def score_individual(network: Network, inputs: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], classes: Annotated[NDArray[numpy.int32], dict(shape=(None,), order='C', device='cpu', writable=False)] | None, targets: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)] | None, rows: Annotated[NDArray[numpy.uint32], dict(shape=(None,), order='C', device='cpu', writable=False)], weights: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], threads: int) -> NDArray[numpy.float64]:
    """
    The same for one network with rows of individual weights (n, n_connections): mean scores (n,).
    """

def graph_sizes(networks: NetworkBatch) -> dict[str, int]:
    """Sizes of the graph in which equal nodes stand once."""

class CartPoleSwingUp:
    """Cart-pole swing-up; see core/tasks/swingup/task.hpp."""

    def __init__(self, hides_velocities: bool = False, gravity: float = 9.819999694824219, cart_mass: float = 0.5, pole_mass: float = 0.5, pole_length: float = 0.6000000238418579, friction: float = 0.10000000149011612, force: float = 10.0) -> None: ...

    @property
    def max_steps(self) -> int:
        """Steps after which an episode ends."""

    def rollout(self, networks: NetworkBatch, weights: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], individual: bool, seeds: Annotated[NDArray[numpy.uint64], dict(shape=(None,), order='C', device='cpu', writable=False)], threads: int) -> tuple[NDArray[numpy.float32], NDArray[numpy.int32], int, int]:
        """
        Rewards and steps, both (n_networks, n_lanes), how many steps were computed (equal networks run once), and the steps of all lanes, those that were idle too.
        """

    def step(self, states: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], actions: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)]) -> tuple[NDArray[numpy.float32], NDArray[numpy.float32]]:
        """Next states (n, 4) and rewards (n,) of one step."""

def cartpole_swingup_starts(seeds: Annotated[NDArray[numpy.uint64], dict(shape=(None,), order='C', device='cpu', writable=False)]) -> NDArray[numpy.float32]:
    """Start states (n, 4) of episodes."""

class BipedalWalker:
    """The bipedal walker; see core/tasks/walker/task.hpp."""

    def __init__(self, hardcore: bool = False) -> None: ...

    @property
    def max_steps(self) -> int:
        """Steps after which an episode ends."""

    def rollout(self, networks: NetworkBatch, weights: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], individual: bool, seeds: Annotated[NDArray[numpy.uint64], dict(shape=(None,), order='C', device='cpu', writable=False)], threads: int) -> tuple[NDArray[numpy.float32], NDArray[numpy.int32], int, int]:
        """
        Rewards and steps, both (n_networks, n_lanes), how many steps were computed (equal networks run once), and the steps of all lanes, those that were idle too.
        """

    @property
    def hardcore(self) -> bool: ...

class BipedalWalkers:
    """Bipedal walkers side by side; see core/tasks/walker/task.hpp."""

    def __init__(self, seeds: Annotated[NDArray[numpy.uint64], dict(shape=(None,), order='C', device='cpu', writable=False)], hardcore: bool) -> None: ...

    @staticmethod
    def on_terrain(heights: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], boxes: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], pushes: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)]) -> BipedalWalkers:
        """
        Walkers on given ground: heights (n, 200), boxes (m, 5) as rows (walker, left, bottom, right, top), pushes (n,).
        """

    def __len__(self) -> int: ...

    def observations(self) -> NDArray[numpy.float32]:
        """What each walker senses, (n, 24)."""

    def step(self, actions: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)]) -> tuple[NDArray[numpy.float32], NDArray[numpy.bool_]]:
        """Rewards (n,) and whether each episode has ended (n,)."""

    def bodies(self) -> NDArray[numpy.float32]:
        """Rows (x, y, angle) of hull, thigh, shank, thigh, shank: (n, 5, 3)."""

    def velocities(self) -> NDArray[numpy.float32]:
        """Rows (x, y, angular) of the bodies' velocities: (n, 5, 3)."""

    def terrain(self, walker: int) -> tuple[NDArray[numpy.float32], NDArray[numpy.float32]]:
        """Heights (200,) and boxes (m, 4) of a walker's ground."""

    def pushes(self) -> NDArray[numpy.float32]:
        """The push (N) that each hull gets at the start, (n,)."""
