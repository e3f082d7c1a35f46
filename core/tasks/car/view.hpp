// What a network sees: the green part of the road's picture (rows 0 to 83 of Gymnasium's 96) as means over blocks of 3 x 3 or
// 2 x 2 pixels, 0 to 1. The ground is looked up in the track's texture, several samples a block; the car is laid over it.
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
    const auto fixed = [](double v) { return static_cast<std::int32_t>(v * (1 << vision::kPlaceBits)); };
    const double across = width / 2 - kCarX, up = kScreenHeight - height / 2 - kCarY;
    const double scale = 1 / side;
    return {fixed((x + cosine * across - sine * up - left) * scale), fixed((y + sine * across + cosine * up - bottom) * scale),
            fixed(cosine * width * scale), fixed(sine * width * scale), fixed(sine * height * scale),
            fixed(-cosine * height * scale)};
  }
};

// The texels of a level: the track's own where it has some, the field's elsewhere, black beyond.
class Ground {
 public:
  Ground(const TrackTexture& track, int level)
      : own_(track.level(level)), field_(Field::get().level(level)), region_(track.region(level)) {}

  // All four texels of a sample must be in the track's own part.
  IntLanes own(IntLanes x, IntLanes y) const { return gather_bytes(own_.data(), y * own_.pitch() + (x << 1)); }

  IntLanes any(IntLanes x, IntLanes y) const {
    const IntLanes in_x = clamp_int(x, 0, own_.width() - 2), in_y = clamp_int(y, 0, own_.height() - 2);
    const Mask inside = (in_x == x) & (in_y == y);
    const IntLanes field_x = clamp_int(x + region_.left, 0, field_.width() - 2);
    const IntLanes field_y = clamp_int(y + region_.bottom, 0, field_.height() - 2);
    return inside ? own(in_x, in_y) : gather_bytes(field_.data(), field_y * field_.pitch() + (field_x << 1));
  }

  bool holds(std::int32_t x, std::int32_t y) const {
    const std::int32_t most_x = (own_.width() - 2) << vision::kPlaceBits, most_y = (own_.height() - 2) << vision::kPlaceBits;
    return x >= 0 && x <= most_x && y >= 0 && y <= most_y;
  }

  // Where the level's texels begin: the middle of the first of the track's own.
  double left(int level) const { return (region_.left - half_field(level) + 0.5) * texel_side(level); }
  double bottom(int level) const { return (region_.bottom - half_field(level) + 0.5) * texel_side(level); }

