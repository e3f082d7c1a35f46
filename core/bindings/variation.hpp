// How the next generation is made: the settings of selection and mutation as one object for Python.
#pragma once

#include <vector>

#include "../evolution/selection.hpp"

struct VariationSettings : wann::SelectionConfig, wann::MutationConfig {
  // Throws a ValueError that names the setting that is out of range.
  void check() const;
};

// Throws a ValueError with the message unless x is from 0 to 1. Refuses NaN, too.
void check_part(double x, const char* message);

// The activation with this number; a ValueError where there is none.
wann::Activation checked_activation(int number);
