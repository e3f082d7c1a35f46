// The car on the network's picture. It never moves on the screen: only its front wheels turn, and the stripes of its wheels
// run. So what it covers is kept in tables, by the wheels' angles and phases. Where the camera still comes down it is drawn.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>
#include <numbers>
#include <vector>

#include "../../lanes/lanes.hpp"
#include "car_shape.hpp"

namespace wann::car {

// The network's picture is the mean over blocks of kBlock x kBlock pixels of Gymnasium's.
template <int kBlock>
struct ViewShape {
  static constexpr int kRows = kRoadRows / kBlock, kColumns = kPictureSize / kBlock, kPixels = kRows * kColumns;
  static constexpr double kBlockWidth = static_cast<double>(kScreenWidth) / kColumns;
  static constexpr double kBlockHeight = static_cast<double>(kScreenHeight) * kBlock / kPictureSize;
};

// The blocks that the car may touch, each cut into kCuts x kCuts cells, which cover the ground independently. Blocks are the
// lanes of vectors.
template <int kBlock>
struct CarWindow {
  using Shape = ViewShape<kBlock>;
  static constexpr int kCuts = kBlock == 3 ? 4 : 2;
  static constexpr int kCells = kCuts * kCuts;
  // How far the car reaches from its place on the screen.
  static constexpr double kSide = 27, kAhead = 44, kBehind = 41;
  static constexpr int kTop = static_cast<int>((kScreenHeight - kCarY - kAhead) / Shape::kBlockHeight);
  static constexpr int kLeft = static_cast<int>((kCarX - kSide) / Shape::kBlockWidth);
  static constexpr int kDown = static_cast<int>((kScreenHeight - kCarY + kBehind) / Shape::kBlockHeight) + 1 - kTop;
  static constexpr int kAcross = static_cast<int>((kCarX + kSide) / Shape::kBlockWidth) + 1 - kLeft;
  static constexpr int kBlocks = kDown * kAcross;
  static constexpr int kLanes = (kBlocks + 15) / 16 * 16;

  // The block of a lane. Lanes past the last block repeat it: what they look up must lie in the picture, too.
  static constexpr int row(int lane) { return kTop + std::min(lane, kBlocks - 1) / kAcross; }
  static constexpr int column(int lane) { return kLeft + std::min(lane, kBlocks - 1) % kAcross; }
  static_assert(kTop + kDown <= Shape::kRows && kLeft + kAcross <= Shape::kColumns);
};

// How much of the ground shows in each cell, and how much light the car itself gives to each block.
template <int kBlock>
struct CarCover {
  using Window = CarWindow<kBlock>;
  float clear[Window::kCells][Window::kLanes];
  float light[Window::kLanes];
};

// The car's pixels on the screen.
class CarMask {
 public:
  enum : std::uint8_t { kClear, kDark, kBright };
  static constexpr int kLeft = 500 - 32, kWidth = 64, kBottom = 200 - 48, kHeight = 96;

  void draw(double zoom, const float* wheel_angle, const float* wheel_phase, unsigned parts) {
    std::memset(pixels_, kClear, sizeof pixels_);
    rows_ = {kHeight, 0};
    columns_ = {kWidth, 0};
    int wheels = 0;
    for_each_part(zoom, wheel_angle, wheel_phase, [&](std::span<const vision::Pixel> corners, Part part) {
      wheels += part == Part::wheel;
      const int bit = part == Part::hull ? kHullBit : wheels - 1;
      if (!(parts >> bit & 1)) return;
      const std::uint8_t value = part == Part::stripe ? kBright : kDark;
      vision::fill_as_pygame(corners, kScreenHeight, [&](int x0, int x1, int y) {
        std::memset(&pixels_[y - kBottom][x0 - kLeft], value, x1 - x0 + 1);
        rows_.include(y - kBottom, y - kBottom);
        columns_.include(x0 - kLeft, x1 - kLeft);
      });
    });
  }

