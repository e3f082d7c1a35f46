"""The solver of core/physics with its smallest model, against a plain float64 version of the same equations; and masses."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from wann import _core

Array = NDArray[np.float64]

STEP = 0.02
SLOP, ANGULAR_SLOP = 0.005, np.deg2rad(2)
MOST_TURNED = np.deg2rad(8)  # in one position iteration


@dataclass(frozen=True)
class Joint:
    """Holds `anchor_b` of body b on `anchor_a` of body a, both from the centres of mass."""

    a: int
    b: int
    anchor_a: tuple[float, float]
    anchor_b: tuple[float, float]
    reference: float
    lower: float
    upper: float


#: What core/physics/double_pendulum.hpp says: two rods of 1.0 × 0.1 m and 0.2 kg, hung from a fixed base.
INVERSE_MASS = np.array([0, 5, 5])
INVERSE_INERTIA = np.array([0, 1, 1]) * 12 / (0.2 * (1.0**2 + 0.1**2))
JOINTS = (
    Joint(0, 1, (0, 0), (0, 0.5), 0.0, -1.2, 0.9),
    Joint(1, 2, (0, -0.5), (0, 0.5), 0.1, -0.6, 1.5),
)
ORDER = (1, 0)


def cross(a: Array, b: Array) -> Array:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def turned(angle: Array, vector: tuple[float, float]) -> Array:
    s, c = np.sin(angle), np.cos(angle)
    return np.stack([c * vector[0] - s * vector[1], s * vector[0] + c * vector[1]], axis=-1)


def point_matrix(j: Joint, ra: Array, rb: Array) -> Array:
    """How an impulse on a joint's point changes its velocity: (n, 2, 2)."""
    m, (ia, ib) = INVERSE_MASS[j.a] + INVERSE_MASS[j.b], INVERSE_INERTIA[[j.a, j.b]]
    k = np.empty((len(ra), 2, 2))
    k[:, 0, 0] = m + ia * ra[:, 1] ** 2 + ib * rb[:, 1] ** 2
    k[:, 1, 1] = m + ia * ra[:, 0] ** 2 + ib * rb[:, 0] ** 2
    k[:, 0, 1] = k[:, 1, 0] = -ia * ra[:, 0] * ra[:, 1] - ib * rb[:, 0] * rb[:, 1]
    return k


