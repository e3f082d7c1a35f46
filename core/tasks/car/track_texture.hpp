// The ground of a race in grey (its green part), ready for look-ups at every height of the camera: the field, which all
// races share, and over it each track's own part. Built once, then read by all lanes and threads.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "../../vision/coverage.hpp"
#include "../../vision/texture.hpp"
#include "road.hpp"

namespace wann::car {

// Textures for half the height each, from the lowest camera up.
inline constexpr int kLevels = 5;
inline constexpr double kFinestTexel = 0.5;

inline double texel_side(int level) { return kFinestTexel * (1 << level); }

// The screen is made smaller with means that round down: all but black comes out so much darker.
inline constexpr int kDarker = 2;

// The screen's polygons cover the pixels that their outlines touch. So those of a texture reach a little farther out, by so
// many pixels of the screen at the zoom that it is for.
inline constexpr double kOutline = 0.52;
inline double outline_of(int level) { return kOutline / (level ? kZoom * 0.72 / (1 << level) : kZoom); }

// Texels of a level are numbered from the field's lower left corner, and reach a little beyond it into the black.
inline int half_field(int level) { return static_cast<int>(std::ceil(kPlayfield / texel_side(level))) + 4; }

// A rectangle of a level's texels.
struct Region {
  int left, bottom, width, height;
};

namespace detail {

// Which fine pixels along one direction are in the field, and which in a row of grass squares.
inline std::vector<std::uint8_t> ground_along(int level) {
  const int half = half_field(level) * vision::kFine;
  const double fine = texel_side(level) / vision::kFine, outline = outline_of(level);
  std::vector<std::uint8_t> kind(2 * half);
  for (int i = 0; i < 2 * half; ++i) {
    const double x = (i - half + 0.5) * fine;
    const double in_pair = x - 2 * kGrassSide * std::floor(x / (2 * kGrassSide));
    const bool in_field = std::fabs(x) <= kPlayfield + outline;
    const bool in_grass = x >= -kPlayfield - outline && x <= kPlayfield - kGrassSide + outline &&
                          (in_pair <= kGrassSide + outline || in_pair >= 2 * kGrassSide - outline);
    kind[i] = in_field | in_grass << 1;
  }
  return kind;
}

inline constexpr std::uint8_t kGroundLight[4] = {0, 204 - kDarker, 0, 230 - kDarker};

// Draws blocks of a level: first the ground, then pieces of road.
class BlockPainter {
 public:
  explicit BlockPainter(int level) : level_(level), kind_(ground_along(level)) {}

  void begin(int left, int bottom) {
    left_ = left;
    bottom_ = bottom;
    const int most = static_cast<int>(kind_.size()) - 1;
    std::array<std::uint8_t, vision::kFineSide> across;
    for (int x = 0; x < vision::kFineSide; ++x) across[x] = kind_[std::min(left * vision::kFine + x, most)];
    for (int y = 0; y < vision::kFineSide; ++y) {
      const std::uint8_t along = kind_[std::min(bottom * vision::kFine + y, most)];
      for (int x = 0; x < vision::kFineSide; ++x) block_[y][x] = kGroundLight[along & across[x]];
    }
  }

  void add(const Quad& quad, std::uint8_t light) {
    const double fine = texel_side(level_) / vision::kFine;
    const int half = half_field(level_);
    std::array<vision::Corner, 4> corners;
    for (int k = 0; k < 4; ++k)
      corners[k] = {quad[k].x / fine + (half - left_) * vision::kFine, quad[k].y / fine + (half - bottom_) * vision::kFine};
    vision::fill_convex(block_, corners, light);
  }

  // To a texture that begins at texel (origin_x, origin_y) of the level.
  void finish(vision::Texture& texture, int origin_x, int origin_y) const {
    for (int y = 0; y < vision::kBlockTexels; ++y)
      for (int x = 0; x < vision::kBlockTexels; ++x) {
        const int to_x = left_ + x - origin_x, to_y = bottom_ + y - origin_y;
        if (to_x >= 0 && to_x < texture.width() && to_y >= 0 && to_y < texture.height())
          texture.set(to_x, to_y, vision::texel_mean(block_, x, y));
      }
  }

