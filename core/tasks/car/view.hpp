// What a network sees: the green part of the road's picture (rows 0 to 83 of Gymnasium's 96) as means over blocks of 3 x 3
// or 2 x 2 pixels, 0 to 1. The ground is looked up in the track's texture, several samples a block; the car is laid over it.
//
// Blocks are the lanes while a picture is drawn. All is element-wise, and the samples are whole numbers, so a picture does
// not depend on the vectors' width.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "../../lanes/transpose.hpp"
#include "../../physics/sine_cosine.hpp"
#include "sprite.hpp"
#include "track_texture.hpp"

namespace wann::car {

namespace detail {

// A place on a grid as it runs over the screen: an origin, and steps to the right and down, in 1/65536 of the grid's cells.
struct Walk {
  std::int32_t x, y;              // at the screen's upper left corner
  std::int32_t right_x, right_y;  // a step to the right
  std::int32_t down_x, down_y;

  IntLanes x_at(IntLanes column, IntLanes row) const { return column * right_x + row * down_x + x; }
  IntLanes y_at(IntLanes column, IntLanes row) const { return column * right_y + row * down_y + y; }
  IntLanes x_at(IntLanes column, int row) const { return column * right_x + (row * down_x + x); }
  IntLanes y_at(IntLanes column, int row) const { return column * right_y + (row * down_y + y); }
};

// How the camera lies over the ground.
struct Camera {
  double x, y, cosine, sine, zoom;

  explicit Camera(const CarView& view) : x(view.x), y(view.y), zoom(zoom_at(view.time)) {
    float s, c;
    physics::sine_cosine(view.angle, s, c);
    cosine = c / zoom;
    sine = s / zoom;
  }

  // Over cells of width x height pixels of the screen, the middle of the first at column 0 and row 0, and a grid of cells of
  // side `side` whose first has its middle at (left, bottom).
  Walk walk(double width, double height, double left, double bottom, double side) const {
    const auto fixed = [](double v, double most) {
      v *= 1 << vision::kPlaceBits;
      return static_cast<std::int32_t>(v > -most ? v < most ? v : most : -most);
    };
    constexpr double kFar = 1 << 30, kLongStep = 1 << 22;  // so that sums of them fit, wherever the car has gone
    const double across = width / 2 - kCarX, up = kScreenHeight - height / 2 - kCarY;
    const double scale = 1 / side;
    return {fixed((x + cosine * across - sine * up - left) * scale, kFar),
            fixed((y + sine * across + cosine * up - bottom) * scale, kFar),
            fixed(cosine * width * scale, kLongStep),
            fixed(sine * width * scale, kLongStep),
            fixed(sine * height * scale, kLongStep),
            fixed(-cosine * height * scale, kLongStep)};
  }
};

// The texels of a level: the track's own where it has some, the field's elsewhere, black beyond.
class Ground {
 public:
  Ground(const TrackTexture& track, int level)
      : level_(level), own_(track.level(level)), field_(Field::get().level(level)), region_(track.region(level)) {}

  // All four texels of a sample must be in the track's own part.
  IntLanes own(IntLanes x, IntLanes y) const { return gather_bytes(own_.data(), y * own_.pitch() + (x << 1)); }

  IntLanes any(IntLanes x, IntLanes y) const {
    const IntLanes in_x = clamp_int(x, 0, own_.width() - 2), in_y = clamp_int(y, 0, own_.height() - 2);
    const Mask inside = (in_x == x) & (in_y == y);
    if (!wann::any(~inside)) return own(x, y);
    const IntLanes field_x = clamp_int(x + region_.left, 0, field_.width() - 2);
    const IntLanes field_y = clamp_int(y + region_.bottom, 0, field_.height() - 2);
    return inside ? own(in_x, in_y) : gather_bytes(field_.data(), field_y * field_.pitch() + (field_x << 1));
  }

  // Whether all of a picture's samples have their texels in the track's own part.
  bool holds(const Walk& walk, int columns, int rows) const {
    const std::int32_t most_x = (own_.width() - 2) << vision::kPlaceBits, most_y = (own_.height() - 2) << vision::kPlaceBits;
    for (const int column : {-1, columns})
      for (const int row : {-1, rows}) {
        const std::int32_t x = walk.x + column * walk.right_x + row * walk.down_x;
        const std::int32_t y = walk.y + column * walk.right_y + row * walk.down_y;
        if (x < 0 || x > most_x || y < 0 || y > most_y) return false;
      }
    return true;
  }

