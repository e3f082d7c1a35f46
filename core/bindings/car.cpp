// Car racing.
#include "../tasks/car/task.hpp"

#include "encoder.hpp"
#include "task_binding.hpp"

using namespace wann;

void bind_car(nb::module_& m) {
  bind_control_task<CarRacing>(m, "CarRacing", "Car racing from pixels; see core/tasks/car/task.hpp.")
      .def(
          "__init__",
          [](CarRacing* self, const EncoderHandle& encoder, bool half_throttle, bool sees_past) {
            new (self) CarRacing(encoder.encoder, {half_throttle, sees_past});
          },
          nb::arg("encoder"), nb::arg("half_throttle"), nb::arg("sees_past"));
}
