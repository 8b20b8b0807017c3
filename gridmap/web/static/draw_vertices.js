// The vertices of the chosen zone as a list: everything the handles do, without a pointer.

import { colour, el, map, tell } from "./core.js";
import { edit } from "./draw_api.js";
import { choice, field, form, submit } from "./draw_form.js";
import { drawnRings, reset, shapeOf } from "./draw_shapes.js";
import { feature, first, lockedForMe, say, state } from "./draw_state.js";
import { moveHere, ringsOf, usesOf } from "./draw_topology.js";

const L = window.L;
const METRE = 1 / 111_320; // degrees of latitude
let mark = null;
let moved = null; // {from, to, row}

const listed = () => ringsOf(feature(state.layer, first())).flatMap((points) => points.slice(0, -1));
const others = (point) => [...new Set(usesOf(point).filter((use) => use.kind === state.layer && use.code !== first()).map((use) => use.code))];
const told = (point) => `${point[1].toFixed(6)}, ${point[0].toFixed(6)}`;

function show(point) {
  mark?.remove();
  mark = null;
  if (!point) return;
  const at = [point[1], point[0]];
  mark = L.circleMarker(at, { pane: "gaps", interactive: false, radius: 9, color: colour("focus"), weight: 4, fill: false, pmIgnore: true }).addTo(map);
  if (!map.getBounds().pad(-0.05).contains(at)) map.panTo(at, { animate: false });
}

function nudge(row, point, dx, dy) {
  moved ??= { from: [...point], to: [...point], row };
  const wide = METRE / Math.cos((point[1] * Math.PI) / 180);
  moved.to = [Number((moved.to[0] + dx * wide).toFixed(7)), Number((moved.to[1] + dy * METRE).toFixed(7))];
  for (const { kind, code, ring, i } of usesOf(moved.from)) {
    drawnRings(kind, code)[ring][i] = L.latLng(moved.to[1], moved.to[0]);
    shapeOf(kind, code)?.redraw();
  }
  show(moved.to);
  tell(say("draw_nudged", { at: told(moved.to) }));
}

function settle(keep) {
  if (!moved) return;
  const { from, to, row } = moved;
  const uses = usesOf(from);
  moved = null;
  row.classList.remove("moving");
  if (!keep) {
    for (const { kind, code } of uses) reset(kind, code);
    show(from);
    tell(say("draw_not_moved"));
    return;
  }
  const zones = [...new Set(uses.map((use) => use.code))].join(", ");
  const shapes = [...new Set(uses.map((use) => shapeOf(use.kind, use.code)))].map((shape) => shape.toGeoJSON().geometry);
  moveHere(from, to);
  edit({ op: "move", moves: [[from, to]] }, { words: say("draw_op_move", { zones }), shapes, moved: true });
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
function keys(event, row, points, n) {
  const [key, point] = [event.key, points[n]];
  const moving = row.classList.contains("moving");
  let ours = true;
  if (moving && ARROWS[key]) nudge(row, point, ...ARROWS[key].map((step) => step * (event.shiftKey ? 10 : 1)));
  else if (moving && (key === "Enter" || key === " ")) settle(true);
  else if (moving && key === "Escape") { row.classList.remove("moving"); settle(false); }
  else if (key === "Enter" || key === " ") { row.classList.add("moving"); tell(say("draw_moving")); }
  else if (key === "ArrowDown" || key === "ArrowUp") {
    const rows = [...row.closest("ol").querySelectorAll("button")];
    rows[n + (key === "ArrowDown" ? 1 : -1)]?.focus();
  } else if (key === "Delete") removeVertex(point);
  else if (key === "Insert" || key === "+") addAfter(points, n);
  else ours = false;
  if (ours) { event.preventDefault(); event.stopPropagation(); }
}

function removeVertex(at) {
  edit({ op: "remove", at }, { words: say("draw_op_remove", { zones: first() }), shapes: [] });
}

function addAfter(points, n) {
  const edge = [points[n], points[(n + 1) % points.length]];
  const at = [0, 1].map((axis) => Number(((edge[0][axis] + edge[1][axis]) / 2).toFixed(7)));
  edit({ op: "insert", edge, at }, { words: say("draw_op_insert", { zones: first() }), shapes: [] });
}

/** Return the list of the chosen zone's vertices, or null where there is none to change. */
export function vertexList() {
  const code = first();
  if (!code || state.chosen.length !== 1 || !feature(state.layer, code) || lockedForMe(state.layer, code)) return null;
  const points = listed();
  const rows = points.map((point, n) => {
    const with_ = others(point);
    const label = `${n + 1}. ${told(point)}`;
    const row = el("button", { type: "button", class: "vertex", "data-keep": `vertex-${n}`, tabindex: n ? "-1" : "0" },
      label, el("span", { class: "soft" }, with_.length ? with_.join(" ") : say("draw_edge_of_ground")));
    row.addEventListener("focus", () => {
      show(point);
      for (const other of row.closest("ol").querySelectorAll("button")) other.tabIndex = other === row ? 0 : -1;
    });
    row.addEventListener("blur", () => { settle(true); show(null); });
    row.addEventListener("keydown", (event) => keys(event, row, points, n));
    return el("li", {}, row);
  });
  return el("details", { "data-open": "vertices" }, el("summary", {}, say("draw_vertices"), el("span", { class: "tag" }, String(points.length))),
    el("p", { class: "soft" }, say("draw_vertices_how")), el("ol", { class: "scroll vertices" }, ...rows));
}

/** Return a form that draws a straight line between two vertices of the chosen zone, for splitting it. */
export function splitByVertices(take) {
  if (!first() || !feature(state.layer, first())) return null;
  const points = listed();
  const options = points.map((point, n) => [String(n), `${n + 1}. ${told(point)}`]);
  return form("by-vertices", ({ a, b }) => take([points[Number(a)], points[Number(b)]]),
    el("div", { class: "inline" }, field(say("draw_from_vertex"), choice("a", options, "0")), field(say("draw_to_vertex"), choice("b", options, String(Math.floor(points.length / 2))))),
    submit(say("draw_use_points"), { class: "quiet" }));
}

