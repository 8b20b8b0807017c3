// What a drawn point may snap to: borders of other zones, roads, villages, the jurisdiction's edge; near by only.

import { map } from "./core.js";
import { feature, state } from "./draw_state.js";
import { key, ringsOf, zonesIn } from "./draw_topology.js";

const L = window.L;
export const DISTANCE = 14; // pixels
export const SNAP_M = 1.5; // the ground under the map is drawn to a metre; the server finds the exact place
const MOST = 12_000; // segments looked through at every move of the mouse
let ground = [];
let targets = null;

/** Remember the lines of the ground: roads, villages, jurisdiction. */
export function learnGround(told) {
  const lines = (geometry) => {
    if (!geometry) return [];
    if (geometry.type === "GeometryCollection") return geometry.geometries.flatMap(lines);
    const depth = { LineString: 0, MultiLineString: 1, Polygon: 1, MultiPolygon: 2 }[geometry.type];
    return depth === undefined ? [] : depth === 0 ? [geometry.coordinates] : geometry.coordinates.flat(depth - 1);
  };
  ground = [told.jurisdiction, ...Object.values(told.roads), ...told.places.map((one) => one.geometry)].flatMap(lines);
}

export const wanted = () => document.getElementById("draw-snap").checked;

/** Put the lines to snap to on the map, unseen; `without`: a vertex in hand, which must not hold itself. */
export function showTargets(without = null) {
  hideTargets();
  if (!wanted()) return;
  const view = map.getBounds().pad(0.1);
  const bounds = [view.getWest(), view.getSouth(), view.getEast(), view.getNorth()];
  const near = zonesIn(state.layer, bounds).flatMap((code) => ringsOf(feature(state.layer, code)));
  const hold = without && key(without);
  const lines = [...near, ...ground].flatMap((points) => pieces(points, hold, view));
  let count = 0;
  const kept = lines.filter((line) => (count += line.length) < MOST);
  const latlngs = kept.map((line) => line.map(([lon, lat]) => [lat, lon]));
  targets = L.polyline(latlngs, { pane: "ground", interactive: false, stroke: false, pmIgnore: true, snapIgnore: false });
  targets.addTo(map);
}

export function hideTargets() {
  targets?.remove();
  targets = null;
}

/** Return the parts of a line that are in view and do not touch the vertex in hand. */
function pieces(points, hold, view) {
  const [west, south, east, north] = [view.getWest(), view.getSouth(), view.getEast(), view.getNorth()];
  const found = [];
  let part = [];
  const close = () => {
    if (part.length > 1) found.push(part);
    part = [];
  };
  for (let i = 1; i < points.length; i += 1) {
    const [a, b] = [points[i - 1], points[i]];
    const out = Math.max(a[0], b[0]) < west || Math.min(a[0], b[0]) > east || Math.max(a[1], b[1]) < south || Math.min(a[1], b[1]) > north;
    if (out || (hold && (key(a) === hold || key(b) === hold))) close();
    else part.push(...(part.length ? [b] : [a, b]));
  }
  close();
  return found;
}
