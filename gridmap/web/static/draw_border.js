// The border tool: handles on the chosen zone's vertices; a shared vertex takes every zone it belongs to with it.

import { $, $$, map } from "./core.js";
import { edit } from "./draw_api.js";
import { choice, field, fill } from "./draw_form.js";
import { chainFrom, pulled } from "./draw_pull.js";
import { drawnRings, reset, shapeOf } from "./draw_shapes.js";
import { DISTANCE, hideTargets, showTargets, SNAP_M, wanted } from "./draw_snap.js";
import { feature, first, lockedForMe, on, say, state } from "./draw_state.js";
import { moveHere, usesOf } from "./draw_topology.js";

const L = window.L;
const ROOM = 34; // pixels an edge needs for a middle handle
const MANY = 260; // more vertices than this: only those near the pointer have handles
let handles = null;
let drag = null; // {from, uses, edge}
let stale = false;

const lonLat = (at) => [Number(at.lng.toFixed(7)), Number(at.lat.toFixed(7))];

/** Return the vertex of the chosen zone that a handle stands for. */
function vertexOf(path) {
  const { type, coordinates } = feature(state.layer, first()).geometry;
  return (type === "Polygon" ? path : path).reduce((rings, i) => rings[i], coordinates);
}

function show() {
  hide();
  const code = first();
  const shape = code && shapeOf(state.layer, code);
  if (!shape || state.chosen.length !== 1 || lockedForMe(state.layer, code) || !state.editable) return;
  const rings = shape.getLatLngs();
  const count = rings.flat(3).length;
  handles = L.polygon(clone(rings), { pane: "gaps", fill: false, weight: 3, interactive: false, color: "#b3541e", opacity: 0.35, pmIgnore: false, snapIgnore: true });
  handles.addTo(map);
  const coarse = matchMedia("(pointer: coarse)").matches;
  handles.pm.enable({
    snappable: wanted(), snapDistance: DISTANCE, snapSegment: true, allowSelfIntersection: true, draggable: false,
    removeLayerBelowMinVertexCount: false, removeVertexOn: "contextmenu",
    ...(count > MANY ? { limitMarkersToCount: 80, limitMarkersToClick: coarse } : {}),
  });
  quiet();
  handles.on("pm:markerdragstart", ({ indexPath }) => begin(indexPath));
  handles.on("pm:markerdrag", ({ markerEvent }) => follow(markerEvent.target.getLatLng()));
  handles.on("pm:markerdragend", ({ markerEvent }) => end(markerEvent.target));
  handles.on("pm:vertexadded", ({ marker, indexPath }) => added(marker, indexPath));
  handles.on("pm:vertexremoved", ({ indexPath }) => removed(indexPath));
}

const clone = (rings) => (Array.isArray(rings) ? rings.map(clone) : L.latLng(rings.lat, rings.lng));

/** Handles are for the pointer, the keyboard has the list; where vertices are dense, those between wait for a closer look. */
function quiet() {
  for (const handle of $$(".marker-icon")) handle.setAttribute("tabindex", "-1");
  const apart = matchMedia("(pointer: coarse)").matches ? 27 : 13;
  const pixel = (marker) => map.latLngToLayerPoint(marker.getLatLng());
  for (const ring of rings(handles?.pm._markers ?? [])) {
    let last = null;
    for (const marker of ring) {
      const { lat, lng } = marker.getLatLng();
      const joint = new Set(usesOf([lng, lat]).filter((use) => use.kind === state.layer).map((use) => use.code)).size > 2;
      const near = last !== null && !joint && pixel(marker).distanceTo(last) < apart;
      marker.getElement()?.classList.toggle("near", near);
      if (!near) last = pixel(marker);
      const middle = marker._middleMarkerNext;
      if (middle?.rightM) middle.getElement()?.classList.toggle("near", near || pixel(marker).distanceTo(pixel(middle.rightM)) < ROOM);
    }
  }
}
const rings = (markers) => (Array.isArray(markers[0]) ? markers.flatMap(rings) : [markers]);
map.on("zoomend", quiet);

function hide() {
  if (handles) {
    handles.pm.disable();
    handles.remove();
  }
  handles = null;
  drag = null;
  hideTargets();
}

