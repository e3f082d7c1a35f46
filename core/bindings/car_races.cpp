// Cars that are stepped from Python: for the tests against Gymnasium, for training an encoder, and for pictures.
#include <nanobind/stl/unique_ptr.h>

#include <memory>

#include "../tasks/car/eye.hpp"
#include "../tasks/car/picture.hpp"
#include "common.hpp"

using namespace wann;

namespace {

using Circuits = std::vector<std::shared_ptr<const car::Circuit>>;

Circuits circuits_of(In<std::uint64_t, 1> seeds) {
  Circuits circuits;
  for (std::size_t i = 0; i < seeds.size(); ++i)
    circuits.push_back(std::make_shared<car::Circuit>(car::make_track(seeds.data()[i])));
  return circuits;
}

// Row i of `uniforms` are the numbers that the track of car i is drawn from.
Circuits circuits_from(In<double, 2> uniforms) {
  Circuits circuits;
  for (std::size_t i = 0; i < uniforms.shape(0); ++i) {
    const double* next = uniforms.data() + i * uniforms.shape(1);
    const double* const end = next + uniforms.shape(1);
    circuits.push_back(std::make_shared<car::Circuit>(car::make_track([&] {
      if (next == end) throw nb::value_error("a row of uniform numbers ends before a track is closed");
      return *next++;
    })));
  }
  return circuits;
}

class Races {
 public:
  explicit Races(Circuits circuits)
      : circuits_(std::move(circuits)), states_((circuits_.size() + kLaneWidth - 1) / kLaneWidth) {
    if (circuits_.empty()) throw nb::value_error("at least one race is needed");
    for (std::size_t i = 0; i < size(); ++i)
      car::place_car(states_[i / kLaneWidth], static_cast<int>(i % kLaneWidth), *circuits_[i]);
    const car::Controls none{};
    for (car::State& s : states_) {
      car::State* const states[] = {&s};
      world_->step(states, &none, 1);
    }
  }

  std::size_t size() const { return circuits_.size(); }

