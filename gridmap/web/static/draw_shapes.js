// The zones on the map: one shape each, restyled and reshaped when they change, never all at once.

import { colour, group, map, nameOf } from "./core.js";
import { addLabel, dropLabels, placeLabels } from "./labels.js";
import { emit, feature, figure, KINDS, lockOf, on, say, state } from "./draw_state.js";
import { colouring } from "./draw_topology.js";

const L = window.L;
const shapes = { beat: new Map(), grid_cell: new Map() };
const OWN = 7;
const MANY = 800; // more shapes than this are drawn on a canvas
let owners = null; // beat -> number of its colour, worked out when it is asked for

export const shapeOf = (kind, code) => shapes[kind].get(code);
export const layerOf = (kind) => group(kind === "beat" ? "beats" : "cells");

function fillOf(kind, code) {
  if (state.colourBy === "owner") {
    const owner = kind === "beat" ? code : feature(kind, code)?.properties.beat;
    owners ??= colouring("beat");
    return owners.has(owner) ? colour(`own-${owners.get(owner) % OWN}`) : "#ffffff";
  }
  const told = figure(kind, code);
  if (!told) return "#ffffff";
  if (state.colourBy === "norm") return colour({ under: "low-1", over: "high-1" }[told.norm] ?? "mid");
  const load = told.load;
  if (!Number.isFinite(load)) return "#ffffff";
  return colour(load >= 150 ? "high-2" : load >= 115 ? "high-1" : load >= 85 ? "mid" : load >= 60 ? "low-1" : "low-2");
}

function styleOf(kind, code) {
  const active = kind === state.layer;
  const held = active && state.people.some((one) => one.kind === kind && one.code === code);
  const edge = kind === "beat"
    ? { color: colour("beat"), weight: 2.2, opacity: 0.9 }
    : { color: colour(active ? "soft" : "cell"), weight: active ? 1.3 : 0.8, opacity: 0.9 };
  if (held) Object.assign(edge, { color: colour("gap"), weight: 3 });
  const dashArray = active && lockOf(kind, code) ? "7 5" : null;
  return { ...edge, dashArray, lineJoin: "round", fill: active, fillColor: active ? fillOf(kind, code) : "none", fillOpacity: 0.72 };
}

function make(kind, code, renderer) {
  const active = kind === state.layer;
  const [shape] = L.geoJSON(feature(kind, code), {
    pane: active ? "fills" : "lines", interactive: active, style: () => styleOf(kind, code), renderer, pmIgnore: true,
  }).getLayers();
  if (active) {
    shape.on("click", (event) => emit("pick", { code, event }));
    shape.on("mouseover", () => emit("over", { code, on: true }));
    shape.on("mouseout", () => emit("over", { code, on: false }));
  }
  shapes[kind].set(code, shape);
  layerOf(kind).addLayer(shape);
}

let renderers = {};
function rendererOf(kind) {
  const pane = kind === state.layer ? "fills" : "lines";
  if (state.zones[kind].size <= MANY) return undefined;
  return (renderers[pane] ??= L.canvas({ pane, padding: 0.3, tolerance: 2 }));
}

function drawAll() {
  owners = null;
  for (const kind of KINDS) {
    layerOf(kind).clearLayers();
    shapes[kind].clear();
  }
  for (const kind of KINDS) for (const code of state.zones[kind].keys()) make(kind, code, rendererOf(kind));
  nameZones();
}

/** Put a shape where the draft has it. */
export function reset(kind, code) {
  const shape = shapeOf(kind, code), one = feature(kind, code);
  if (!shape || !one) return;
  const depth = one.geometry.type === "Polygon" ? 1 : 2;
  shape.feature = one;
  shape.setLatLngs(L.GeoJSON.coordsToLatLngs(one.geometry.coordinates, depth));
}

/** Return the rings of a shape as they are drawn, flat, without the closing vertex. */
export function drawnRings(kind, code) {
  const rings = shapeOf(kind, code)?.getLatLngs() ?? [];
  return Array.isArray(rings[0]?.[0]) ? rings.flat() : rings;
}

/** Style a shape anew after what is known of it has changed. */
export function restyle(kind, code) {
  shapeOf(kind, code)?.setStyle(styleOf(kind, code));
}
export function restyleAll() {
  for (const code of shapes[state.layer].keys()) restyle(state.layer, code);
}

/** Light a zone while somebody points at it in the table or list. */
export function light(code, lit) {
  if (lit) shapeOf(state.layer, code)?.setStyle({ weight: 4, color: colour("accent") });
  else restyle(state.layer, code);
}

/** Fill a zone with another colour until it is restyled: where a brush has passed. */
export function tint(kind, code, name) {
  shapeOf(kind, code)?.setStyle({ fillColor: colour(name), fillOpacity: 0.95 });
}

function nameZones() {
  dropLabels("zones");
  const kind = state.layer;
  for (const [code, shape] of shapes[kind]) {
    const one = feature(kind, code), told = figure(kind, code), middle = shape.getCenter();
    const from = kind === "beat" ? 0 : map.getBoundsZoom(shape.getBounds().pad(-0.25)) - 4.5;
    const lock = lockOf(kind, code) ? ` · ${say("draw_locked_short")}` : "";
    const [lat, lon] = told?.lat ? [told.lat, told.lon] : [middle.lat, middle.lng];
    addLabel({ lat, lon, text: nameOf(one.properties) + lock, css: "zone-name", rank: 1, from, owner: "zones" });
  }
  placeLabels();
}

let naming = 0;
function nameSoon() {
  clearTimeout(naming);
  naming = setTimeout(nameZones, 150);
}

on("loaded", drawAll);
on("layer", drawAll);
on("changed", ({ changed, gone }) => {
  for (const [kind, code] of gone) {
    const shape = shapeOf(kind, code);
    if (shape) layerOf(kind).removeLayer(shape);
    shapes[kind].delete(code);
  }
  if (changed.some(([kind]) => kind === "beat")) owners = null;
  for (const [kind, code] of changed) {
    if (shapeOf(kind, code)) reset(kind, code);
    else make(kind, code, rendererOf(kind));
  }
  nameSoon();
});
on("live", ({ rows }) => {
  if (state.colourBy === "owner") restyleAll();
  else for (const [kind, code] of rows) if (kind === state.layer) restyle(kind, code);
});
/** Draw the outline of what is chosen over everything, also over the borders of beats and of the published edition. */
const marks = L.layerGroup().addTo(map);
function outline() {
  marks.clearLayers();
  const style = { pane: "gaps", interactive: false, fill: false, color: colour("focus"), weight: 3.5, pmIgnore: true };
  for (const code of state.chosen) {
    const shape = shapeOf(state.layer, code);
    if (shape) marks.addLayer(L.polygon(shape.getLatLngs(), style));
  }
}
let before = [];
on("chosen", (codes) => {
  outline();
  for (const code of new Set([...before, ...codes])) restyle(state.layer, code);
  before = [...codes];
});
let known = "";
on("people", () => {
  const now = JSON.stringify([[...state.locks.keys()], state.people.map((one) => [one.kind, one.code])]);
  if (now === known) return;
  known = now;
  restyleAll();
  nameSoon();
});
on("colour", restyleAll);
