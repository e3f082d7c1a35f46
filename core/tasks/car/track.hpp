// Tracks, as Gymnasium's CarRacing-v3 makes them: twelve checkpoints around the middle, and a line of points 3.5 units apart
// that steers towards one after the other. The second lap of it is the track. Computed in doubles, in the same order, so
// that the same uniform numbers give the same track.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <stdexcept>
#include <string>
#include <vector>

#include "../../evolution/random.hpp"

namespace wann::car {

inline constexpr double kTrackRadius = 150.0;
inline constexpr double kPlayfield = 2000 / 6.0;  // half a side of the playing field
inline constexpr double kTrackStep = 21 / 6.0;
inline constexpr double kTurnRate = 0.31;           // the most that the heading changes from point to point, rad
inline constexpr double kRoadHalfWidth = 40 / 6.0;  // from the middle to an edge of the road
inline constexpr double kBorderWidth = 8 / 6.0;
inline constexpr int kMostTiles = 1024;

// A heading of β drives towards (-sin β, cos β).
struct TrackPoint {
  double alpha;  // the angle as seen from the middle of the field
  double beta;   // the heading
  double x, y;
};

// Tile i of the road lies between points i - 1 and i; before the first stands the last.
struct Track {
  std::vector<TrackPoint> point;
  std::vector<std::uint8_t> border;  // whether a tile has a red and white border, on the outside of a sharp turn