function begin(path) {
  if (drag?.edge) return;
  const from = vertexOf(path);
  const chain = chainFrom(state.layer, first(), from, reach());
  const uses = chain.flatMap(({ point, weight }) => usesOf(point).map((use) => (
    { shape: shapeOf(use.kind, use.code), latlngs: drawnRings(use.kind, use.code)[use.ring], point: [...point], weight, ...use })));
  drag = { from: [...from], chain: chain.map(({ point, weight }) => ({ point: [...point], weight })), uses };
  showTargets(from);
}

function follow(at) {
  if (!drag) return;
  for (const { latlngs, i, point, weight } of drag.uses) {
    const [lon, lat] = drag.edge ? [at.lng, at.lat] : pulled(point, weight, drag.from, [at.lng, at.lat]);
    latlngs[i] = L.latLng(lat, lon);
  }
  for (const shape of new Set(drag.uses.map((use) => use.shape))) shape.redraw();
}

/** A middle handle was taken: put the new vertex into every zone along that edge. */
function added(marker, path) {
  const i = path.at(-1), parent = path.slice(0, -1);
  const ring = vertexOf(parent);
  const n = ring.length - 1;
  const edge = [ring[(i - 1 + n) % n], ring[i % n]];
  const uses = [];
  for (const one of usesOf(edge[0])) {
    const other = usesOf(edge[1]).find((use) => use.kind === one.kind && use.code === one.code && use.ring === one.ring);
    if (!other) continue;
    const latlngs = drawnRings(one.kind, one.code)[one.ring];
    const last = Math.abs(one.i - other.i) > 1;
    const place = last ? latlngs.length : Math.max(one.i, other.i);
    latlngs.splice(place, 0, marker.getLatLng());
    uses.push({ shape: shapeOf(one.kind, one.code), latlngs, i: place, kind: one.kind, code: one.code });
  }
  drag = { edge: edge.map((point) => [...point]), uses };
  quiet();
  if (!marker._dragging) end(marker);
  else showTargets();
}

function end(marker) {
  if (!drag) return;
  const { from, chain, edge, uses } = drag;
  const to = lonLat(marker.getLatLng());
  const snap = marker._snapped ? { snap_m: SNAP_M } : {};
  const names = [...new Set(uses.map((use) => use.code))].join(", ");
  const shapes = [...new Set(uses.map((use) => use.shape))].map((shape) => shape.toGeoJSON().geometry);
  drag = null;
  hideTargets();
  if (edge) edit({ op: "insert", edge, at: to, ...snap }, { words: say("draw_op_insert", { zones: names }), shapes, moved: true });
  else if (from[0] !== to[0] || from[1] !== to[1]) {
    const moves = chain.map(({ point, weight }) => [point, pulled(point, weight, from, to)]);
    for (const [old, fresh] of moves) moveHere(old, fresh);
    edit({ op: "move", moves, ...snap }, { words: say("draw_op_move", { zones: names }), shapes, moved: true });
  }
  if (stale) show();
  stale = false;
}

function removed(path) {
  const at = [...vertexOf(path)];
  const names = [...new Set(usesOf(at).map((use) => use.code))].join(", ");
  edit({ op: "remove", at }, { words: say("draw_op_remove", { zones: names }), shapes: [], moved: true });
}

function again() {
  if (state.tool !== "border") return;
  if (drag) stale = true;
  else show();
}

/** How far along the border a moved vertex pulls the others with it [m]; borders are often dense with vertices. */
const reach = () => Number($("#draw-tool-form select[name=reach]")?.value ?? 0);

function panel() {
  const options = [0, 50, 150, 400].map((metres) => [String(metres), metres ? say("draw_reach_m", { n: metres }) : say("draw_reach_none")]);
  fill($("#draw-tool-form"), "border", field(say("draw_reach"), choice("reach", options, "0")));
}

export const border = { start() { panel(); show(); }, stop: hide, hint: () => say(first() ? "draw_hint_border" : "draw_hint_choose") };
on("chosen", again);
on("undone", () => {
  for (const kind of ["beat", "grid_cell"]) for (const code of state.zones[kind].keys()) reset(kind, code);
  again();
});
