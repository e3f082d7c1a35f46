// Walkers that are stepped from Python: for the tests against Gymnasium, and for pictures.
#include "../tasks/walker/task.hpp"

#include <memory>

#include <nanobind/stl/unique_ptr.h>

#include "common.hpp"

using namespace wann;

namespace {

// Heights (n, 200); boxes (m, 5) as rows (walker, left, bottom, right, top) in the order in which they were made; pushes
// (n,).
std::vector<BipedalTerrain> terrains_from(In<float, 2> heights, In<float, 2> boxes, In<float, 1> pushes) {
  const std::size_t n = heights.shape(0);
  if (heights.shape(1) != BipedalTerrain::kLength || pushes.size() != n || n == 0 || boxes.shape(1) != 5)
    throw nb::value_error("heights are (n, 200), boxes (m, 5) and pushes (n,)");
  std::vector<BipedalTerrain> terrains(n);
  for (std::size_t i = 0; i < n; ++i) {
    std::copy_n(heights.data() + i * BipedalTerrain::kLength, BipedalTerrain::kLength, terrains[i].height);
    terrains[i].push = pushes.data()[i];
  }
  for (std::size_t k = 0; k < boxes.shape(0); ++k) {
    const float* row = boxes.data() + 5 * k;
    if (!(row[0] >= 0 && row[0] < static_cast<float>(n))) throw nb::value_error("a box belongs to no walker");
    terrains[static_cast<std::size_t>(row[0])].add_box(row[1], row[2], row[3], row[4]);
  }
  for (BipedalTerrain& t : terrains) t.finish();
  return terrains;
}

std::vector<BipedalTerrain> terrains_of(In<std::uint64_t, 1> seeds, bool hardcore) {
  if (seeds.size() == 0) throw nb::value_error("at least one seed is needed");
  std::vector<BipedalTerrain> terrains;
  for (std::size_t i = 0; i < seeds.size(); ++i) terrains.push_back(make_bipedal_terrain(seeds.data()[i], hardcore));
  return terrains;
}

class Walkers {
  using Task = BipedalWalker;

 public:
  explicit Walkers(std::vector<BipedalTerrain> terrains)
      : n_(terrains.size()),
        terrains_(terrains),
        episodes_(std::move(terrains)),
        states_((n_ + kLaneWidth - 1) / kLaneWidth) {
    for (std::size_t i = 0; i < states_.size() * kLaneWidth; ++i)
      episodes_.start(states_[i / kLaneWidth], static_cast<int>(i % kLaneWidth), std::min(i, n_ - 1));
  }

  std::size_t size() const { return n_; }

  Out<float> observations() const {
    Out<float> out = new_array<float>({n_, Task::kInputs});
    Row rows[Task::kInputs];
    for (std::size_t i = 0; i < n_; ++i) {
      if (i % kLaneWidth == 0) task_.observe(states_[i / kLaneWidth], *world_, rows, 0);
      for (std::size_t k = 0; k < Task::kInputs; ++k) out.data()[i * Task::kInputs + k] = rows[k][0][i % kLaneWidth];
    }
    return out;
  }

  // Walkers whose episode has ended stand still, with reward 0.
  std::pair<Out<float>, Out<bool>> step(In<float, 2> actions) {
    if (actions.shape(0) != n_ || actions.shape(1) != Task::kOutputs) throw nb::value_error("actions are (n, 4)");
    Out<float> rewards = new_array<float>({n_});
    Out<bool> done = new_array<bool>({n_});
    for (std::size_t v = 0; v < states_.size(); ++v) {
      Lanes action[1][Task::kOutputs] = {};
      const std::size_t lanes = std::min<std::size_t>(kLaneWidth, n_ - v * kLaneWidth);
      for (std::size_t lane = 0; lane < lanes; ++lane)
        for (std::size_t k = 0; k < Task::kOutputs; ++k)
          action[0][k][lane] = actions.data()[(v * kLaneWidth + lane) * Task::kOutputs + k];
      const Mask alive = states_[v].s.bodies.alive;
      Mask ended;
      Lanes reward;
      task_.step(&states_[v], 1, *world_, action, &reward, &ended);
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        rewards.data()[v * kLaneWidth + lane] = alive[lane] ? reward[lane] : 0.0f;
        done.data()[v * kLaneWidth + lane] = !alive[lane] || ended[lane];
      }
    }
    return {rewards, done};
  }

