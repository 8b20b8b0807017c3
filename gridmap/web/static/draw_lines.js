// Lines and outlines drawn with Leaflet-Geoman, then asked about in the side panel: split, cut, new cell, allowed gap.

import { $, colour, el, map, page, tell } from "./core.js";
import { edit } from "./draw_api.js";
import { addGap } from "./draw_gaps.js";
import { button, choice, field, fill, form, freeCode, input, readPoints, submit, typedPoints, zoneName, zoneOptions, zonesFirst } from "./draw_form.js";
import { DISTANCE, hideTargets, showTargets, wanted } from "./draw_snap.js";
import { codesOf, feature, first, lockedForMe, on, say, setLayer, state } from "./draw_state.js";
import { neighboursOf, zoneAt } from "./draw_topology.js";
import { splitByVertices } from "./draw_vertices.js";

const L = window.L;
let drawn = null; // {shape, points}: what was drawn and is not sent yet

const isLine = () => state.tool === "split";
const look = () => ({ color: colour("focus"), weight: 3, dashArray: "8 5", fillColor: colour("focus"), fillOpacity: 0.12, pane: "gaps" });

function begin() {
  if (state.tool === "cut" && state.layer === "beat" && state.zones.grid_cell.size) {
    tell(say("draw_cut_cells")); // a beat is the union of its cells: pieces go from cell to cell
    setLayer("grid_cell"); // begins again
    return;
  }
  map.doubleClickZoom.disable();
  drop();
  showTargets();
  map.pm.enableDraw(isLine() ? "Line" : "Polygon", {
    snappable: wanted(), snapDistance: DISTANCE, finishOn: "dblclick", allowSelfIntersection: isLine(),
    templineStyle: look(), hintlineStyle: { ...look(), opacity: 0.7 }, pathOptions: look(), tooltips: true,
  });
  panel();
}

function halt() {
  map.pm.disableDraw();
  map.doubleClickZoom.enable();
  hideTargets();
  drop();
}

function drop() {
  drawn?.shape.remove();
  drawn = null;
}

map.on("pm:create", ({ layer }) => {
  hideTargets();
  layer.remove();
  const [latlngs] = isLine() ? [layer.getLatLngs()] : layer.getLatLngs();
  take(latlngs.map(({ lat, lng }) => [Number(lng.toFixed(7)), Number(lat.toFixed(7))]));
});

/** Take points as drawn: show them and ask the rest. */
function take(points) {
  map.pm.disableDraw();
  drop();
  const latlngs = points.map(([lon, lat]) => [lat, lon]);
  const shape = (isLine() ? L.polyline(latlngs, look()) : L.polygon(latlngs, look())).addTo(map);
  drawn = { shape, points };
  panel(true);
}

const middle = () => {
  const at = drawn.shape.getBounds().getCenter();
  return [at.lng, at.lat];
};
/** Return the zone that is meant: the chosen one, else the one under what was drawn. */
const meant = () => first() ?? (drawn && zoneAt(state.layer, isLine() ? drawn.points[Math.floor(drawn.points.length / 2)] : middle()));
const ring = () => [...drawn.points, drawn.points[0]];

function send(body, words) {
  const shapes = [drawn.shape.toGeoJSON().geometry];
  edit(body, { words, shapes });
  begin();
}

const names = (like = {}) => [field(say("draw_name_zh"), input("name_zh", like.name_zh ? `${like.name_zh} 2` : "", { required: "", maxlength: "100" })), field(say("draw_name_en"), input("name_en", like.name_en ? `${like.name_en} 2` : "", { maxlength: "100" }))];
const buttons = (words) => el("div", { class: "inline" }, submit(words), button(say("draw_again"), begin));