 private:
  int level_, left_ = 0, bottom_ = 0;
  std::vector<std::uint8_t> kind_;
  vision::FineBlock block_;
};

}  // namespace detail

// The field without a road.
class Field {
 public:
  static const Field& get() {
    static const Field field;
    return field;
  }
  const vision::Texture& level(int i) const { return levels_[i]; }

 private:
  Field() {
    for (int level = 0; level < kLevels; ++level) {
      const int side = 2 * half_field(level);
      levels_[level] = vision::Texture(side, side);
      detail::BlockPainter painter(level);
      for (int y = 0; y < side; y += vision::kBlockTexels)
        for (int x = 0; x < side; x += vision::kBlockTexels) {
          painter.begin(x, y);
          painter.finish(levels_[level], 0, 0);
        }
    }
  }

  std::array<vision::Texture, kLevels> levels_;
};

// Cells that know which tile they are on, and how much darker it becomes when it is touched: the tile's number in the lower
// 13 bits, the levels of grey in the upper three. Cells without a tile are 0.
class TileMap {
 public:
  static constexpr int kTileBits = 13;
  static constexpr double kCell = 1;  // units

  TileMap() = default;
  TileMap(const std::vector<RoadPiece>& pieces, double left, double bottom, double right, double top)
      : left_(std::floor(left)),
        bottom_(std::floor(bottom)),
        width_(static_cast<int>(std::ceil((right - left_) / kCell)) + 2),
        height_(static_cast<int>(std::ceil((top - bottom_) / kCell)) + 2),
        cells_(static_cast<std::size_t>(width_) * height_ + 1) {
    for (const RoadPiece& piece : pieces)
      if (piece.kind == RoadPiece::Kind::tile) paint(piece);
  }

  double left() const { return left_; }
  double bottom() const { return bottom_; }
  int width() const { return width_; }
  int height() const { return height_; }
  const std::uint8_t* data() const { return reinterpret_cast<const std::uint8_t*>(cells_.data()); }
  std::size_t size_in_bytes() const { return cells_.size() * sizeof cells_[0]; }

 private:
  void paint(const RoadPiece& piece) {
    const auto code = static_cast<std::uint16_t>(piece.tile | (tile_grey(piece.tile) - kTouchedGrey) << kTileBits);
    const auto [low, high] = std::minmax({piece.corner[0].y, piece.corner[1].y, piece.corner[2].y, piece.corner[3].y});
    for (int row = row_of(low); row <= row_of(high); ++row) {
      const double y = bottom_ + (row + 0.5) * kCell;
      double left = 1e30, right = -1e30;
      for (int k = 0; k < 4; ++k) {
        const Point a = piece.corner[k], b = piece.corner[(k + 1) % 4];
        if ((a.y <= y) == (b.y <= y)) continue;
        const double x = a.x + (b.x - a.x) * ((y - a.y) / (b.y - a.y));
        left = std::min(left, x);
        right = std::max(right, x);
      }
      for (int x = static_cast<int>(std::ceil((left - left_) / kCell - 0.5)); left_ + (x + 0.5) * kCell <= right; ++x)
        if (x >= 0 && x < width_) cells_[static_cast<std::size_t>(row) * width_ + x] = code;
    }
  }

  int row_of(double y) const { return std::clamp(static_cast<int>((y - bottom_) / kCell), 0, height_ - 1); }

  double left_ = 0, bottom_ = 0;
  int width_ = 0, height_ = 0;
  std::vector<std::uint16_t> cells_;
};

class TrackTexture {
 public:
  explicit TrackTexture(const Track& track) : pieces_(road_pieces(track)) {
    double left = 1e9, bottom = 1e9, right = -1e9, top = -1e9;
    for (const RoadPiece& piece : pieces_)
      for (const Point& p : piece.corner) {
        left = std::min(left, p.x);
        right = std::max(right, p.x);
        bottom = std::min(bottom, p.y);
        top = std::max(top, p.y);
      }
    tiles_ = TileMap(pieces_, left, bottom, right, top);
    for (int level = 0; level < kLevels; ++level) draw(level, left, bottom, right, top);
  }