  // Rows (x, y, angle) of hull, thigh, shank, thigh, shank: (n, 5, 3).
  Out<float> bodies() const {
    Out<float> out = new_array<float>({n_, walker::kBodies, 3});
    float* row = out.data();
    for (std::size_t i = 0; i < n_; ++i) {
      const physics::Bodies<walker::Model>& s = states_[i / kLaneWidth].s.bodies;
      const int lane = static_cast<int>(i % kLaneWidth);
      for (int b = 0; b < walker::kBodies; ++b, row += 3) {
        const auto t = physics::transform_of(s.pose[b], walker::mass_of_body(b).centre);
        row[0] = t.origin.x[lane];
        row[1] = t.origin.y[lane];
        row[2] = s.pose[b].angle[lane];
      }
    }
    return out;
  }

  // Rows (x, y, angular) of the bodies' velocities, of their centres of mass: (n, 5, 3).
  Out<float> velocities() const {
    Out<float> out = new_array<float>({n_, walker::kBodies, 3});
    float* row = out.data();
    for (std::size_t i = 0; i < n_; ++i) {
      const physics::Bodies<walker::Model>& s = states_[i / kLaneWidth].s.bodies;
      const int lane = static_cast<int>(i % kLaneWidth);
      for (const auto& v : s.velocity) {
        *row++ = v.linear.x[lane];
        *row++ = v.linear.y[lane];
        *row++ = v.angular[lane];
      }
    }
    return out;
  }

  std::pair<Out<float>, Out<float>> terrain(std::size_t i) const {
    if (i >= n_) throw nb::index_error();
    const BipedalTerrain& t = terrains_[i];
    Out<float> heights = new_array<float>({BipedalTerrain::kLength});
    std::copy_n(t.height, BipedalTerrain::kLength, heights.data());
    Out<float> boxes = new_array<float>({static_cast<std::size_t>(t.n_boxes), 4});
    for (int k = 0; k < t.n_boxes; ++k)
      for (int side = 0; side < 4; ++side) boxes.data()[4 * k + side] = t.box[side][k];
    return {heights, boxes};
  }

  Out<float> pushes() const {
    Out<float> out = new_array<float>({n_});
    for (std::size_t i = 0; i < n_; ++i) out.data()[i] = terrains_[i].push;
    return out;
  }

 private:
  Task task_{false};  // the hardcore one steps alike: it has other terrains and another step limit
  std::size_t n_;
  std::vector<BipedalTerrain> terrains_;
  Task::Episodes episodes_;
  std::vector<Task::State> states_;
  std::unique_ptr<Task::Work> world_ = std::make_unique_for_overwrite<Task::Work>();
};

}  // namespace

void bind_walkers(nb::module_& m) {
  nb::class_<Walkers>(m, "BipedalWalkers", "Bipedal walkers side by side; see core/tasks/walker/task.hpp.")
      .def(
          "__init__",
          [](Walkers* self, In<std::uint64_t, 1> seeds, bool hardcore) { new (self) Walkers(terrains_of(seeds, hardcore)); },
          nb::arg("seeds"), nb::arg("hardcore"))
      .def_static(
          "on_terrain",
          [](In<float, 2> heights, In<float, 2> boxes, In<float, 1> pushes) {
            return std::make_unique<Walkers>(terrains_from(heights, boxes, pushes));
          },
          nb::arg("heights"), nb::arg("boxes"), nb::arg("pushes"),
          "Walkers on given ground: heights (n, 200), boxes (m, 5) as rows (walker, left, bottom, right, top), pushes (n,).")
      .def("__len__", &Walkers::size)
      .def("observations", &Walkers::observations, "What each walker senses, (n, 24).")
      .def("step", &Walkers::step, nb::arg("actions"), "Rewards (n,) and whether each episode has ended (n,).")
      .def("bodies", &Walkers::bodies, "Rows (x, y, angle) of hull, thigh, shank, thigh, shank: (n, 5, 3).")
      .def("velocities", &Walkers::velocities, "Rows (x, y, angular) of the bodies' velocities: (n, 5, 3).")
      .def("terrain", &Walkers::terrain, nb::arg("walker"), "Heights (200,) and boxes (m, 4) of a walker's ground.")
      .def("pushes", &Walkers::pushes, "The push (N) that each hull gets at the start, (n,).");
}
