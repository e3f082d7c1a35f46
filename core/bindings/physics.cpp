// The physics by itself, for the tests: masses, and the solver with a small model.
#include <nanobind/stl/tuple.h>

#include <memory>

#include "../physics/double_pendulum.hpp"
#include "common.hpp"

using namespace wann;

namespace {

std::tuple<float, float, float, float> mass_of_polygons(const std::vector<In<float, 2>>& polygons,
                                                        const std::vector<float>& densities) {
  if (polygons.empty() || polygons.size() != densities.size())
    throw nb::value_error("one density is needed for each polygon, and at least one polygon");
  std::vector<std::vector<physics::Vec2<float>>> corners;
  for (const In<float, 2>& polygon : polygons) {
    if (polygon.shape(0) < 3 || polygon.shape(1) != 2)
      throw nb::value_error("a polygon is (n, 2), with three corners or more");
    corners.emplace_back();
    for (std::size_t i = 0; i < polygon.shape(0); ++i)
      corners.back().push_back({polygon.data()[2 * i], polygon.data()[2 * i + 1]});
    physics::sort_corners(corners.back());
  }
  std::vector<physics::MassPart> parts;
  for (std::size_t i = 0; i < corners.size(); ++i) parts.push_back({corners[i], densities[i]});
  const physics::MassData m = physics::mass_of(parts);
  return {m.mass, m.inertia, m.centre.x, m.centre.y};
}

// Double pendulums side by side.
class Pendulums {
  using Model = physics::DoublePendulum;

 public:
  // From angles (n, 2) of the rods, at rest.
  explicit Pendulums(In<float, 2> angles) : n_(angles.shape(0)), bodies_((n_ + kLaneWidth - 1) / kLaneWidth) {
    if (angles.shape(1) != 2 || n_ == 0 || bodies_.size() > physics::kMaxVectors)
      throw nb::value_error("angles are (n, 2), for at most 16 vectors of lanes");
    for (std::size_t i = 0; i < n_; ++i) {
      physics::Bodies<Model>& b = bodies_[i / kLaneWidth];
      const std::size_t lane = i % kLaneWidth;
      physics::Vec2<float> joint{0, 0};
      b.alive[lane] = -1;
      for (int rod = 0; rod < 2; ++rod) {
        const float angle = angles.data()[2 * i + rod];
        const physics::Vec2<float> half = physics::rotate(physics::rotation(angle), {0, -Model::kHalfLength});
        b.pose[1 + rod].centre.x[lane] = joint.x + half.x;
        b.pose[1 + rod].centre.y[lane] = joint.y + half.y;
        b.pose[1 + rod].angle[lane] = angle;
        joint = joint + half + half;
      }
    }
  }

  // Motors that want these speeds (n, 2) with torques of at most `torques` (n, 2); gives which have been put to rest.
  Out<bool> step(In<float, 2> speeds, In<float, 2> torques) {
    for (const In<float, 2>& a : {speeds, torques})
      if (a.shape(0) != n_ || a.shape(1) != 2) throw nb::value_error("speeds and torques are (n, 2)");
    std::vector<physics::Bodies<Model>*> bodies;
    std::vector<Mask> asleep(bodies_.size());
    for (std::size_t v = 0; v < bodies_.size(); ++v) {
      physics::Bodies<Model>& b = bodies_[v];
      bodies.push_back(&b);
      physics::MotorDrive<Model> drive{};
      for (std::size_t i = v * kLaneWidth; i < std::min(n_, (v + 1) * kLaneWidth); ++i)
        for (std::size_t j = 0; j < 2; ++j) {
          drive.speed[j][i % kLaneWidth] = speeds.data()[2 * i + j];
          drive.max_motor[j][i % kLaneWidth] = Model::kTimeStep * torques.data()[2 * i + j];
        }
      for (int rod = 1; rod <= 2; ++rod) b.velocity[rod].linear.y += Model::kTimeStep * -10.0f;
      solver_->begin(b, static_cast<int>(v));
      solver_->prepare(b, drive, static_cast<int>(v));
    }
    solver_->solve(bodies.data(), asleep.data(), static_cast<int>(bodies.size()));
    Out<bool> out = new_array<bool>({n_});
    for (std::size_t i = 0; i < n_; ++i) out.data()[i] = asleep[i / kLaneWidth][i % kLaneWidth] != 0;
    return out;
  }

  // Rows (x, y, angle) of base, upper and lower rod, then rows of their velocities: (n, 6, 3).
  Out<float> state() const {
    Out<float> out = new_array<float>({n_, 2 * Model::kBodies, 3});
    float* row = out.data();
    for (std::size_t i = 0; i < n_; ++i) {
      const physics::Bodies<Model>& b = bodies_[i / kLaneWidth];
      const std::size_t lane = i % kLaneWidth;
      for (const auto& pose : b.pose)
        for (const Lanes& x : {pose.centre.x, pose.centre.y, pose.angle}) *row++ = x[lane];
      for (const auto& velocity : b.velocity)
        for (const Lanes& x : {velocity.linear.x, velocity.linear.y, velocity.angular}) *row++ = x[lane];
    }
    return out;
  }

 private:
  std::size_t n_;
  std::vector<physics::Bodies<Model>> bodies_;
  std::unique_ptr<physics::Solver<Model>> solver_ = std::make_unique<physics::Solver<Model>>();
};

}  // namespace

void bind_physics(nb::module_& m) {
  m.def("mass_of_polygons", &mass_of_polygons, nb::arg("polygons"), nb::arg("densities"),
        "Mass, inertia about the centre of mass, and that centre (x, y) of a body of several convex polygons, each (n, 2).");
  nb::class_<Pendulums>(m, "DoublePendulums", "Double pendulums side by side; see core/physics/double_pendulum.hpp.")
      .def(nb::init<In<float, 2>>(), nb::arg("angles"))
      .def("step", &Pendulums::step, nb::arg("speeds"), nb::arg("torques"),
           "Moves on by 0.02 s with motors of these speeds and largest torques, both (n, 2); which have been put to rest.")
      .def("state", &Pendulums::state,
           "Rows (x, y, angle) of the base and both rods, then the same of their velocities: (n, 6, 3).");
}
