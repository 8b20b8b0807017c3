// The edge tool: take a border between two vertices and move it as it is, for the zones on both sides.

import { colour, map } from "./core.js";
import { edit } from "./draw_api.js";
import { pointerTool } from "./draw_pointer.js";
import { drawnRings, reset, shapeOf } from "./draw_shapes.js";
import { feature, first, lockedForMe, on, say, state } from "./draw_state.js";
import { moveHere, ringsOf, usesOf } from "./draw_topology.js";

const L = window.L;
const NEAR = { mouse: 10, pen: 14, touch: 24 }; // pixels
let mark = null;
let drag = null; // {edge, origin, uses, to}

const pixel = ([lon, lat]) => map.latLngToContainerPoint([lat, lon]);

/** Return the chosen zone's edge nearest to a place on the screen, or null. */
function nearest(point, within) {
  let best = null, least = within;
  for (const points of ringsOf(feature(state.layer, first()))) {
    for (let i = 1; i < points.length; i += 1) {
      const far = L.LineUtil.pointToSegmentDistance(point, pixel(points[i - 1]), pixel(points[i]));
      if (far < least) [best, least] = [[points[i - 1], points[i]], far];
    }
  }
  return best;
}

function show(edge) {
  mark?.remove();
  mark = null;
  if (!edge) return;
  const style = { pane: "gaps", interactive: false, color: colour("focus"), weight: 7, opacity: 0.85, lineCap: "round", pmIgnore: true };
  mark = L.polyline(edge.map(([lon, lat]) => [lat, lon]), style).addTo(map);
}

const usable = () => first() && state.chosen.length === 1 && !lockedForMe(state.layer, first());

const pointer = pointerTool({
  hover: ({ point }) => show(usable() ? nearest(point, NEAR.mouse) : null),
  down: ({ lon, lat, point }, event) => {
    const edge = usable() && nearest(point, NEAR[event.pointerType] ?? NEAR.mouse);
    if (!edge) return false;
    const held = edge.map((vertex) => [...vertex]);
    const uses = held.flatMap((vertex, end) =>
      usesOf(vertex).map((use) => ({ ...use, end, shape: shapeOf(use.kind, use.code), latlngs: drawnRings(use.kind, use.code)[use.ring] })));
    drag = { edge: held, origin: [lon, lat], uses, to: held };
    return true;
  },
  move: ({ lon, lat }) => {
    const [dx, dy] = [lon - drag.origin[0], lat - drag.origin[1]];
    drag.to = drag.edge.map(([x, y]) => [Number((x + dx).toFixed(7)), Number((y + dy).toFixed(7))]);
    for (const { latlngs, i, end, shape } of drag.uses) {
      latlngs[i] = L.latLng(drag.to[end][1], drag.to[end][0]);
      shape.redraw();
    }
    show(drag.to);
  },
  up: () => {
    const { edge, to, uses } = drag;
    drag = null;
    show(null);
    if (edge[0][0] === to[0][0] && edge[0][1] === to[0][1]) return;
    const zones = [...new Set(uses.map((use) => use.code))].join(", ");
    const shapes = [...new Set(uses.map((use) => use.shape))].map((shape) => shape.toGeoJSON().geometry);
    edge.forEach((from, end) => moveHere(from, to[end]));
    edit({ op: "move", moves: edge.map((from, end) => [from, to[end]]) }, { words: say("draw_op_edge", { zones }), shapes, moved: true });
  },
  cancel: () => {
    for (const { kind, code } of drag.uses) reset(kind, code);
    drag = null;
    show(null);
  },
});

export const edge = {
  start: pointer.start,
  stop: () => { pointer.stop(); show(null); },
  hint: () => say(first() ? "draw_hint_edge" : "draw_hint_choose"),
};
on("chosen", () => show(null));
