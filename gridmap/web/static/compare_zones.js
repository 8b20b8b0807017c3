// The zones of two editions, each in a pane of its own, coloured and patterned by what became of them.

import { colour, nameOf, page } from "./core.js";

const L = window.L;
const EDGES = { before: { dashArray: "6 4", color: "focus" }, after: { dashArray: null, color: "beat" } };
const drawn = { before: [], after: [] };

/** Return the pane of an edition on a map, made when first asked for. */
export function paneOf(target, side) {
  return target.getPane(`compare-${side}`) ?? target.createPane(`compare-${side}`);
}

/** Draw the zones of one edition on a map: `side` is "before" or "after". */
export function drawSide(target, side, zones, { interactive = true, onOver = () => {}, onPick = () => {} } = {}) {
  paneOf(target, side);
  const features = page.kind === "beat" ? zones.beats : zones.cells;
  const shapes = new Map();
  L.geoJSON(features, {
    pane: `compare-${side}`,
    renderer: L.svg({ pane: `compare-${side}`, padding: 0.4 }),
    interactive,
    style: (feature) => look(side, feature.properties.code),
    onEachFeature: (feature, shape) => {
      const { code } = feature.properties;
      shapes.set(code, shape);
      shape.on({
        mouseover: () => onOver(code, true),
        mouseout: () => onOver(code, false),
        click: (event) => onPick(code, event.latlng),
      });
    },
  }).addTo(target);
  const names = features.features.map((one) => name(one, side));
  const fit = () => placeNames(target, names);
  target.on("zoomend", fit);
  fit();
  drawn[side].push(shapes);
}

/** Mark the zone of a code on every map, or take the mark away. */
export function highlight(code, on, chosen = false) {
  for (const side of ["before", "after"]) {
    for (const shapes of drawn[side]) {
      const shape = shapes.get(code);
      if (!shape) continue;
      if (on) shape.setStyle({ weight: chosen ? 5 : 4, color: colour(chosen ? "focus" : "accent"), dashArray: null }).bringToFront();
      else shape.setStyle(edge(side));
    }
  }
}

/** Return the bounds of a code in either edition, or null. */
export function boundsOf(code) {
  const found = [...drawn.before, ...drawn.after].map((shapes) => shapes.get(code)).filter(Boolean);
  return found.length ? found.reduce((all, one) => all.extend(one.getBounds()), L.latLngBounds(found[0].getBounds())) : null;
}

function look(side, code) {
  const kind = page.changes[code] ?? "kept";
  return { ...edge(side), fill: true, fillColor: `url(#c-${kind})`, fillOpacity: 1, lineJoin: "round" };
}

function edge(side) {
  const { dashArray, color } = EDGES[side];
  return { color: colour(color), dashArray, weight: page.kind === "beat" ? 2.2 : 1.1, opacity: 0.95 };
}

function name(feature, side) {
  const text = nameOf(feature.properties);
  const node = document.createElement("span");
  node.textContent = text;
  const { lat, lon } = feature.properties;
  const icon = L.divIcon({ html: node, className: `zone-name ${side}`, iconSize: null });
  return { text, marker: L.marker([lat, lon], { icon, interactive: false, keyboard: false, pane: `compare-${side}`, zIndexOffset: 2000 }), shown: false };
}

function placeNames(target, names) {
  const taken = [];
  for (const label of names) {
    const at = target.latLngToLayerPoint(label.marker.getLatLng());
    const half = (label.text.length * 12.5 * (/[^\x00-\x7f]/.test(label.text) ? 1 : 0.56)) / 2 + 4;
    const box = [at.x - half, at.y - 10, at.x + half, at.y + 10];
    const clear = taken.every((b) => box[2] < b[0] || box[0] > b[2] || box[3] < b[1] || box[1] > b[3]);
    if (clear) taken.push(box);
    if (clear !== label.shown) {
      label.shown = clear;
      if (clear) label.marker.addTo(target);
      else label.marker.remove();
    }
  }
}