  // Over a picture's blocks, cut into kCuts x kCuts.
  template <int kBlock, int kCuts>
  Walk walk(const Camera& camera) const {
    using Shape = ViewShape<kBlock>;
    const double side = texel_side(level_), middle = 0.5 - half_field(level_);
    return camera.walk(Shape::kBlockWidth / kCuts, Shape::kBlockHeight / kCuts, (region_.left + middle) * side,
                       (region_.bottom + middle) * side, side);
  }

 private:
  int level_;
  const vision::Texture& own_;
  const vision::Texture& field_;
  const Region& region_;
};

template <bool kOwn>
IntLanes sample(const Ground& ground, IntLanes x, IntLanes y) {
  const IntLanes texel_x = vision::whole(x), texel_y = vision::whole(y);
  const IntLanes texels = kOwn ? ground.own(texel_x, texel_y) : ground.any(texel_x, texel_y);
  return vision::interpolate(texels, vision::fraction(x), vision::fraction(y));
}

inline IntLanes counting() {
  IntLanes r;
  for (int i = 0; i < kLaneWidth; ++i) r[i] = i;
  return r;
}

inline Lanes to_lanes(IntLanes x) { return __builtin_convertvector(x, Lanes); }

// Tiles that are touched lose the last of their three shades.
class Touched {
 public:
  Touched(const CarView& view, const Camera& camera, double width, double height)
      : view_(view),
        map_(view.track->tiles()),
        walk_(camera.walk(width, height, map_.left(), map_.bottom(), TileMap::kCell)) {}

  // What a block with light (0 to 255) at a column and a row loses: more, the more of it is road and not grass.
  template <class Row>
  Lanes loss(Lanes light, IntLanes column, Row row) const {
    const Lanes road = clamp((kFieldLight - light) * (1 / (kFieldLight - kRoadLight)), 0, 1);
    if (!any(road > 0)) return Lanes{};
    return road * to_lanes(loss_of_tile(vision::whole(walk_.x_at(column, row)), vision::whole(walk_.y_at(column, row))));
  }

 private:
  static constexpr float kFieldLight = 204 - kDarker, kRoadLight = kTouchedGrey + 5 - kDarker;

  IntLanes loss_of_tile(IntLanes x, IntLanes y) const {
    const IntLanes in_x = clamp_int(x, 0, map_.width() - 1), in_y = clamp_int(y, 0, map_.height() - 1);
    const IntLanes cell = gather_bytes(map_.data(), (in_y * map_.width() + in_x) << 1) & 0xffff;
    const IntLanes loss = ((in_x == x) & (in_y == y)) ? cell >> TileMap::kTileBits : cell & 0;
    if (!any(loss != 0)) return loss;
    const IntLanes tile = cell & ((1 << TileMap::kTileBits) - 1);
    const auto* words = reinterpret_cast<const std::uint8_t*>(view_.touched);
    const IntLanes word = gather_bytes(words, (tile >> 5) * 4);
    return ((word >> (tile & 31)) & 1) != 0 ? loss : loss & 0;
  }

