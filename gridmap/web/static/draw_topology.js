// Which zones share a vertex, who borders whom, which zone is under a point: asked of the draft's own coordinates.

import { feature, KINDS, on, state } from "./draw_state.js";

const at = new Map(); // "lon,lat" -> [{kind, code, ring, i}]
const keysOf = new Map(); // "kind/code" -> its keys
const boxes = new Map(); // "kind/code" -> [west, south, east, north]

export const key = (point) => `${point[0]},${point[1]}`;
/** Return all rings of a feature, flat, in the order in which Leaflet holds them. */
export const ringsOf = (one) => (one.geometry.type === "Polygon" ? one.geometry.coordinates : one.geometry.coordinates.flat());

function forget(kind, code) {
  const name = `${kind}/${code}`;
  for (const k of keysOf.get(name) ?? []) {
    const left = (at.get(k) ?? []).filter((use) => use.kind !== kind || use.code !== code);
    if (left.length) at.set(k, left);
    else at.delete(k);
  }
  keysOf.delete(name);
  boxes.delete(name);
}

function learn(kind, code) {
  const keys = new Set();
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  ringsOf(feature(kind, code)).forEach((points, ring) => {
    for (let i = 0; i < points.length - 1; i += 1) {
      const [x, y] = points[i];
      const k = key(points[i]);
      if (!at.has(k)) at.set(k, []);
      at.get(k).push({ kind, code, ring, i });
      keys.add(k);
      box[0] = Math.min(box[0], x); box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], x); box[3] = Math.max(box[3], y);
    }
  });
  keysOf.set(`${kind}/${code}`, keys);
  boxes.set(`${kind}/${code}`, box);
}

on("loaded", () => {
  at.clear(); keysOf.clear(); boxes.clear();
  for (const kind of KINDS) for (const code of state.zones[kind].keys()) learn(kind, code);
});
on("changed", ({ changed, gone }) => {
  for (const [kind, code] of [...gone, ...changed]) forget(kind, code);
  for (const [kind, code] of changed) learn(kind, code);
});

/** Return every use of a vertex: {kind, code, ring, i}. */
export const usesOf = (point) => at.get(key(point)) ?? [];

/** Move a vertex in all zones that share it, on this page alone, until the server has answered. */
export function moveHere(from, to) {
  const uses = usesOf(from).map((use) => ({ ...use }));
  const zones = new Map(uses.map((use) => [`${use.kind}/${use.code}`, [use.kind, use.code]]));
  for (const { kind, code, ring, i } of uses) {
    const points = ringsOf(feature(kind, code))[ring];
    points[i] = [...to];
    if (i === 0) points[points.length - 1] = [...to];
  }
  for (const [kind, code] of zones.values()) { forget(kind, code); learn(kind, code); }
}

/** Return the codes that share a border with a zone, the longest border first. */
export function neighboursOf(kind, code) {
  const shared = new Map();
  for (const k of keysOf.get(`${kind}/${code}`) ?? []) {
    for (const use of at.get(k)) {
      if (use.kind === kind && use.code !== code) shared.set(use.code, (shared.get(use.code) ?? 0) + 1);
    }
  }
  return [...shared].filter(([, count]) => count > 1).sort((a, b) => b[1] - a[1]).map(([other]) => other);
}

function inside([x, y], points) {
  let odd = false;
  for (let i = 0, j = points.length - 1; i < points.length; j = i, i += 1) {
    const [ax, ay] = points[i], [bx, by] = points[j];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
  }
  return odd;
}

/** Return the code of the zone under a point, or null. */
export function zoneAt(kind, point) {
  for (const code of state.zones[kind].keys()) {
    const [west, south, east, north] = boxes.get(`${kind}/${code}`);
    if (point[0] < west || point[0] > east || point[1] < south || point[1] > north) continue;
    const crossings = ringsOf(feature(kind, code)).filter((points) => inside(point, points)).length;
    if (crossings % 2) return code;
  }
  return null;
}

/** Return the zones of `kind` whose boxes meet `bounds` [west, south, east, north]. */
export function zonesIn(kind, [west, south, east, north]) {
  return [...state.zones[kind].keys()].filter((code) => {
    const box = boxes.get(`${kind}/${code}`);
    return box[0] <= east && box[2] >= west && box[1] <= north && box[3] >= south;
  });
}

/** Give each zone one of a few numbers so that no two neighbours have the same; for colouring who is who. */
export function colouring(kind) {
  const given = new Map();
  const order = [...state.zones[kind].keys()].sort((a, b) => neighboursOf(kind, b).length - neighboursOf(kind, a).length);
  for (const code of order) {
    const taken = new Set(neighboursOf(kind, code).map((other) => given.get(other)));
    let n = 0;
    while (taken.has(n)) n += 1;
    given.set(code, n);
  }
  return given;
}
