// A moved vertex may pull the border on both sides with it, less and less, up to where another border begins.

import { feature } from "./draw_state.js";
import { key, ringsOf, usesOf } from "./draw_topology.js";

const METRE = 1 / 111_320;

const zonesAt = (kind, point) => [...new Set(usesOf(point).filter((use) => use.kind === kind).map((use) => use.code))].sort().join();

function metres(a, b) {
  const x = (b[0] - a[0]) * Math.cos((a[1] * Math.PI) / 180);
  return Math.hypot(x, b[1] - a[1]) / METRE;
}

/** Return [{point, weight}] along the border that runs through `from`, itself first with weight 1. */
export function chainFrom(kind, code, from, reach) {
  const chain = [{ point: from, weight: 1 }];
  const points = ringsOf(feature(kind, code)).map((ring) => ring.slice(0, -1)).find((ring) => ring.some((one) => key(one) === key(from)));
  if (!points || !reach) return chain;
  const start = points.findIndex((one) => key(one) === key(from));
  const between = zonesAt(kind, from);
  const seen = new Set([key(from)]);
  for (const step of [1, -1]) {
    const side = [];
    let far = 0;
    for (let n = 1; n < points.length; n += 1) {
      const i = (start + step * n + points.length * 2) % points.length;
      far += metres(points[(i - step + points.length) % points.length], points[i]);
      if (far >= reach || seen.has(key(points[i])) || zonesAt(kind, points[i]) !== between) break;
      seen.add(key(points[i]));
      side.push({ point: points[i], far });
    }
    const whole = Math.min(reach, far); // nothing moves where the border ends: it would fold there
    for (const { point, far: at } of side) chain.push({ point, weight: Math.cos((Math.PI / 2) * (at / whole)) ** 2 });
  }
  return chain;
}

/** Return where a vertex of the chain goes when `from` goes to `to`. */
export function pulled(point, weight, from, to) {
  if (weight === 1) return [...to];
  return [0, 1].map((axis) => Number((point[axis] + weight * (to[axis] - from[axis])).toFixed(7)));
}