  const CarView& view_;
  const TileMap& map_;
  Walk walk_;
};

// Means of kCuts x kCuts samples a block.
template <int kBlock, int kCuts, bool kOwn>
void draw_ground(const Ground& ground, const Walk& walk, const Touched& touched, float* out) {
  using Shape = ViewShape<kBlock>;
  static_assert(Shape::kColumns % kLaneWidth == 0);
  constexpr float kScale = 1.0f / (vision::kSampleScale * kCuts * kCuts);
  for (int row = 0; row < Shape::kRows; ++row)
    for (int first = 0; first < Shape::kColumns; first += kLaneWidth) {
      const IntLanes column = counting() + first, cut = column * kCuts;
      IntLanes sum{};
      for (int i = 0; i < kCuts; ++i) {
        const IntLanes x = walk.x_at(cut, row * kCuts + i), y = walk.y_at(cut, row * kCuts + i);
        for (int j = 0; j < kCuts; ++j) sum += sample<kOwn>(ground, x + j * walk.right_x, y + j * walk.right_y);
      }
      const Lanes light = to_lanes(sum) * kScale;
      store(out + row * Shape::kColumns + first, (light - touched.loss(light, column, row)) * (1.0f / 255));
    }
}

// Draws the blocks that the car may touch anew, cell by cell.
template <int kBlock, bool kOwn>
void draw_car(const Ground& ground, const Walk& walk, const Touched& touched, const CarCover<kBlock>& cover, float* out) {
  using Shape = ViewShape<kBlock>;
  using Window = CarWindow<kBlock>;
  for (int first = 0; first < Window::kBlocks; first += kLaneWidth) {
    IntLanes row, column;
    for (int i = 0; i < kLaneWidth; ++i) {
      row[i] = Window::row(first + i);
      column[i] = Window::column(first + i);
    }
    Lanes sum{}, clear{};
    IntLanes all{};
    for (int cell = 0; cell < Window::kCells; ++cell) {
      const IntLanes x = column * Window::kCuts + cell % Window::kCuts, y = row * Window::kCuts + cell / Window::kCuts;
      const IntLanes light = sample<kOwn>(ground, walk.x_at(x, y), walk.y_at(x, y));
      const Lanes shown = load(&cover.clear[cell][first]);
      sum = fma(to_lanes(light), shown, sum);
      clear += shown;
      all += light;
    }
    constexpr float kCells = Window::kCells, kScale = 1.0f / (vision::kSampleScale * kCells);
    const Lanes loss = touched.loss(to_lanes(all) * kScale, column, row);
    const Lanes light = fma(clear * (-1 / kCells), loss, sum * kScale) * (1.0f / 255) + load(&cover.light[first]);
    for (int i = 0; i < kLaneWidth && first + i < Window::kBlocks; ++i) out[row[i] * Shape::kColumns + column[i]] = light[i];
  }
}

// The finest texture whose texels are no larger than half a block's half.
inline int level_for(double zoom) {
  int level = 0;
  while (level + 1 < kLevels && zoom * (2 << level) <= kZoom) ++level;
  return level;
}

template <int kBlock, int kCuts, bool kOwn>
void draw_on(const Camera& camera, const Ground& ground, const Touched& touched, const CarCover<kBlock>& cover, float* out) {
  draw_ground<kBlock, kCuts, kOwn>(ground, ground.template walk<kBlock, kCuts>(camera), touched, out);
  draw_car<kBlock, kOwn>(ground, ground.template walk<kBlock, CarWindow<kBlock>::kCuts>(camera), touched, cover, out);
}

template <int kBlock, int kCuts>
void draw_view_with(const CarView& view, const Camera& camera, int level, const CarCover<kBlock>& cover, float* out) {
  using Shape = ViewShape<kBlock>;
  const Ground ground(*view.track, level);
  const Touched touched(view, camera, Shape::kBlockWidth, Shape::kBlockHeight);
  if (ground.holds(ground.template walk<kBlock, 1>(camera), Shape::kColumns, Shape::kRows))
    draw_on<kBlock, kCuts, true>(camera, ground, touched, cover, out);
  else
    draw_on<kBlock, kCuts, false>(camera, ground, touched, cover, out);
}

}  // namespace detail

// Samples along a block's side. While the camera comes down, the texels may be as small as a quarter of a block of 2 x 2.
inline constexpr int kCuts = 2;
template <int kBlock>
inline constexpr int kZoomCuts = kBlock == 3 ? 3 : 2;

// One picture, row by row from above.
template <int kBlock>
void draw_view(const CarView& view, float* out) {
  const detail::Camera camera(view);
  CarCover<kBlock> cover;
  if (camera.zoom >= kZoom) {
    CarSprite<kBlock>::get().cover(view.wheel_angle, view.wheel_phase, cover);
    detail::draw_view_with<kBlock, kCuts>(view, camera, 0, cover, out);
  } else {
    CarMask mask;
    mask.draw(camera.zoom, view.wheel_angle, view.wheel_phase, CarMask::kAllParts);
    detail::cover_of(mask, cover);
    detail::draw_view_with<kBlock, kZoomCuts<kBlock>>(view, camera, detail::level_for(camera.zoom), cover, out);
  }
}

// A vector of pictures, with room for what it takes to make one.
template <int kBlock>
class ViewPainter {
 public:
  using Shape = ViewShape<kBlock>;

  // Lane i of pixel[p] is pixel p of the picture of views[i], 0 where views[i] has no track.
  void draw(const CarView* views, Lanes* pixel) {
    for (int lane = 0; lane < kLaneWidth; ++lane) {
      if (views[lane].track)
        draw_view<kBlock>(views[lane], rows_[lane]);
      else
        std::memset(rows_[lane], 0, sizeof rows_[lane]);
    }
    for (int first = 0; first < Shape::kPixels; first += kLaneWidth) {
      Lanes x[kLaneWidth];
      for (int lane = 0; lane < kLaneWidth; ++lane) x[lane] = load(rows_[lane] + first);
      transpose(x);
      for (int k = 0; k < kLaneWidth; ++k) pixel[first + k] = x[k];
    }
  }

 private:
  float rows_[kLaneWidth][Shape::kPixels];
};

}  // namespace wann::car
