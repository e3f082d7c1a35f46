// Car racing.
#include "../tasks/car/task.hpp"

#include <nanobind/stl/string.h>

#include <string>

#include "encoder.hpp"
#include "task_binding.hpp"

using namespace wann;

namespace {

CarRacing::Past past_of(const std::string& name) {
  if (name == "none") return CarRacing::Past::kNone;
  if (name == "frame") return CarRacing::Past::kFrame;
  if (name == "speed") return CarRacing::Past::kSpeed;
  throw nb::value_error("past is none, frame or speed");
}

}  // namespace

void bind_car(nb::module_& m) {
  bind_control_task<CarRacing>(m, "CarRacing", "Car racing from pixels; see core/tasks/car/task.hpp.")
      .def(
          "__init__",
          [](CarRacing* self, const EncoderHandle& encoder, bool half_throttle, const std::string& past) {
            new (self) CarRacing(encoder.encoder, {half_throttle, past_of(past)});
          },
          nb::arg("encoder"), nb::arg("half_throttle"), nb::arg("past"));
}