class Pendulums:
    """n worlds of rigid bodies with joints, by sequential impulses."""

    def __init__(self, angles: Array) -> None:
        n = len(angles)
        self.x, self.v = np.zeros((n, 3, 2)), np.zeros((n, 3, 2))
        self.angle, self.spin = np.c_[np.zeros(n), angles], np.zeros((n, 3))
        self.x[:, 1] = turned(angles[:, 0], (0, -0.5))
        self.x[:, 2] = turned(angles[:, 0], (0, -1.0)) + turned(angles[:, 1], (0, -0.5))
        self.still = np.zeros((n, 3))
        # Impulses of each joint: of the point (two numbers), of the limit, and of the motor.
        self.point, self.limit, self.motor = np.zeros((2, n, 2)), np.zeros((2, n)), np.zeros((2, n))
        self.side = np.zeros((2, n))

    def step(self, speeds: Array, torques: Array) -> NDArray[np.bool_]:
        self.v[:, 1:, 1] += STEP * -10
        for j in ORDER:
            self._prepare(j)
        for _ in range(50):
            for j in ORDER:
                self._solve_velocity(j, speeds[:, j], STEP * torques[:, j])
        self._integrate()
        return self._rest(self._solve_positions())

    def _arms(self, j: Joint) -> tuple[Array, Array]:
        return turned(self.angle[:, j.a], j.anchor_a), turned(self.angle[:, j.b], j.anchor_b)

    def _joint_angle(self, j: Joint) -> Array:
        return self.angle[:, j.b] - self.angle[:, j.a] - j.reference

    def _apply(self, j: Joint, p: Array, turn: Array) -> None:
        """An impulse on the joint's point, and an angular one."""
        ra, rb = self._arms(j)
        for body, arm, sign in ((j.a, ra, -1), (j.b, rb, 1)):
            self.v[:, body] += sign * INVERSE_MASS[body] * p
            self.spin[:, body] += sign * INVERSE_INERTIA[body] * (cross(arm, p) + turn)

    def _prepare(self, k: int) -> None:
        j, angle = JOINTS[k], self._joint_angle(JOINTS[k])
        side = np.where(angle <= j.lower, -1, np.where(angle >= j.upper, 1, 0))
        self.limit[k] = np.where(side == self.side[k], self.limit[k], 0)
        self.side[k] = side
        self._apply(j, self.point[k], self.motor[k] + self.limit[k])

    def _solve_velocity(self, k: int, speed: Array, most: Array) -> None:
        j = JOINTS[k]
        ia, ib = INVERSE_INERTIA[[j.a, j.b]]
        motor = np.clip(self.motor[k] - (self.spin[:, j.b] - self.spin[:, j.a] - speed) / (ia + ib), -most, most)
        self._apply(j, np.zeros((len(speed), 2)), motor - self.motor[k])
        self.motor[k] = motor

        ra, rb = self._arms(j)
        point = point_matrix(j, ra, rb)
        slip = self._point_velocity(j.b, rb) - self._point_velocity(j.a, ra)
        # The point and the limit together, three unknowns.
        whole = np.zeros((len(ra), 3, 3))
        whole[:, :2, :2] = point
        whole[:, 2, 2] = ia + ib
        whole[:, 0, 2] = whole[:, 2, 0] = -ia * ra[:, 1] - ib * rb[:, 1]
        whole[:, 1, 2] = whole[:, 2, 1] = ia * ra[:, 0] + ib * rb[:, 0]
        together = -np.linalg.solve(whole, np.c_[slip, self.spin[:, j.b] - self.spin[:, j.a]][..., None])[..., 0]
        total = self.limit[k] + together[:, 2]
        pushes = (self.side[k] != 0) & (self.side[k] * total <= 0)
        # The point alone; a limit that would pull gives back all that it has given.
        given_back = np.where(self.side[k] == 0, 0, self.limit[k])
        alone = np.linalg.solve(point, (given_back[:, None] * whole[:, :2, 2] - slip)[..., None])[..., 0]
        impulse = np.where(pushes[:, None], together[:, :2], alone)
        turn = np.where(pushes, together[:, 2], -given_back)
        self.limit[k] = np.where(pushes, total, 0)
        self.point[k] += impulse
        self._apply(j, impulse, turn)

    def _point_velocity(self, body: int, arm: Array) -> Array:
        return self.v[:, body] + self.spin[:, body, None] * np.stack([-arm[:, 1], arm[:, 0]], axis=-1)

    def _integrate(self) -> None:
        # Nothing moves more than 2 m or turns more than a quarter in one step.
        way = STEP * np.linalg.norm(self.v, axis=-1)
        self.v *= np.where(way > 2, 2 / np.maximum(way, 1e-30), 1)[..., None]
        turn = STEP * np.abs(self.spin)
        self.spin *= np.where(turn > np.pi / 2, np.pi / 2 / np.maximum(turn, 1e-30), 1)
        self.x += STEP * self.v
        self.angle += STEP * self.spin

    def _solve_positions(self) -> NDArray[np.bool_]:
        """Up to 20 iterations for each world; the worlds that came within the slops."""
        active = np.ones(len(self.x), dtype=bool)
        for _ in range(20):
            good = active.copy()
            for k in ORDER:
                good &= self._solve_position(k, active)
            active &= ~good
        return ~active

    def _solve_position(self, k: int, active: NDArray[np.bool_]) -> NDArray[np.bool_]:
        j = JOINTS[k]
        ia, ib = INVERSE_INERTIA[[j.a, j.b]]
        angle = self._joint_angle(j)
        lower, upper = self.side[k] < 0, self.side[k] > 0
        error = np.where(lower, j.lower - angle, np.where(upper, angle - j.upper, 0))
        back = np.where(
            lower,
            np.clip(angle - j.lower + ANGULAR_SLOP, -MOST_TURNED, 0),
            np.where(upper, np.clip(angle - j.upper - ANGULAR_SLOP, 0, MOST_TURNED), 0),
        )
        turn = np.where(active, -back / (ia + ib), 0)
        self.angle[:, j.a] -= ia * turn
        self.angle[:, j.b] += ib * turn
        ra, rb = self._arms(j)
        gap = self.x[:, j.b] + rb - self.x[:, j.a] - ra
        p = -np.linalg.solve(point_matrix(j, ra, rb), gap[..., None])[..., 0] * active[:, None]
        for body, arm, sign in ((j.a, ra, -1), (j.b, rb, 1)):
            self.x[:, body] += sign * INVERSE_MASS[body] * p
            self.angle[:, body] += sign * INVERSE_INERTIA[body] * cross(arm, p)
        return (np.linalg.norm(gap, axis=-1) <= SLOP) & (error <= ANGULAR_SLOP)

    def _rest(self, solved: NDArray[np.bool_]) -> NDArray[np.bool_]:
        moves = (np.abs(self.spin) > ANGULAR_SLOP) | (np.linalg.norm(self.v, axis=-1) > 0.01)
        self.still = np.where(moves, 0, self.still + STEP)
        asleep = solved & (self.still.min(axis=1) >= 0.5 - 1e-6)
        self.v[asleep] = self.spin[asleep] = self.still[asleep] = 0
        return asleep

    def state(self) -> Array:
        poses = np.concatenate([self.x, self.angle[..., None]], axis=-1)
        return np.concatenate([poses, np.concatenate([self.v, self.spin[..., None]], axis=-1)], axis=1)


