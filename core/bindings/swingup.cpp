// Cart-pole swing-up.
#include "../tasks/swingup/task.hpp"

#include "task_binding.hpp"

using namespace wann;

namespace {

// States are rows (x, ẋ, θ, θ̇).
Out<float> cartpole_starts(In<std::uint64_t, 1> seeds) {
  Out<float> starts = new_array<float>({seeds.size(), 4});
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    CartPoleSwingUp::State s{};
    CartPoleSwingUp().reset(s, 0, seeds.data()[i]);
    const float row[] = {s.position[0], s.velocity[0], s.angle[0], s.angular_velocity[0]};
    std::copy_n(row, 4, starts.data() + 4 * i);
  }
  return starts;
}

std::pair<Out<float>, Out<float>> cartpole_step(const CartPoleSwingUp& task, In<float, 2> states, In<float, 1> actions) {
  const std::size_t n = states.shape(0);
  if (states.shape(1) != 4 || actions.size() != n) throw nb::value_error("states are (n, 4), actions (n,)");
  Out<float> next = new_array<float>({n, 4});
  Out<float> rewards = new_array<float>({n});
  for (std::size_t i = 0; i < n; ++i) {
    const float* x = states.data() + 4 * i;
    CartPoleSwingUp::State s{broadcast(x[0]), broadcast(x[1]), broadcast(x[2]), broadcast(x[3]), {}, {}};
    sin_cos(s.angle, s.sine, s.cosine);
    Row action{};
    action[0] = broadcast(actions.data()[i]);
    Mask done;
    rewards.data()[i] = task.step(s, &action, 0, done)[0];
    const float row[] = {s.position[0], s.velocity[0], s.angle[0], s.angular_velocity[0]};
    std::copy_n(row, 4, next.data() + 4 * i);
  }
  return {next, rewards};
}

}  // namespace

void bind_swingup(nb::module_& m) {
  const SwingUpPhysics usual;
  bind_control_task<CartPoleSwingUp>(m, "CartPoleSwingUp", "Cart-pole swing-up; see core/tasks/swingup/task.hpp.")
      .def(
          "__init__",
          [](CartPoleSwingUp* task, bool hides_velocities, float gravity, float cart_mass, float pole_mass,
             float pole_length, float friction, float force) {
            new (task) CartPoleSwingUp(hides_velocities, {gravity, cart_mass, pole_mass, pole_length, friction, force});
          },
          nb::arg("hides_velocities") = false, nb::arg("gravity") = usual.gravity, nb::arg("cart_mass") = usual.cart_mass,
          nb::arg("pole_mass") = usual.pole_mass, nb::arg("pole_length") = usual.pole_length,
          nb::arg("friction") = usual.friction, nb::arg("force") = usual.force)
      .def("step", &cartpole_step, nb::arg("states"), nb::arg("actions"),
           "Next states (n, 4) and rewards (n,) of one step.");
  m.def("cartpole_swingup_starts", &cartpole_starts, nb::arg("seeds"), "Start states (n, 4) of episodes.");
}