  int size() const { return static_cast<int>(point.size()); }
  const TrackPoint& before(int i) const { return point[static_cast<std::size_t>(i == 0 ? size() - 1 : i - 1)]; }
  const TrackPoint& at(int i) const { return point[static_cast<std::size_t>(i)]; }
};

namespace track_detail {

inline constexpr int kCheckpoints = 12;
inline constexpr double kTurn = 2 * std::numbers::pi;
inline constexpr double kStartAlpha = kTurn * -0.5 / kCheckpoints;
inline constexpr int kMostPoints = 2500;
inline constexpr int kMostLaps = 4;
inline constexpr int kBorderTiles = 4;  // in a row that turn one way, for a border

struct Checkpoint {
  double alpha, x, y;
};

// Two uniform numbers for each checkpoint, those of the first and the last included, which are not used.
template <class Uniform>
std::vector<Checkpoint> draw_checkpoints(Uniform& uniform) {
  std::vector<Checkpoint> checkpoints;
  for (int c = 0; c < kCheckpoints; ++c) {
    const double noise = kTurn / kCheckpoints * uniform();
    double alpha = kTurn * c / kCheckpoints + noise;
    double radius = kTrackRadius / 3 + (kTrackRadius - kTrackRadius / 3) * uniform();
    if (c == 0) alpha = 0;
    if (c == kCheckpoints - 1) alpha = kTurn * c / kCheckpoints;
    if (c == 0 || c == kCheckpoints - 1) radius = 1.5 * kTrackRadius;
    checkpoints.push_back({alpha, radius * std::cos(alpha), radius * std::sin(alpha)});
  }
  return checkpoints;
}

// Moves `next` on to the checkpoint that lies ahead of alpha; where a lap is full, alpha starts over.
inline const Checkpoint& checkpoint_ahead(const std::vector<Checkpoint>& checkpoints, int& next, double& alpha) {
  for (;; alpha -= kTurn) {
    do {
      const Checkpoint& c = checkpoints[static_cast<std::size_t>(next % kCheckpoints)];
      if (alpha <= c.alpha) return c;
      ++next;
    } while (next % kCheckpoints != 0);
  }
}

// Some laps from checkpoint to checkpoint.
inline std::vector<TrackPoint> walk(const std::vector<Checkpoint>& checkpoints) {
  std::vector<TrackPoint> points;
  double x = 1.5 * kTrackRadius, y = 0, beta = 0;
  int next = 0, laps = 0;
  bool other_side = false;
  while (static_cast<int>(points.size()) < kMostPoints && laps <= kMostLaps) {
    double alpha = std::atan2(y, x);
    if (other_side && alpha > 0) {
      ++laps;
      other_side = false;
    }
    if (alpha < 0) {
      other_side = true;
      alpha += kTurn;
    }
    const Checkpoint& goal = checkpoint_ahead(checkpoints, next, alpha);
    const double right_x = std::cos(beta), right_y = std::sin(beta);
    const double aside = 6.0 * (right_x * (goal.x - x) + right_y * (goal.y - y));
    while (beta - alpha > 1.5 * std::numbers::pi) beta -= kTurn;
    while (beta - alpha < -1.5 * std::numbers::pi) beta += kTurn;
    const double old = beta;
    const double turn = std::min(kTurnRate, std::abs(0.001 * aside));
    if (aside > 0.3) beta -= turn;
    if (aside < -0.3) beta += turn;
    x += -right_y * kTrackStep;
    y += right_x * kTrackStep;
    points.push_back({alpha, old * 0.5 + beta * 0.5, x, y});
  }
  return points;
}

// The last full lap; nothing where there is none, or where its ends do not meet.
inline std::vector<TrackPoint> closed_lap(const std::vector<TrackPoint>& points) {
  std::size_t first = 0, end = 0;
  for (std::size_t i = points.size() - 1; i > 0 && first == 0; --i) {
    if (!(points[i].alpha > kStartAlpha && points[i - 1].alpha <= kStartAlpha)) continue;
    (end == 0 ? end : first) = i;
  }
  if (first == 0 || first + 1 >= end) return {};
  const std::vector<TrackPoint> lap(points.begin() + static_cast<std::ptrdiff_t>(first),
                                    points.begin() + static_cast<std::ptrdiff_t>(end) - 1);
  const double across_x = std::cos(lap[0].beta) * (lap[0].x - lap.back().x);
  const double across_y = std::sin(lap[0].beta) * (lap[0].y - lap.back().y);
  if (std::sqrt(across_x * across_x + across_y * across_y) > kTrackStep) return {};
  return lap;
}

inline double sign_of(double x) { return (x > 0) - (x < 0); }

// Where several tiles in a row turn sharply to one side, they have a border.
inline std::vector<std::uint8_t> borders(const Track& track) {
  const int n = track.size();
  const auto wrapped = [n](int i) { return static_cast<std::size_t>((i % n + n) % n); };
  std::vector<std::uint8_t> border(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i) {
    bool sharp = true;
    double side = 0;
    for (int back = 0; back < kBorderTiles; ++back) {
      const double turn = track.point[wrapped(i - back)].beta - track.point[wrapped(i - back - 1)].beta;
      sharp &= std::abs(turn) > kTurnRate * 0.2;
      side += sign_of(turn);
    }
    border[wrapped(i)] = sharp && std::abs(side) == kBorderTiles;
  }
  for (int i = 0; i < n; ++i)
    for (int back = 0; back < kBorderTiles; ++back) border[wrapped(i - back)] |= border[wrapped(i)];
  return border;
}

}  // namespace track_detail

// A track from uniform numbers in [0, 1); some of them give none, and then the next ones are taken. Throws
// std::runtime_error where none comes after many tries.
template <class Uniform>
Track make_track(Uniform uniform) {
  constexpr int kMostTries = 1000;
  for (int i = 0; i < kMostTries; ++i) {
    Track track;
    track.point = track_detail::closed_lap(track_detail::walk(track_detail::draw_checkpoints(uniform)));
    if (track.point.empty() || track.size() > kMostTiles) continue;
    track.border = track_detail::borders(track);
    return track;
  }
  throw std::runtime_error("no closed track after 1000 tries");
}

// Throws std::runtime_error, which names the seed, where it gives none.
inline Track make_track(std::uint64_t seed) {
  Random random(seed);
  try {
    return make_track([&] { return random.uniform(); });
  } catch (const std::runtime_error& error) {
    throw std::runtime_error("seed " + std::to_string(seed) + ": " + error.what());
  }
}

}  // namespace wann::car
