// Cart-pole swing-up: the equations of core/tasks/swingup/task.hpp, operation by operation.

import { clamp, f32, fma, sinCos } from "./float32.js";

export const TRACK_HALF = f32(2.4);
export const POLE_LENGTH = f32(0.6);
export const TIME_STEP = f32(0.01);
export const MAX_STEPS = 1000;

const FORCE = 10;
const FRICTION = f32(0.1);
const MASS_LENGTH = f32(0.5 * POLE_LENGTH);
const GRAVITY = f32(9.82);
const LINEAR_GRAVITY = f32(1.5 * GRAVITY);
const ANGULAR_GRAVITY = f32(6 * GRAVITY);
const INVERSE_LENGTH = f32(1 / POLE_LENGTH);
const INVERSE_TRACK = f32(1 / TRACK_HALF);
const CENTRING = [0.0008476408, -0.020791614, 0.25364092, -1.233697, 1].map(f32);

export class CartPole {
  constructor(showsVelocities = true) {
    this.showsVelocities = showsVelocities;
  }

  // `start` is (x, ẋ, θ, θ̇); θ is 0 upright.
  reset(start) {
    [this.position, this.velocity, this.angle, this.angularVelocity] = start.map(f32);
    [this.sine, this.cosine] = sinCos(this.angle);
    this.action = 0;
  }

  observation() {
    if (!this.showsVelocities) return [this.position, this.cosine, this.sine];
    return [this.position, this.velocity, this.cosine, this.sine, this.angularVelocity];
  }

  // One time step; gives the reward.
  step(action) {
    const { sine, cosine, velocity, angularVelocity } = this;
    this.action = clamp(action, -1, 1);
    const push = fma(velocity, -FRICTION, f32(this.action * FORCE));
    const swing = f32(f32(f32(angularVelocity * angularVelocity) * sine) * MASS_LENGTH);
    const inverse = f32(1 / fma(f32(cosine * cosine), -1.5, 4));
    const linear = f32(fma(swing, -2, fma(f32(sine * cosine), LINEAR_GRAVITY, f32(push * 4))) * inverse);
    const torque = fma(f32(swing * cosine), -3, fma(f32(push * cosine), 6, f32(sine * ANGULAR_GRAVITY)));
    const angular = f32(torque * f32(inverse * INVERSE_LENGTH));
    this.position = fma(velocity, TIME_STEP, this.position);
    this.angle = fma(angularVelocity, TIME_STEP, this.angle);
    this.velocity = fma(linear, TIME_STEP, velocity);
    this.angularVelocity = fma(angular, TIME_STEP, angularVelocity);
    [this.sine, this.cosine] = sinCos(this.angle);
    return f32(fma(this.cosine, 0.5, 0.5) * centring(this.position));
  }

  get offTrack() {
    return Math.abs(this.position) > TRACK_HALF;
  }

  // A push against the pole, in rad/s.
  push(angularVelocity) {
    this.angularVelocity = f32(this.angularVelocity + angularVelocity);
  }
}

function centring(position) {
  const u = f32(position * INVERSE_TRACK);
  const u2 = f32(u * u);
  return CENTRING.reduce((p, c) => fma(p, u2, c));
}

// States after each of `steps` steps from `start`; for tests and for the console.
export function trajectory(network, start, weight, steps) {
  const cart = new CartPole(network.inputs.length === 5);
  cart.reset(start);
  const states = [];
  const shared = weight === null ? null : f32(weight);
  for (let i = 0; i < steps; ++i) {
    const [action] = network.forward(cart.observation(), shared);
    network.remember();
    const reward = cart.step(action);
    states.push([cart.position, cart.velocity, cart.angle, cart.angularVelocity, reward]);
  }
  return states;
}
