// Beats and grid cells: one geometry each, styled from outside, chosen with pointer or keyboard through the page.

import { colour, group, map, nameOf } from "./core.js";
import { addLabel, dropLabels, placeLabels } from "./labels.js";

const L = window.L;
const byCode = { beat: new Map(), grid_cell: new Map() };
const hooks = { over: () => {}, pick: () => {} };
let chosen = null;

const EDGE = {
  beat: { color: () => colour("beat"), weight: 2.2, opacity: 0.9 },
  grid_cell: { color: () => colour("cell"), weight: 0.9, opacity: 0.9 },
};

/** Draw the zones of an edition; `active` is the kind that answers to the pointer and carries the fill. */
export function drawZones(zones, active, { fill = null, onOver, onPick } = {}) {
  Object.assign(hooks, { over: onOver ?? hooks.over, pick: onPick ?? hooks.pick });
  for (const kind of ["grid_cell", "beat"]) {
    const features = kind === "beat" ? zones.beats : zones.cells;
    const under = kind === active ? "fills" : "lines";
    L.geoJSON(features, {
      pane: under,
      interactive: kind === active,
      style: (feature) => base(kind, kind === active, fill && kind === active ? fill(feature.properties.code) : null),
      onEachFeature: (feature, shape) => {
        byCode[kind].set(feature.properties.code, shape);
        if (kind === active) listen(feature.properties.code, shape);
      },
    }).eachLayer((shape) => group(kind === "beat" ? "beats" : "cells").addLayer(shape));
  }
  if (active === "grid_cell") outlineBeats(zones.beats);
  nameZones(active);
}

/** Draw the zones of another edition that ran differently, as dashed lines. */
export function drawBefore(before, now) {
  const style = { color: colour("focus"), weight: 2, dashArray: "6 5", fill: false };
  for (const kind of ["beats", "cells"]) {
    const today = new Map(now[kind].features.map((one) => [one.properties.code, JSON.stringify(one.geometry)]));
    const changed = before[kind].features.filter((one) => today.get(one.properties.code) !== JSON.stringify(one.geometry));
    const shapes = L.geoJSON({ type: "FeatureCollection", features: changed }, { pane: "lines", interactive: false, style });
    shapes.eachLayer((shape) => group(kind).addLayer(shape));
  }
}

export const zone = (kind, code) => byCode[kind].get(code);

export function paint(kind, fill) {
  for (const [code, shape] of byCode[kind]) shape.setStyle({ fillColor: fill(code) ?? "#ffffff" });
}

export function hover(kind, code, on) {
  const shape = zone(kind, code);
  if (shape && shape !== chosen) shape.setStyle(on ? { weight: 4, color: colour("accent") } : edge(kind));
}

export function choose(kind, code) {
  if (chosen) chosen.setStyle(edge(chosen.zoneKind));
  chosen = zone(kind, code) ?? null;
  if (!chosen) return null;
  chosen.zoneKind = kind;
  chosen.setStyle({ weight: 4.5, color: colour("focus"), opacity: 1 });
  chosen.bringToFront();
  return chosen.getBounds();
}

function base(kind, active, fillColor) {
  return { ...edge(kind), fill: active, fillColor: fillColor ?? "#ffffff", fillOpacity: fillColor ? 0.8 : 0.01, lineJoin: "round" };
}

function edge(kind) {
  return { ...EDGE[kind], color: EDGE[kind].color() };
}

function listen(code, shape) {
  shape.on({
    mouseover: () => hooks.over(code, true),
    mouseout: () => hooks.over(code, false),
    click: (event) => hooks.pick(code, event.latlng),
  });
}

function outlineBeats(beats) {
  const style = { color: colour("beat"), weight: 2.2, fill: false };
  L.geoJSON(beats, { pane: "lines", interactive: false, style }).eachLayer((shape) => group("beats").addLayer(shape));
}

function nameZones(kind) {
  dropLabels("zones");
  for (const shape of byCode[kind].values()) {
    const { lat, lon } = shape.feature.properties;
    const from = kind === "beat" ? 0 : map.getBoundsZoom(shape.getBounds().pad(-0.25)) - 4.5;
    addLabel({ lat, lon, text: nameOf(shape.feature.properties), css: "zone-name", rank: 1, from, owner: "zones" });
  }
  placeLabels();
}