  const std::uint8_t* row(int y) const { return pixels_[y]; }

  // Where the car is: from `first` to before `end`.
  struct Range {
    int first, end;
    void include(int from, int to) {
      first = std::min(first, from);
      end = std::max(end, to + 1);
    }
  };
  Range rows() const { return rows_; }
  Range columns() const { return columns_; }

  static constexpr int kHullBit = kWheels;
  static constexpr unsigned kAllParts = (1u << (kWheels + 1)) - 1;

 private:
  std::uint8_t pixels_[kHeight][kWidth];
  Range rows_, columns_;
};

namespace detail {

inline constexpr double kStripeLight = (77 - 2) / 255.0;

// Which cell along one direction a pixel of the mask begins in, counted from the window's edge, and how much of the pixel
// lies in that cell; the rest lies in the next one.
struct Slice {
  int cell;
  float share;
};

inline Slice slice_of(double pixel, double cell_side) {
  const int cell = static_cast<int>(std::floor(pixel / cell_side));
  return {cell, static_cast<float>(std::min(1.0, (cell + 1) * cell_side - pixel))};
}

// Sums of a mask over the cells of a window with a border of one cell, where nothing of the car is.
template <int kBlock>
struct CellSums {
  using Window = CarWindow<kBlock>;
  using Shape = ViewShape<kBlock>;
  static constexpr double kCellWidth = Shape::kBlockWidth / Window::kCuts, kCellHeight = Shape::kBlockHeight / Window::kCuts;
  static constexpr int kAcross = Window::kAcross * Window::kCuts, kDown = Window::kDown * Window::kCuts;

  float dark[kDown][kAcross + 1] = {}, bright[kDown][kAcross + 1] = {};

  explicit CellSums(const CarMask& mask) {
    std::array<Slice, CarMask::kWidth> across;
    for (int i = 0; i < CarMask::kWidth; ++i)
      across[i] = slice_of(CarMask::kLeft + i - Window::kLeft * Shape::kBlockWidth, kCellWidth);
    for (int y = mask.rows().first; y < mask.rows().end; ++y)
      add_row(mask.row(y), mask.columns(), across,
              slice_of(kScreenHeight - 1 - (CarMask::kBottom + y) - Window::kTop * Shape::kBlockHeight, kCellHeight));
  }

 private:
  void add_row(const std::uint8_t* row, CarMask::Range columns, const std::array<Slice, CarMask::kWidth>& across,
               Slice down) {
    float row_dark[kAcross + 1] = {}, row_bright[kAcross + 1] = {};
    for (int x = columns.first; x < columns.end; ++x) {
      if (row[x] == CarMask::kClear) continue;
      float* sums = row[x] == CarMask::kDark ? row_dark : row_bright;
      sums[across[x].cell] += across[x].share;
      sums[across[x].cell + 1] += 1 - across[x].share;
    }
    for (int part = 0; part < 2; ++part) {
      const int cell = down.cell + part;
      if (cell >= kDown) continue;
      const float share = part ? 1 - down.share : down.share;
      for (int x = 0; x <= kAcross; ++x) {
        dark[cell][x] += share * row_dark[x];
        bright[cell][x] += share * row_bright[x];
      }
    }
  }
};

template <int kBlock>
void cover_of(const CarMask& mask, CarCover<kBlock>& cover) {
  using Window = CarWindow<kBlock>;
  using Sums = CellSums<kBlock>;
  std::memset(&cover, 0, sizeof cover);
  const Sums sums(mask);
  constexpr float kShare = static_cast<float>(1 / (Sums::kCellWidth * Sums::kCellHeight));
  for (int block = 0; block < Window::kBlocks; ++block) {
    const int top = block / Window::kAcross * Window::kCuts, left = block % Window::kAcross * Window::kCuts;
    float light = 0;
    for (int cell = 0; cell < Window::kCells; ++cell) {
      const int row = top + cell / Window::kCuts, column = left + cell % Window::kCuts;
      cover.clear[cell][block] = 1 - kShare * (sums.dark[row][column] + sums.bright[row][column]);
      light += sums.bright[row][column];
    }
    cover.light[block] = light * (kShare / Window::kCells * static_cast<float>(kStripeLight));
  }
}

}  // namespace detail

template <int kBlock>
class CarSprite {
 public:
  using Window = CarWindow<kBlock>;