const asks = {
  split(code) {
    const kind = state.layer;
    return form("split", (told) => send({ op: "split", kind, code, line: drawn.points, ...told }, say("draw_op_split", { zones: code })),
      el("p", {}, say("draw_ask_split", { zone: zoneName(kind, code) })),
      field(say("draw_new_code"), input("new_code", freeCode(kind, code), { required: "", maxlength: "40" })), ...names(feature(kind, code).properties), buttons(say("draw_split")));
  },
  cut(code) {
    const kind = state.layer;
    return form("cut", ({ to }) => send({ op: "cut", kind, code, piece: ring(), to }, say("draw_op_cut", { zones: code, to })),
      el("p", {}, say("draw_ask_cut", { zone: zoneName(kind, code) })),
      field(say("draw_give_to"), choice("to", zonesFirst(kind, neighboursOf(kind, code), [code]))), buttons(say("draw_cut")));
  },
  cell(code) {
    const beats = zoneOptions("beat", codesOf("beat"));
    const cells = state.zones.grid_cell.size > 0;
    const near = cells ? code ?? codesOf("grid_cell")[0] : codesOf("beat")[0] ?? "1";
    const beat = zoneAt("beat", middle());
    return form("cell", (told) => send({ op: "draw", ring: ring(), beat: null, ...told }, say("draw_op_draw", { zones: told.code })),
      field(say("draw_new_code"), input("code", freeCode(cells ? "grid_cell" : "beat", near), { required: "", maxlength: "40" })),
      cells ? field(say("beat"), choice("beat", beats, beat)) : null, ...names(), buttons(say("draw_cell")));
  },
  gap() {
    return form("gap", (told) => {
      addGap({ ...told, ring: ring() });
      begin();
    }, ...names(), buttons(say("draw_gap")));
  },
};

/** Fill the tool's part of the side panel: first how to draw, or what to type; then what is still to be said. */
function panel(focus = false) {
  if (!tools.includes(state.tool)) return;
  const box = $("#draw-tool-form");
  const code = state.tool === "cell" ? zoneAt("grid_cell", drawn ? middle() : [0, 0]) : state.tool === "gap" ? "-" : meant();
  if (drawn && code && lockedForMe(state.layer, code)) tell(say("draw_problem_zone_locked"));
  if (drawn && (code || state.tool === "cell")) {
    fill(box, `${state.tool}-ask-${code}`, asks[state.tool](code));
    if (focus) box.querySelector("input, select").focus();
    return;
  }
  const typed = form("typed", ({ points }) => {
    const read = readPoints(points);
    if (read && read.length >= (isLine() ? 2 : 3)) take(read);
    else tell(say("draw_cannot_read"));
  }, typedPoints("points"), submit(say("draw_use_points"), { class: "quiet" }));
  const alternative = el("details", { "data-open": "typed" }, el("summary", {}, say("draw_without_pointer")), isLine() ? splitByVertices(take) : null, typed);
  const steps = el("div", { class: "inline touch" }, button(say("draw_finish_line"), finish), button(say("draw_last_point"), back));
  fill(box, `${state.tool}-draw-${first()}`, steps, alternative);
}

const active = () => map.pm.Draw[isLine() ? "Line" : "Polygon"];
function finish() {
  if (map.pm.globalDrawModeEnabled()) active()._finishShape();
}
function back() {
  if (map.pm.globalDrawModeEnabled()) active()._removeLastVertex();
  if (!map.pm.globalDrawModeEnabled()) begin();
}

/** Enter ends a line, Backspace takes its last point back; returns whether the key was ours. */
function keyed(key) {
  if (key === "Enter") finish();
  else if (key === "Backspace") back();
  else return false;
  return true;
}

const hintOf = (name) => () => (name === "split" || name === "cut") && !first() ? say(`draw_hint_${name}_any`) : say(`draw_hint_${name}`);
const tool = (name) => ({ start: begin, stop: halt, hint: hintOf(name), panel, keyed, cancel: begin, drawing: true });
const tools = ["split", "cut", "cell", "gap"];
export const [split, cut, cell, gap] = tools.map(tool);

map.pm.setLang(page.lang === "en" ? "en" : "zh");
map.on("moveend", () => map.pm.globalDrawModeEnabled() && tools.includes(state.tool) && showTargets());
on("chosen", () => panel());