  // Cars whose episode has ended stand still, with reward 0.
  std::pair<Out<float>, Out<bool>> step(In<float, 2> actions) {
    if (actions.shape(0) != size() || actions.shape(1) != 3) throw nb::value_error("actions are (n, 3)");
    Out<float> rewards = new_array<float>({size()});
    Out<bool> done = new_array<bool>({size()});
    for (std::size_t v = 0; v < states_.size(); ++v) {
      car::Controls controls{};
      const std::size_t lanes = std::min<std::size_t>(kLaneWidth, size() - v * kLaneWidth);
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        const float* const a = actions.data() + (v * kLaneWidth + lane) * 3;
        controls.steering[lane] = a[0];
        controls.gas[lane] = a[1];
        controls.brake[lane] = a[2];
      }
      car::Cars& s = states_[v].s;
      const Mask alive = s.bodies.alive;
      car::State* const states[] = {&states_[v]};
      if (any(alive)) world_->step(states, &controls, 1);
      Lanes reward;
      Mask ended;
      car::pay(s, reward, ended);
      s.bodies.alive &= ~ended;
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        rewards.data()[v * kLaneWidth + lane] = alive[lane] ? reward[lane] : 0.0f;
        done.data()[v * kLaneWidth + lane] = !s.bodies.alive[lane];
      }
    }
    return {rewards, done};
  }

  Out<float> bodies() const {
    return rows<3>([](const car::Cars& s, int b, int lane, float* row) {
      const auto t = physics::transform_of(s.bodies.pose[b], car::Model::mass(b).centre);
      row[0] = t.origin.x[lane];
      row[1] = t.origin.y[lane];
      row[2] = s.bodies.pose[b].angle[lane];
    });
  }

  Out<float> velocities() const {
    return rows<3>([](const car::Cars& s, int b, int lane, float* row) {
      row[0] = s.bodies.velocity[b].linear.x[lane];
      row[1] = s.bodies.velocity[b].linear.y[lane];
      row[2] = s.bodies.velocity[b].angular[lane];
    });
  }

  Out<float> shown_speeds() const {
    Out<float> out = new_array<float>({size()});
    for (std::size_t i = 0; i < size(); ++i)
      out.data()[i] = car::shown_speed(car::speed_of(states_[i / kLaneWidth], static_cast<int>(i % kLaneWidth)));
    return out;
  }

  Out<double> spins() const {
    Out<double> out = new_array<double>({size(), car::kWheels, 2});
    for (std::size_t i = 0; i < size(); ++i) {
      const car::WheelSpins& spins = states_[i / kLaneWidth].spins;
      const int lane = static_cast<int>(i % kLaneWidth);
      for (int k = 0; k < car::kWheels; ++k) {
        out.data()[(i * car::kWheels + static_cast<std::size_t>(k)) * 2] = spins.omega[k].get(lane);
        out.data()[(i * car::kWheels + static_cast<std::size_t>(k)) * 2 + 1] = spins.phase[k].get(lane);
      }
    }
    return out;
  }

  // In colour.
  Out<std::uint8_t> pictures() const {
    Out<std::uint8_t> out = new_array<std::uint8_t>({size(), car::kPictureSize, car::kPictureSize, 3});
    car::Picture picture;
    for (std::size_t i = 0; i < size(); ++i)
      picture.draw(car::view_of(states_[i / kLaneWidth], static_cast<int>(i % kLaneWidth)),
                   out.data() + i * car::kPictureSize * car::kPictureSize * 3);
    return out;
  }

  // As networks see them.
  Out<float> views(int block) const {
    if (block == 3) return views_of<3>();
    if (block == 2) return views_of<2>();
    throw nb::value_error("blocks are of 2 or 3 pixels");
  }

  Out<double> track(std::size_t i) const {
    const car::Track& track = circuit(i).track;
    Out<double> out = new_array<double>({track.point.size(), 4});
    double* row = out.data();
    for (const car::TrackPoint& p : track.point)
      for (double x : {p.alpha, p.beta, p.x, p.y}) *row++ = x;
    return out;
  }

  Out<bool> borders(std::size_t i) const { return array_of<bool>(circuit(i).track.border); }

  Out<bool> visited(std::size_t i) const {
    const car::Progress& progress = states_[i / kLaneWidth].progress[i % kLaneWidth];
    Out<bool> out = new_array<bool>({circuit(i).track.point.size()});
    for (std::size_t k = 0; k < out.size(); ++k) out.data()[k] = progress.has_visited(static_cast<int>(k));
    return out;
  }

 private:
  const car::Circuit& circuit(std::size_t i) const {
    if (i >= size()) throw nb::index_error();
    return *circuits_[i];
  }

  template <int block>
  Out<float> views_of() const {
    using Shape = car::ViewShape<block>;
    Out<float> out = new_array<float>({size(), Shape::kRows, Shape::kColumns});
    for (std::size_t i = 0; i < size(); ++i)
      car::draw_view<block>(car::view_of(states_[i / kLaneWidth], static_cast<int>(i % kLaneWidth)),
                            out.data() + i * Shape::kPixels);
    return out;
  }

  template <std::size_t n, class Write>
  Out<float> rows(Write write) const {
    Out<float> out = new_array<float>({size(), car::Model::kBodies, n});
    float* row = out.data();
    for (std::size_t i = 0; i < size(); ++i)
      for (int b = 0; b < car::Model::kBodies; ++b, row += n)
        write(states_[i / kLaneWidth].s, b, static_cast<int>(i % kLaneWidth), row);
    return out;
  }

  Circuits circuits_;
  std::vector<car::State> states_;
  std::unique_ptr<car::World> world_ = std::make_unique_for_overwrite<car::World>();
};

}  // namespace

void bind_car_races(nb::module_& m) {
  nb::class_<Races>(m, "CarRaces", "Cars side by side, each on a track of its own; see core/tasks/car/world.hpp.")
      .def(
          "__init__", [](Races* self, In<std::uint64_t, 1> seeds) { new (self) Races(circuits_of(seeds)); },
          nb::arg("seeds"))
      .def_static(
          "from_uniforms", [](In<double, 2> uniforms) { return std::make_unique<Races>(circuits_from(uniforms)); },
          nb::arg("uniforms"), "Races on tracks that are drawn from given numbers in [0, 1), a row a track.")
      .def("__len__", &Races::size)
      .def("step", &Races::step, nb::arg("actions"),
           "One step with rows (steering, gas, brake): rewards (n,) and whether each episode has ended (n,).")
      .def("bodies", &Races::bodies, "Rows (x, y, angle) of the hull and the wheels: (n, 5, 3).")
      .def("velocities", &Races::velocities, "Rows (x, y, angular) of the bodies' velocities: (n, 5, 3).")
      .def("shown_speeds", &Races::shown_speeds, "The heights of the bars that show how fast the cars are: (n,).")
      .def("spins", &Races::spins, "Rows (speed, angle) of the wheels about their axles: (n, 4, 2).")
      .def("pictures", &Races::pictures, "What Gymnasium shows, (n, 96, 96, 3).")
      .def("views", &Races::views, nb::arg("block") = 3,
           "What networks see, 0 to 1: (n, 28, 32) for blocks of 3 pixels, (n, 42, 48) for blocks of 2.")
      .def("track", &Races::track, nb::arg("race"), "Rows (alpha, beta, x, y) of the track's points.")
      .def("borders", &Races::borders, nb::arg("race"), "Whether each tile of the track has a border.")
      .def("visited", &Races::visited, nb::arg("race"), "Whether each tile of the track has been visited.");
}
