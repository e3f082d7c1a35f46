// What the driver's controls and the tyres do in a step: the motors' speeds that turn the wheels, and the forces on them.
// Gymnasium computes this in doubles, from single-precision poses and velocities, and so is it done here, in its order.
#pragma once

#include "../../physics/doubles.hpp"
#include "model.hpp"

namespace wann::car {

inline constexpr double kStepSeconds = 1.0 / 50;
inline constexpr double kEnginePower = 100000000 * kSize * kSize;
inline constexpr double kWheelInertia = 4000 * kSize * kSize;
inline constexpr double kRoadGrip = 1000000 * kSize * kSize;  // the largest force on a tyre
inline constexpr double kGrassGrip = kRoadGrip * 0.6;
inline constexpr double kSlipStiffness = 205000 * kSize * kSize;  // force by slip speed
inline constexpr double kMostThrottleRise = 0.1;                  // of a step; it falls at once
inline constexpr double kLockingBrake = 0.9;                      // and more blocks the wheels
inline constexpr double kBrakeSlowdown = 15;                      // rad/s of a step at full brake
inline constexpr double kTyreRadius = kWheelRadius * kSize;

// One double a lane.
struct DoubleLanes {
  HalfDoubles half[2];

  double get(int lane) const { return half[lane / kHalf][lane % kHalf]; }
  void set(int lane, double x) { half[lane / kHalf][lane % kHalf] = x; }

 private:
  static constexpr int kHalf = kLaneWidth / 2;
};

// What the driver does, as Gymnasium's actions say it: steering in [-1, 1] (1 is right), gas and brake in [0, 1].
struct Controls {
  Lanes steering, gas, brake;
};

// How the wheels turn about their axles.
struct WheelSpins {
  DoubleLanes omega[kWheels];  // rad/s
  DoubleLanes phase[kWheels];  // rad
  DoubleLanes throttle;        // of the rear wheels
};

// The motor speed with which a wheel turns towards where it is steered.
WANN_INLINE HalfDoubles steering_speed(HalfDoubles steering, HalfDoubles angle) {
  const HalfDoubles away = steering - angle;
  const HalfDoubles speed = abs(away) * 50.0;
  return sign(away) * select(speed < 3.0, speed, every(3.0));
}

struct TyreForce {
  HalfDoubles x, y;
};

// Half of the lanes of one wheel: turns it with engine, brake and road, and gives the force of the road on it. `right` is
// the axle's direction, v the wheel's velocity.
WANN_INLINE TyreForce turn_wheel(HalfDoubles& omega, HalfDoubles& phase, HalfDoubles throttle, HalfDoubles brake,
                                 HalfDoubles grip, Vec2<HalfDoubles> right, Vec2<HalfDoubles> v) {
  const Vec2<HalfDoubles> forward = {-right.y, right.x};
  const HalfDoubles ahead = forward.x * v.x + forward.y * v.y;
  const HalfDoubles aside = right.x * v.x + right.y * v.y;

  omega += kStepSeconds * kEnginePower * throttle / kWheelInertia / (abs(omega) + 5.0);
  const HalfDoubles most = abs(omega), wanted = kBrakeSlowdown * brake;
  const HalfDoubles braked = omega + -sign(omega) * select(wanted > most, most, wanted);
  omega = select(brake >= kLockingBrake, every(0.0), select(brake > 0.0, braked, omega));
  phase += omega * kStepSeconds;

  HalfDoubles along = (omega * kTyreRadius - ahead) * kSlipStiffness;
  HalfDoubles across = -aside * kSlipStiffness;
  const HalfDoubles force = sqrt(along * along + across * across);
  const HalfLongs slides = force > grip;
  along = select(slides, along / force * grip, along);
  across = select(slides, across / force * grip, across);
  omega -= kStepSeconds * along * kTyreRadius / kWheelInertia;
  return {across * right.x + along * forward.x, across * right.y + along * forward.y};
}

// Takes in a vector's controls: sets the motors, turns the wheels, and gives the forces of the road on the wheels' centres.
// `on_road` are the wheels that touched a tile in the last step.
inline void drive(const Controls& controls, const Bodies<Model>& bodies, const Mask (&on_road)[kWheels], WheelSpins& spins,
                  MotorDrive<Model>& motors, Vec2<Lanes> (&force)[kWheels]) {
  const Pair<HalfDoubles> steering = to_doubles(-controls.steering), gas = to_doubles(clamp(controls.gas, 0.0f, 1.0f)),
                          brake = to_doubles(controls.brake);
  const HalfDoubles half_gas[2] = {gas.first, gas.second}, half_brake[2] = {brake.first, brake.second};
  for (int h = 0; h < 2; ++h) {
    const HalfDoubles rise = half_gas[h] - spins.throttle.half[h];
    spins.throttle.half[h] += select(rise > kMostThrottleRise, every(kMostThrottleRise), rise);
  }
  for (int i = 0; i < kWheels; ++i) {
    const bool front = i < 2;
    const Pose<Lanes>& pose = bodies.pose[1 + i];
    const Pair<HalfDoubles> angle = to_doubles(pose.angle - bodies.pose[kHull].angle - 0.0f);
    const HalfDoubles straight = every(0.0);
    motors.speed[i] = to_floats(Pair<HalfDoubles>{steering_speed(front ? steering.first : straight, angle.first),
                                                  steering_speed(front ? steering.second : straight, angle.second)});
    motors.max_motor[i] = broadcast(kMaxMotor);

    const Rotation<Lanes> q = rotation(pose.angle);
    const Pair<HalfDoubles> c = to_doubles(q.c), s = to_doubles(q.s), vx = to_doubles(bodies.velocity[1 + i].linear.x),
                            vy = to_doubles(bodies.velocity[1 + i].linear.y),
                            grip = to_doubles(on_road[i] ? broadcast(1.0f) : broadcast(0.0f));
    TyreForce f[2];
    for (int h = 0; h < 2; ++h) {
      const auto part = [h](const Pair<HalfDoubles>& x) { return h == 0 ? x.first : x.second; };
      f[h] = turn_wheel(spins.omega[i].half[h], spins.phase[i].half[h], front ? every(0.0) : spins.throttle.half[h],
                        half_brake[h], select(part(grip) > 0.0, every(kRoadGrip), every(kGrassGrip)), {part(c), part(s)},
                        {part(vx), part(vy)});
    }
    force[i] = {to_floats(Pair<HalfDoubles>{f[0].x, f[1].x}), to_floats(Pair<HalfDoubles>{f[0].y, f[1].y})};
  }
}

}  // namespace wann::car
