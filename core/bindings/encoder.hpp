// What Python holds of an encoder; bindings of tasks that see pictures take it as an argument.
#pragma once

#include <memory>

#include "../vision/encoder.hpp"

struct EncoderHandle {
  std::shared_ptr<const wann::Encoder> encoder;
};