 private:
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

// Levels of grey that touched tiles have lost.
inline IntLanes touched_loss(const CarView& view, const TileMap& map, IntLanes x, IntLanes y) {
  x = vision::whole(x);
  y = vision::whole(y);
  const IntLanes in_x = clamp_int(x, 0, map.width() - 1), in_y = clamp_int(y, 0, map.height() - 1);
  const IntLanes cell = gather_bytes(map.data(), (in_y * map.width() + in_x) << 1) & 0xffff;
  const IntLanes loss = ((in_x == x) & (in_y == y)) ? cell >> TileMap::kTileBits : cell & 0;
  if (!any(loss != 0)) return loss;
  const IntLanes tile = cell & ((1 << TileMap::kTileBits) - 1);
  const IntLanes word = gather(reinterpret_cast<const std::int32_t*>(view.touched), (tile >> 5) * view.touched_stride);
  return (word >> (tile & 31)) & 1 ? loss : loss & 0;
}

inline IntLanes counting() {
  IntLanes r;
  for (int i = 0; i < kLaneWidth; ++i) r[i] = i;
  return r;
}

// Means of kCuts x kCuts samples a block.
template <int kBlock, int kCuts, bool kOwn>
void draw_ground(const Ground& ground, const Walk& walk, float* out) {
  using Shape = ViewShape<kBlock>;
  static_assert(Shape::kColumns % kLaneWidth == 0);
  constexpr float kScale = 1.0f / (255.0f * vision::kSampleScale * kCuts * kCuts);
  for (int row = 0; row < Shape::kRows; ++row)
    for (int column = 0; column < Shape::kColumns; column += kLaneWidth) {
      const IntLanes first = (counting() + column) * kCuts;
      IntLanes sum{};
      for (int i = 0; i < kCuts; ++i) {
        const IntLanes x = walk.x_at(first, row * kCuts + i), y = walk.y_at(first, row * kCuts + i);
        for (int j = 0; j < kCuts; ++j) sum += sample<kOwn>(ground, x + j * walk.right_x, y + j * walk.right_y);
      }
      store(out + row * Shape::kColumns + column, __builtin_convertvector(sum, Lanes) * kScale);
    }
}

template <int kBlock>
void darken_touched(const CarView& view, const Camera& camera, float* out) {
  using Shape = ViewShape<kBlock>;
  const TileMap& map = view.track->tiles();
  const Walk walk = camera.walk(Shape::kBlockWidth, Shape::kBlockHeight, map.left(), map.bottom(), TileMap::kCell);
  for (int row = 0; row < Shape::kRows; ++row)
    for (int column = 0; column < Shape::kColumns; column += kLaneWidth) {
      const IntLanes at = counting() + column;
      const IntLanes loss = touched_loss(view, map, walk.x_at(at, row), walk.y_at(at, row));
      float* place = out + row * Shape::kColumns + column;
      store(place, fma(__builtin_convertvector(loss, Lanes), -1.0f / 255, load(place)));
    }
}

// Draws the blocks that the car may touch anew, cell by cell.
template <int kBlock>
void draw_car(const CarView& view, const Camera& camera, const Ground& ground, int level, const CarCover<kBlock>& cover,
              float* out) {
  using Shape = ViewShape<kBlock>;
  using Window = CarWindow<kBlock>;
  const Walk cells = camera.walk(Shape::kBlockWidth / Window::kCuts, Shape::kBlockHeight / Window::kCuts, ground.left(level),
                                 ground.bottom(level), texel_side(level));
  const TileMap& map = view.track->tiles();
  const Walk blocks = camera.walk(Shape::kBlockWidth, Shape::kBlockHeight, map.left(), map.bottom(), TileMap::kCell);
  for (int first = 0; first < Window::kBlocks; first += kLaneWidth) {
    IntLanes row, column;
    for (int i = 0; i < kLaneWidth; ++i) {
      row[i] = Window::kTop + (first + i) / Window::kAcross;
      column[i] = Window::kLeft + (first + i) % Window::kAcross;
    }
    const Lanes loss =
        __builtin_convertvector(touched_loss(view, map, blocks.x_at(column, row), blocks.y_at(column, row)), Lanes);
    const Lanes lost = loss * static_cast<float>(vision::kSampleScale);
    Lanes sum{};
    for (int cell = 0; cell < Window::kCells; ++cell) {
      const IntLanes x = column * Window::kCuts + cell % Window::kCuts, y = row * Window::kCuts + cell / Window::kCuts;
      const Lanes light = __builtin_convertvector(sample<false>(ground, cells.x_at(x, y), cells.y_at(x, y)), Lanes) - lost;
      sum = fma(light, load(&cover.clear[cell][first]), sum);
    }
    const Lanes light = fma(sum, 1.0f / (255.0f * vision::kSampleScale * Window::kCells), load(&cover.light[first]));
    for (int i = 0; i < kLaneWidth && first + i < Window::kBlocks; ++i)
      out[row[i] * Shape::kColumns + column[i]] = light[i];
  }
}

// The finest texture whose texels are no larger than half a block's half.
inline int level_for(double zoom) {
  int level = 0;
  while (level + 1 < kLevels && zoom * (2 << level) <= kZoom) ++level;
  return level;
}

template <int kBlock, int kCuts>
void draw_view_with(const CarView& view, const Camera& camera, int level, const CarCover<kBlock>& cover, float* out) {
  using Shape = ViewShape<kBlock>;
  const Ground ground(*view.track, level);
  const Walk walk = camera.walk(Shape::kBlockWidth / kCuts, Shape::kBlockHeight / kCuts, ground.left(level),
                                ground.bottom(level), texel_side(level));
  const int right = Shape::kColumns * kCuts, down = Shape::kRows * kCuts;
  bool own = true;
  for (const int column : {0, right})
    for (const int row : {0, down})
      own &= ground.holds(walk.x + column * walk.right_x + row * walk.down_x, walk.y + column * walk.right_y + row * walk.down_y);
  if (own)
    draw_ground<kBlock, kCuts, true>(ground, walk, out);
  else
    draw_ground<kBlock, kCuts, false>(ground, walk, out);
  darken_touched<kBlock>(view, camera, out);
  draw_car<kBlock>(view, camera, ground, level, cover, out);
}

}  // namespace detail

// One picture, row by row from above.
template <int kBlock>
void draw_view(const CarView& view, float* out) {
  const detail::Camera camera(view);
  CarCover<kBlock> cover;
  if (camera.zoom >= kZoom) {
    CarSprite<kBlock>::get().cover(view.wheel_angle, view.wheel_phase, cover);
    detail::draw_view_with<kBlock, 2>(view, camera, 0, cover, out);
  } else {
    CarMask mask;
    mask.draw(camera.zoom, view.wheel_angle, view.wheel_phase, CarMask::kAllParts);
    detail::cover_of(mask, cover);
    detail::draw_view_with<kBlock, 4>(view, camera, detail::level_for(camera.zoom), cover, out);
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
