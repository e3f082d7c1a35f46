// Arithmetic in float32 as the core does it: every operation rounds once.
//
// The polynomials and their order are those of core/lanes/math.hpp, so that a trajectory in the page is that of the core to the
// last bits. A product of two float32 numbers is exact in a JavaScript number, so `fma` rounds once too (but for double
// rounding, once in about 2^29 times).

export const f32 = Math.fround;

export const fma = (a, b, c) => f32(a * b + c);

// To the nearest integer, ties to even.
export function roundHalfEven(x) {
  const low = Math.floor(x);
  const rest = x - low;
  if (rest !== 0.5) return rest < 0.5 ? low : low + 1;
  return low % 2 === 0 ? low : low + 1;
}

const constants = (...values) => values.map(f32);

const SINE = constants(0.0059732916, -0.07445937, 0.52378047, -2.0260837, 3.1415913);
const COSINE = constants(0.0015981181, -0.02537252, 0.2350465, -1.3351682, 4.0586977, -4.9348016, 1);
const POWER = constants(0.0013264727, 0.009671513, 0.055507336, 0.24022242, 0.693147, 1);
const [TURNS, INVERSE_PI] = constants(0.15915494, 0.31830987);
const [TURN_1, TURN_2, TURN_3] = constants(-6.28125, -1.9350051879882812e-3, -3.019915766344633e-7);
const [TANH_SCALE, SIGMOID_SCALE, GAUSSIAN_SCALE] = constants(-2.8853901, -1.44269504, -0.72134752);

function polynomial(coefficients, x) {
  let p = coefficients[0];
  for (let i = 1; i < coefficients.length; ++i) p = fma(p, x, coefficients[i]);
  return p;
}

const atLeast = (bound, x) => (x < bound ? bound : x);
const atMost = (bound, x) => (x > bound ? bound : x);
export const clamp = (x, low, high) => atMost(high, atLeast(low, x));

// sin(πr) and cos(πr) for r in [-1, 1].
function sinPiReduced(r, r2) {
  return f32(fma(f32(-r2), r, r) * polynomial(SINE, r2));
}

const reduceHalfTurns = (x) => fma(roundHalfEven(f32(x * 0.5)), -2, x);

export function sinPi(x) {
  const r = reduceHalfTurns(x);
  return sinPiReduced(r, f32(r * r));
}

export function cosPi(x) {
  const r = reduceHalfTurns(x);
  return polynomial(COSINE, f32(r * r));
}

// Sine and cosine of x in radians.
export function sinCos(x) {
  const turns = roundHalfEven(f32(x * TURNS));
  let r = fma(turns, TURN_1, x);
  r = fma(turns, TURN_2, r);
  r = f32(fma(turns, TURN_3, r) * INVERSE_PI);
  const r2 = f32(r * r);
  return [sinPiReduced(r, r2), polynomial(COSINE, r2)];
}

// 2^x for x in [-126, 126].
function exp2(x) {
  const n = roundHalfEven(x);
  return f32(polynomial(POWER, f32(x - n)) * 2 ** n);
}

export function tanh32(x) {
  const e = exp2(atLeast(-126, f32(Math.abs(x) * TANH_SCALE)));
  const magnitude = f32(f32(1 - e) / f32(1 + e));
  return x < 0 || Object.is(x, -0) ? -magnitude : magnitude;
}

export const sigmoid32 = (x) => f32(1 / f32(1 + exp2(clamp(f32(x * SIGMOID_SCALE), -126, 126))));

export const gaussian32 = (x) => exp2(atLeast(-126, f32(f32(x * x) * GAUSSIAN_SCALE)));