  static const CarSprite& get() {
    static const std::unique_ptr<const CarSprite> sprite(new CarSprite);
    return *sprite;
  }

  // At the camera's last height.
  void cover(const float* wheel_angle, const float* wheel_phase, CarCover<kBlock>& out) const {
    std::memcpy(&out, &hull_, sizeof out);
    for (int w = 0; w < kWheels; ++w) {
      const int angle = angle_step(wheel_angle[w]);
      add(&hidden_[index(w, angle)].clear[0][0], &out.clear[0][0], Window::kCells * Window::kLanes);
      add(light_[index(w, angle) * kPhases + phase_step(wheel_phase[w])].data(), out.light, Window::kLanes);
    }
  }

 private:
  static constexpr int kAngles = 33, kPhases = 64;
  static constexpr float kMostAngle = 0.4f;
  struct Hidden {
    float clear[Window::kCells][Window::kLanes];
  };
  using Light = std::array<float, Window::kLanes>;

  static std::size_t index(int wheel, int angle) { return static_cast<std::size_t>(wheel) * kAngles + angle; }

  // The first for what is no number.
  static int step_of(float at, int n) { return at > 0 ? at < n ? static_cast<int>(at) : n - 1 : 0; }
  static int angle_step(float angle) {
    return step_of((angle + kMostAngle) * ((kAngles - 1) / (2 * kMostAngle)) + 0.5f, kAngles);
  }
  static int phase_step(float phase) {
    const float turns = phase * static_cast<float>(0.5 / std::numbers::pi);
    return step_of((turns - std::floor(turns)) * kPhases, kPhases);
  }

  static void add(const float* from, float* to, int n) {
    for (int i = 0; i < n; i += kLaneWidth) store(to + i, load(to + i) + load(from + i));
  }

  CarSprite() : hidden_(kWheels * kAngles), light_(kWheels * kAngles * kPhases) {
    const float none[kWheels] = {};
    CarMask mask;
    mask.draw(kZoom, none, none, 1u << CarMask::kHullBit);
    detail::cover_of(mask, hull_);
    for (int w = 0; w < kWheels; ++w)
      for (int a = 0; a < kAngles; ++a) tabulate(w, a);
  }

  void tabulate(int wheel, int angle) {
    float angles[kWheels], phases[kWheels];
    std::fill_n(angles, kWheels, kMostAngle * (2.0f * angle / (kAngles - 1) - 1));
    CarMask mask;
    CarCover<kBlock> cover;
    for (int p = 0; p < kPhases; ++p) {
      std::fill_n(phases, kWheels, static_cast<float>((p + 0.5) * 2 * std::numbers::pi / kPhases));
      mask.draw(kZoom, angles, phases, 1u << wheel | 1u << CarMask::kHullBit);
      detail::cover_of(mask, cover);
      std::copy_n(cover.light, Window::kLanes, light_[index(wheel, angle) * kPhases + p].begin());
    }
    for (int cell = 0; cell < Window::kCells; ++cell)
      for (int block = 0; block < Window::kLanes; ++block)
        hidden_[index(wheel, angle)].clear[cell][block] = cover.clear[cell][block] - hull_.clear[cell][block];
  }

  CarCover<kBlock> hull_;
  std::vector<Hidden> hidden_;  // what each wheel adds to the hull, by its angle
  std::vector<Light> light_;    // of each wheel, by its angle and phase
};

}  // namespace wann::car
