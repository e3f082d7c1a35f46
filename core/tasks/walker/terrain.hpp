// The ground of the bipedal walker: 200 heights a fixed distance apart, joined by segments, and in the hardcore version
// boxes: stumps, stairs, the walls of pits. Its distribution is that of Gymnasium's BipedalWalker-v3; the random numbers are
// ours.
#pragma once

#include "../../evolution/random.hpp"
#include "../../physics/contact.hpp"

namespace wann {

struct BipedalTerrain {
  static constexpr double kScale = 30.0;
  static constexpr double kStep = 14 / kScale;  // m between heights
  static constexpr int kLength = 200;           // heights
  static constexpr int kGrass = 10;             // steps of the longest plain stretch between obstacles
  static constexpr int kStartPad = 20;          // flat steps at the start
  static constexpr double kHeight = 400 / kScale / 4;
  static constexpr double kPush = 5;  // N, the largest push at the start
  static constexpr int kMaxBoxes = 64;
  static constexpr int kPadded = 208;

  float height[kPadded];
  float box[4][kMaxBoxes];          // left, bottom, right, top; in the order of their left sides
  std::int32_t first_box[kPadded];  // the first box that does not end left of a column
  std::int32_t n_boxes;
  float push;  // N, on the hull in the first step
  std::int32_t padding[6];

  void add_box(double left, double bottom, double right, double top) {
    if (n_boxes == kMaxBoxes) return;
    box[0][n_boxes] = static_cast<float>(left);
    box[1][n_boxes] = static_cast<float>(bottom);
    box[2][n_boxes] = static_cast<float>(right);
    box[3][n_boxes] = static_cast<float>(top);
    ++n_boxes;
  }

  // Fills in what follows from the heights and the boxes.
  void finish() {
    for (int i = kLength; i < kPadded; ++i) height[i] = height[kLength - 1];
    int j = 0;
    for (int i = 0; i < kPadded; ++i) {
      while (j < n_boxes && box[2][j] < static_cast<float>(i * kStep)) ++j;
      first_box[i] = j;
    }
  }
};

// x of each height.
inline constexpr auto kColumnX = [] {
  std::array<float, BipedalTerrain::kPadded> x{};
  for (int i = 0; i < BipedalTerrain::kPadded; ++i) x[i] = static_cast<float>(i * BipedalTerrain::kStep);
  return x;
}();

namespace terrain_detail {

// Builds one terrain from left to right: plain stretches, and between them one obstacle at a time.
class Builder {
 public:
  Builder(BipedalTerrain& terrain, Random& random) : terrain_(terrain), random_(random) {}

  void build(bool hardcore) {
    terrain_.n_boxes = 0;
    for (int i = 0; i < BipedalTerrain::kLength; ++i) {
      x_ = i * kStep;
      if (starts_)
        start_stretch();
      else
        continue_stretch(i);
      starts_ = false;
      terrain_.height[i] = static_cast<float>(y_);
      if (--left_ == 0) choose_next(hardcore);
    }
  }

 private:
  enum class Kind { kPlain, kStump, kStairs, kPit };
  static constexpr double kStep = BipedalTerrain::kStep;

  void choose_next(bool hardcore) {
    left_ = between(BipedalTerrain::kGrass / 2, BipedalTerrain::kGrass);
    kind_ = kind_ == Kind::kPlain && hardcore ? static_cast<Kind>(between(1, 4)) : Kind::kPlain;
    starts_ = true;
  }

  // The first column of a stretch keeps the height and sets up the boxes.
  void start_stretch() {
    switch (kind_) {
      case Kind::kPlain:
        break;
      case Kind::kStump: {
        left_ = between(1, 3);
        const double side = left_ * kStep;
        terrain_.add_box(x_, y_, x_ + side, y_ + side);
        break;
      }
      case Kind::kStairs:
        rise_ = random_.uniform() > 0.5 ? 1 : -1;
        stairs_ = between(3, 5);
        base_ = y_;
        for (int s = 0; s < stairs_; ++s)
          terrain_.add_box(x_ + s * kStairWidth * kStep, y_ + (s * rise_ - 1) * kStep, x_ + (s + 1) * kStairWidth * kStep,
                           y_ + s * rise_ * kStep);
        left_ = stairs_ * kStairWidth;
        break;
      case Kind::kPit:
        left_ = between(3, 5);
        terrain_.add_box(x_, y_ - 4 * kStep, x_ + kStep, y_);
        terrain_.add_box(x_ + left_ * kStep, y_ - 4 * kStep, x_ + (left_ + 1) * kStep, y_);
        left_ += 2;
        base_ = y_;
        break;
    }
  }

  void continue_stretch(int i) {
    if (kind_ == Kind::kPlain) {
      const double off = BipedalTerrain::kHeight - y_;
      slope_ = 0.8 * slope_ + 0.01 * ((off > 0) - (off < 0));
      if (i > BipedalTerrain::kStartPad) slope_ += (2 * random_.uniform() - 1) / BipedalTerrain::kScale;
      y_ += slope_;
    } else if (kind_ == Kind::kPit) {
      y_ = base_ - (left_ > 1 ? 4 * kStep : 0);
    } else if (kind_ == Kind::kStairs) {
      const double climbed = stairs_ * kStairWidth - left_ - rise_;
      y_ = base_ + climbed / kStairWidth * rise_ * kStep;
    }
  }

  int between(int low, int above) { return low + static_cast<int>(random_.below(static_cast<std::uint32_t>(above - low))); }

  static constexpr int kStairWidth = 4;

  BipedalTerrain& terrain_;
  Random& random_;
  Kind kind_ = Kind::kPlain;
  bool starts_ = false;
  int left_ = BipedalTerrain::kStartPad;  // columns of this stretch
  double x_ = 0, y_ = BipedalTerrain::kHeight, slope_ = 0;
  double base_ = 0;
  int stairs_ = 0, rise_ = 0;
};

}  // namespace terrain_detail

inline BipedalTerrain make_bipedal_terrain(std::uint64_t seed, bool hardcore) {
  BipedalTerrain terrain{};
  Random random(seed);
  terrain_detail::Builder(terrain, random).build(hardcore);
  terrain.finish();
  terrain.push = static_cast<float>(BipedalTerrain::kPush * (2 * random.uniform() - 1));
  return terrain;
}

}  // namespace wann