def random_worlds(n: int, seed: int) -> tuple[Array, Array, Array]:
    """Angles at the start, and speeds and torques of the motors; a third of the motors is off."""
    rng = np.random.default_rng(seed)
    torques = rng.uniform(0, 4, (n, 2)) * (rng.random((n, 2)) < 0.67)
    return rng.uniform(-0.5, 0.8, (n, 2)), rng.uniform(-3, 3, (n, 2)), torques


def as_floats(*arrays: Array) -> list[NDArray[np.float32]]:
    return [np.ascontiguousarray(a, dtype=np.float32) for a in arrays]


@pytest.mark.parametrize("n", [1, 5, 61])
def test_the_solver_is_the_oracle(n: int) -> None:
    """Over a second and a half, at limits and away from them: numbers of worlds that fill a vector, two, and many."""
    angles, speeds, torques = as_floats(*random_worlds(n, seed=n))
    core, exact = _core.DoublePendulums(angles), Pendulums(angles.astype(float))
    at_a_limit = np.zeros(2)
    for _ in range(75):
        core.step(speeds, torques)
        exact.step(speeds.astype(float), torques.astype(float))
        at_a_limit += np.abs(exact.side).sum(axis=1)
        state = core.state()
        np.testing.assert_allclose(state[:, :3], exact.state()[:, :3], atol=2e-4)
        np.testing.assert_allclose(state[:, 3:], exact.state()[:, 3:], atol=5e-3)
    assert np.isfinite(state).all()
    if n == 61:
        assert (at_a_limit > 0.05 * 75 * n).all()


def test_motors_keep_their_speed_and_limits_hold() -> None:
    angles = np.zeros((20, 2), dtype=np.float32)
    strong = np.full((20, 2), 50, dtype=np.float32)
    worlds = _core.DoublePendulums(angles)
    speeds = np.tile(np.array([0.5, 1.0], dtype=np.float32), (20, 1))
    for _ in range(25):
        worlds.step(speeds, strong)
    spin = worlds.state()[:, 3:, 2]
    np.testing.assert_allclose(spin[:, 1], 0.5, atol=1e-3)
    np.testing.assert_allclose(spin[:, 2] - spin[:, 1], 1.0, atol=1e-3)
    for _ in range(200):
        worlds.step(speeds, strong)
    angle = worlds.state()[:, :3, 2]
    assert (np.abs(angle[:, 1] - 0.9) < 2 * ANGULAR_SLOP).all()
    assert (np.abs(angle[:, 2] - angle[:, 1] - 0.1 - 1.5) < 2 * ANGULAR_SLOP).all()


def test_what_does_not_move_is_put_to_rest() -> None:
    """With strong motors that hold still; and in the oracle, in the same step."""
    angles = np.array([[0.0, 0.1], [0.3, -0.1]], dtype=np.float32)
    still, strong = np.zeros((2, 2), dtype=np.float32), np.full((2, 2), 50, dtype=np.float32)
    core, exact = _core.DoublePendulums(angles), Pendulums(angles.astype(float))
    slept = []
    for _ in range(40):
        asleep = core.step(still, strong)
        np.testing.assert_array_equal(asleep, exact.step(still.astype(float), strong.astype(float)))
        slept.append(asleep)
    assert np.array(slept).any(axis=0).all()


def test_a_world_does_not_see_its_neighbours() -> None:
    """To the bit, wherever it stands among them."""
    angles, speeds, torques = as_floats(*random_worlds(60, seed=9))
    order = np.random.default_rng(0).permutation(60)
    together, shuffled, alone = (
        _core.DoublePendulums(np.ascontiguousarray(angles[rows])) for rows in (slice(None), order, slice(7, 8))
    )
    for _ in range(60):
        together.step(speeds, torques)
        shuffled.step(np.ascontiguousarray(speeds[order]), np.ascontiguousarray(torques[order]))
        alone.step(speeds[7:8], torques[7:8])
    np.testing.assert_array_equal(together.state()[order], shuffled.state())
    np.testing.assert_array_equal(together.state()[7], alone.state()[0])


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"angles are \(n, 2\)"):
        _core.DoublePendulums(np.zeros((3, 1), dtype=np.float32))
    worlds = _core.DoublePendulums(np.zeros((3, 2), dtype=np.float32))
    with pytest.raises(ValueError, match=r"speeds and torques are \(n, 2\)"):
        worlds.step(np.zeros((2, 2), dtype=np.float32), np.zeros((3, 2), dtype=np.float32))


