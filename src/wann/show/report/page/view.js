// What part of a scene's world is seen, and which shapes are near it; see `View` in src/wann/tasks/scene.py.

// The middle of the view, and how far it is turned, while the bodies are there. Where things are so many times as large, a
// view's middle is so much nearer to the body that it follows.
export function viewAt({ center, follows, share, turns }, bodies, zoom = 1) {
  const [right, up] = center.map((v) => v / zoom);
  if (follows === null) return { x: right, y: up, angle: 0 };
  const angle = turns ? bodies[3 * follows + 2] : 0;
  const [s, c] = [Math.sin(angle), Math.cos(angle)];
  return {
    x: c * right - s * up + share[0] * bodies[3 * follows],
    y: s * right + c * up + share[1] * bodies[3 * follows + 1],
    angle,
  };
}

// A circle around a shape that stands still; null for what moves, and for what is told by more than its points.
export function reachOf({ body, points, width = 0 }) {
  if (body !== null || !points) return null;
  const [low, high] = [Math.min, Math.max].map((most) => [0, 1].map((k) => most(...points.map((p) => p[k]))));
  const [x, y] = [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2];
  return { x, y, radius: Math.max(...points.map((p) => Math.hypot(p[0] - x, p[1] - y))) + width / 2 };
}
