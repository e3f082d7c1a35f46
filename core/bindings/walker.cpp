// The bipedal walker.
#include "../tasks/walker/task.hpp"

#include "task_binding.hpp"

using namespace wann;

void bind_walker(nb::module_& m) {
  bind_control_task<BipedalWalker>(m, "BipedalWalker", "The bipedal walker; see core/tasks/walker/task.hpp.")
      .def(nb::init<bool>(), nb::arg("hardcore") = false)
      .def_prop_ro("hardcore", &BipedalWalker::hardcore);
}
