#include "common.hpp"

#ifndef WANN_MODULE
#define WANN_MODULE _core
#endif
#ifndef WANN_INSTRUCTION_SET
#define WANN_INSTRUCTION_SET "generic"
#endif

NB_MODULE(WANN_MODULE, m) {
  m.attr("instruction_set") = WANN_INSTRUCTION_SET;
  m.attr("lane_width") = wann::kLaneWidth;
  m.attr("most_remembered") = wann::kMostRemembered;
  bind_car(m);
  bind_car_races(m);
  bind_encoder(m);
  bind_car_pictures(m);
  bind_linear_algebra(m);
  bind_math(m);
  bind_network(m);
  bind_physics(m);
  bind_policy(m);
  bind_variation(m);
  bind_population(m);
  bind_supervised(m);
  bind_swingup(m);
  bind_walker(m);
  bind_walkers(m);
}
