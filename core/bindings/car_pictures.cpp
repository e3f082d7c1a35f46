// Pictures of car races from given tracks and poses, for tests and tools.
#include <chrono>
#include <stdexcept>

#include "../tasks/car/picture.hpp"
#include "../tasks/car/view.hpp"
#include "common.hpp"

namespace {

using namespace wann;

car::Track track_of(In<double, 2> points, In<std::uint8_t, 1> border) {
  const std::size_t n = points.shape(0);
  if (points.shape(1) != 4 || border.shape(0) != n || n < 2 || n >= 1u << car::TileMap::kTileBits)
    throw std::invalid_argument("a track is rows (alpha, beta, x, y), two or more, and a border flag for each");
  car::Track track;
  for (std::size_t i = 0; i < n; ++i) {
    const double* p = points.data() + 4 * i;
    track.point.push_back({p[0], p[1], p[2], p[3]});
    track.border.push_back(border.data()[i]);
  }
  return track;
}

class CarPictures {
 public:
  // Columns of a pose.
  static constexpr std::size_t kColumns = 18;

  CarPictures(In<double, 2> points, In<std::uint8_t, 1> border)
      : track_(track_of(points, border)), texture_(std::make_unique<car::TrackTexture>(track_)) {}

  Out<std::uint8_t> rgb(In<float, 2> poses, In<std::uint8_t, 2> touched) const {
    const std::vector<Frame> frames = frames_of(poses, touched);
    Out<std::uint8_t> out = new_array<std::uint8_t>({frames.size(), car::kPictureSize, car::kPictureSize, 3});
    car::Picture picture;
    for (std::size_t i = 0; i < frames.size(); ++i)
      picture.draw(view_of(frames[i]), out.data() + i * car::kPictureSize * car::kPictureSize * 3);
    return out;
  }

  Out<float> view(In<float, 2> poses, In<std::uint8_t, 2> touched, int block) const {
    if (block == 3) return views<3>(poses, touched);
    if (block == 2) return views<2>(poses, touched);
    throw std::invalid_argument("block must be 2 or 3");
  }

  // Texels from below, and where the first one's middle is.
  std::pair<Out<std::uint8_t>, Out<double>> texture(int level) const {
    if (level < 0 || level >= car::kLevels) throw nb::index_error();
    const vision::Texture& texture = texture_->level(level);
    const auto width = static_cast<std::size_t>(texture.width()), height = static_cast<std::size_t>(texture.height());
    Out<std::uint8_t> texels = new_array<std::uint8_t>({height, width});
    for (int y = 0; y < texture.height(); ++y)
      for (int x = 0; x < texture.width(); ++x) texels.data()[y * width + x] = texture.get(x, y);
    const double side = car::texel_side(level), middle = 0.5 - car::half_field(level);
    Out<double> place = new_array<double>({3});
    place.data()[0] = (texture_->region(level).left + middle) * side;
    place.data()[1] = (texture_->region(level).bottom + middle) * side;
    place.data()[2] = side;
    return {texels, place};
  }

  std::size_t size_in_bytes() const { return texture_->size_in_bytes(); }

  double seconds_to_build() const {
    const auto start = std::chrono::steady_clock::now();
    const car::TrackTexture texture(track_);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

 private:
  struct Frame {
    const float* pose;
    std::vector<std::uint32_t> touched;
  };

  std::vector<Frame> frames_of(In<float, 2> poses, In<std::uint8_t, 2> touched) const {
    const std::size_t n = poses.shape(0), tiles = track_.point.size();
    if (poses.shape(1) != kColumns || touched.shape(0) != n || touched.shape(1) != tiles)
      throw std::invalid_argument("poses must be (n, 18), and touched (n, tiles)");
    std::vector<Frame> frames(n);
    for (std::size_t i = 0; i < n; ++i) {
      frames[i] = {poses.data() + i * kColumns, std::vector<std::uint32_t>((tiles + 31) / 32)};
      for (std::size_t k = 0; k < tiles; ++k)
        if (touched.data()[i * tiles + k]) frames[i].touched[k / 32] |= 1u << (k % 32);
    }
    return frames;
  }

  car::CarView view_of(const Frame& frame) const {
    car::CarView view{};
    view.track = texture_.get();
    view.touched = frame.touched.data();
    const float* p = frame.pose;
    view.x = *p++;
    view.y = *p++;
    view.angle = *p++;
    for (float& v : view.wheel_angle) v = *p++;
    for (float& v : view.wheel_phase) v = *p++;
    view.time = *p++;
    view.speed = *p++;
    for (float& v : view.omega) v = *p++;
    view.yaw_rate = *p++;
    return view;
  }

  template <int kBlock>
  Out<float> views(In<float, 2> poses, In<std::uint8_t, 2> touched) const {
    using Shape = car::ViewShape<kBlock>;
    const std::vector<Frame> frames = frames_of(poses, touched);
    Out<float> out = new_array<float>({frames.size(), Shape::kRows, Shape::kColumns});
    const auto painter = std::make_unique_for_overwrite<car::ViewPainter<kBlock>>();
    std::vector<Lanes> pixels(Shape::kPixels);
    for (std::size_t first = 0; first < frames.size(); first += kLaneWidth) {
      car::CarView views[kLaneWidth] = {};
      for (std::size_t lane = 0; lane < kLaneWidth && first + lane < frames.size(); ++lane)
        views[lane] = view_of(frames[first + lane]);
      painter->draw(views, pixels.data());
      for (std::size_t lane = 0; lane < kLaneWidth && first + lane < frames.size(); ++lane)
        for (int p = 0; p < Shape::kPixels; ++p) out.data()[(first + lane) * Shape::kPixels + p] = pixels[p][lane];
    }
    return out;
  }

  car::Track track_;
  std::unique_ptr<car::TrackTexture> texture_;
};

}  // namespace

void bind_car_pictures(nb::module_& m) {
  nb::class_<CarPictures>(m, "CarPictures", "Pictures of a car on one track; see core/tasks/car/view.hpp and picture.hpp.")
      .def(nb::init<In<double, 2>, In<std::uint8_t, 1>>(), nb::arg("points"), nb::arg("border"),
           "A track of points (n, 4) as rows (alpha, beta, x, y), and whether each tile has a border, (n,).")
      .def(
          "rgb", &CarPictures::rgb, nb::arg("poses"), nb::arg("touched"),
          "Pictures in colour, (m, 96, 96, 3). Poses are (m, 18): x, y, angle, four wheel angles, four phases, time, speed, "
          "four speeds of wheels, yaw rate; touched is (m, n).")
      .def("view", &CarPictures::view, nb::arg("poses"), nb::arg("touched"), nb::arg("block") = 3,
           "What networks see: (m, 28, 32) for blocks of 3, (m, 42, 48) for blocks of 2.")
      .def("texture", &CarPictures::texture, nb::arg("level"),
           "The track's texels of a level, lowest row first, and (x, y, side): the middle of the first, and how far they "
           "are apart.")
      .def("size_in_bytes", &CarPictures::size_in_bytes, "The track's texture.")
      .def("seconds_to_build", &CarPictures::seconds_to_build, "How long it takes to make that texture anew.");
}