  const std::vector<RoadPiece>& pieces() const { return pieces_; }
  const TileMap& tiles() const { return tiles_; }
  const vision::Texture& level(int i) const { return levels_[i]; }
  const Region& region(int i) const { return regions_[i]; }

  std::size_t size_in_bytes() const {
    std::size_t sum = tiles_.size_in_bytes() + pieces_.size() * sizeof(RoadPiece);
    for (const auto& level : levels_) sum += level.size_in_bytes();
    return sum;
  }

 private:
  // So far round the track its texture reaches, so that most pictures need no other.
  static constexpr double kMargin = 32;

  void draw(int level, double left, double bottom, double right, double top) {
    const Field& field = Field::get();
    const double side = texel_side(level);
    const int half = half_field(level), all = 2 * half;
    const double margin = std::max(kMargin, 3 * side);
    const auto texel = [&](double x) { return std::clamp(static_cast<int>(std::floor(x / side)) + half, 0, all); };
    Region& region = regions_[level];
    region.left = texel(left - margin);
    region.bottom = texel(bottom - margin);
    region.width = std::min(texel(right + margin) + 1, all) - region.left;
    region.height = std::min(texel(top + margin) + 1, all) - region.bottom;
    levels_[level] = vision::Texture(region.width, region.height);
    levels_[level].copy_from(field.level(level), region.left, region.bottom);
    draw_blocks(level);
  }

  void draw_blocks(int level) {
    const Region& region = regions_[level];
    const double side = texel_side(level);
    const int half = half_field(level), blocks_across = region.width / vision::kBlockTexels + 1,
              blocks_up = region.height / vision::kBlockTexels + 1;
    std::vector<Quad> quads;
    std::vector<std::vector<int>> in_block(static_cast<std::size_t>(blocks_across) * blocks_up);
    for (const RoadPiece& piece : pieces_) {
      quads.push_back(grown(piece.corner, outline_of(level)));
      const Quad& q = quads.back();
      const auto block = [&](double x, int first) {
        return (static_cast<int>(std::floor(x / side)) + half - first) / vision::kBlockTexels;
      };
      const auto [x0, x1] = std::minmax({q[0].x, q[1].x, q[2].x, q[3].x});
      const auto [y0, y1] = std::minmax({q[0].y, q[1].y, q[2].y, q[3].y});
      for (int y = block(y0, region.bottom); y <= block(y1, region.bottom); ++y)
        for (int x = block(x0, region.left); x <= block(x1, region.left); ++x)
          in_block[static_cast<std::size_t>(y) * blocks_across + x].push_back(static_cast<int>(quads.size()) - 1);
    }
    detail::BlockPainter painter(level);
    for (int y = 0; y < blocks_up; ++y)
      for (int x = 0; x < blocks_across; ++x) {
        const std::vector<int>& list = in_block[static_cast<std::size_t>(y) * blocks_across + x];
        if (list.empty()) continue;
        painter.begin(region.left + x * vision::kBlockTexels, region.bottom + y * vision::kBlockTexels);
        for (int i : list) painter.add(quads[i], light_of(pieces_[i]));
        painter.finish(levels_[level], region.left, region.bottom);
      }
  }

  static std::uint8_t light_of(const RoadPiece& piece) {
    if (piece.kind == RoadPiece::Kind::red) return 0;
    return static_cast<std::uint8_t>((piece.kind == RoadPiece::Kind::white ? 255 : tile_grey(piece.tile)) - kDarker);
  }

  static Quad grown(const Quad& quad, double distance) {
    std::array<vision::Corner, 4> corners;
    double area = 0;
    for (int k = 0; k < 4; ++k) {
      corners[k] = {quad[k].x, quad[k].y};
      const Point a = quad[k], b = quad[(k + 1) % 4];
      area += a.x * b.y - b.x * a.y;
    }
    vision::grow(corners, area < 0 ? -distance : distance);
    Quad result;
    for (int k = 0; k < 4; ++k) result[k] = {corners[k].x, corners[k].y};
    return result;
  }

  std::vector<RoadPiece> pieces_;
  TileMap tiles_;
  std::array<vision::Texture, kLevels> levels_;
  std::array<Region, kLevels> regions_;
};

}  // namespace wann::car