#: The hull of Gymnasium's car: four convex polygons that go round either way.
HULL = [
    0.02 * np.array(corners, dtype=np.float64)
    for corners in (
        [(-60, 130), (60, 130), (60, 110), (-60, 110)],
        [(-15, 120), (15, 120), (20, 20), (-20, 20)],
        [(25, 20), (50, -10), (50, -40), (20, -90), (-20, -90), (-50, -40), (-50, -10), (-25, 20)],
        [(-50, -120), (50, -120), (50, -90), (-50, -90)],
    )
]


def mass_by_triangles(polygons: list[Array], densities: list[float]) -> tuple[float, float, Array]:
    """Mass, inertia about the centre of mass, and that centre."""
    mass, moment, second = 0.0, np.zeros(2), 0.0
    for corners, density in zip(polygons, densities, strict=True):
        a, b = corners, np.roll(corners, -1, axis=0)
        area = cross(a, b) / 2
        sign = np.sign(area.sum())
        mass += sign * density * area.sum()
        moment += sign * density * (area[:, None] * (a + b) / 3).sum(axis=0)
        second += sign * density * (area / 6 * ((a * a).sum(1) + (a * b).sum(1) + (b * b).sum(1))).sum()
    centre = moment / mass
    return mass, second - mass * float(centre @ centre), centre


def core_mass(polygons: list[Array], densities: list[float]) -> NDArray[np.float32]:
    return np.array(_core.mass_of_polygons(as_floats(*polygons), densities), dtype=np.float32)


def random_polygons(rng: np.random.Generator) -> list[Array]:
    """Convex ones: corners on ellipses."""
    polygons = []
    for _ in range(rng.integers(1, 6)):
        angles = np.sort(rng.uniform(0, 2 * np.pi / 8, 1) + np.arange(rng.integers(3, 9)) * 2 * np.pi / 8)
        corners = rng.uniform(0.3, 2, 2) * np.c_[np.cos(angles), np.sin(angles)] + rng.uniform(-1, 1, 2)
        polygons.append(corners[:: rng.choice([-1, 1])])
    return polygons


def test_mass_of_several_polygons() -> None:
    rng = np.random.default_rng(4)
    for polygons in [HULL, *(random_polygons(rng) for _ in range(50))]:
        densities = rng.uniform(0.5, 2, len(polygons)).tolist()
        mass, inertia, x, y = core_mass(polygons, densities).tolist()
        want_mass, want_inertia, want_centre = mass_by_triangles(polygons, densities)
        assert mass == pytest.approx(want_mass, rel=1e-5)
        assert inertia == pytest.approx(want_inertia, rel=1e-4)
        np.testing.assert_allclose([x, y], want_centre, atol=1e-5)


def test_mass_is_box2ds_to_the_bit() -> None:
    box2d = pytest.importorskip("Box2D", reason="Box2D is not installed (pip install 'gymnasium[box2d]')")
    rng, world = np.random.default_rng(5), box2d.b2World()
    for polygons in [HULL, *(random_polygons(rng) for _ in range(50))]:
        densities = rng.uniform(0.5, 2, len(polygons)).astype(np.float32).tolist()
        shapes = [box2d.b2PolygonShape(vertices=[tuple(map(float, c)) for c in p.astype(np.float32)]) for p in polygons]
        fixtures = [box2d.b2FixtureDef(shape=s, density=d) for s, d in zip(shapes, densities, strict=True)]
        body = world.CreateDynamicBody(fixtures=fixtures)
        mass, inertia, x, y = core_mass(polygons, densities)
        assert (mass, x, y) == (np.float32(body.mass), *map(np.float32, body.localCenter))
        # Box2D tells the inertia about the body's frame.
        assert inertia + mass * (x * x + y * y) == np.float32(body.inertia)


def test_masses_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="one density is needed"):
        _core.mass_of_polygons(as_floats(*HULL), [1.0])
    with pytest.raises(ValueError, match="three corners"):
        _core.mass_of_polygons(as_floats(HULL[0][:2]), [1.0])
