// The picture: features of an analysis in the colours and textures of their classes, the same as on paper.

import { group, map, page } from "./core.js";
import { fillOf, lookOf } from "./map_looks.js";

const L = window.L;
//: More shapes than this are painted on a canvas, which knows no textures.
const MOST_SHAPES = 2000;

let chosen = null;
let picks = new Map();

/** Draw the features of an answer in place of what was drawn; `onPick(name, answer, facts, at)` hears of clicks. */
export function drawCells(name, answer, onPick) {
  const heat = group("heat");
  heat.clearLayers();
  chosen = null;
  picks = new Map();
  const picture = page.pictures[name];
  const features = answer?.cells?.features ?? [];
  if (!picture || !features.length) return;
  const many = features.length > MOST_SHAPES;
  const renderer = many ? L.canvas({ pane: "heat", padding: 0.3 }) : L.svg({ pane: "heat", padding: 0.3 });
  const single = picture.looks.length === 1;
  const style = (feature) => {
    const look = lookOf(picture, feature.properties);
    if (!look) return { stroke: false, fillOpacity: 0 };
    const { fill, opacity } = many ? { fill: look[1], opacity: look[4] } : fillOf(look);
    const edge = single ? { stroke: true, color: look[1], weight: 2 } : { stroke: look[4] > 0.3 && name !== "density", color: "#fff", weight: many ? 0.3 : 0.6 };
    return { renderer, ...edge, fillColor: fill, fillOpacity: opacity };
  };
  L.geoJSON(answer.cells, {
    pane: "heat", renderer, style,
    pointToLayer: (feature, at) => L.circleMarker(at, { ...style(feature), radius: 4 + Math.sqrt(feature.properties.events ?? 4), stroke: true, color: "#fff", weight: 1.2 }),
  }).eachLayer((shape) => {
    const pick = (at) => {
      mark(shape, style);
      onPick(name, answer, shape.feature.properties, at);
    };
    shape.on("click", (event) => {
      event.originalEvent.told = true; // the map hears of it too, for what is drawn above; the ground need not answer
      pick(event.latlng);
    });
    picks.set(shape.feature.id, { shape, pick });
    heat.addLayer(shape);
  });
}

function mark(shape, style) {
  if (chosen) chosen.setStyle(style(chosen.feature));
  chosen = shape;
  shape.setStyle({ stroke: true, color: "#1d2b30", weight: 3 });
  shape.bringToFront();
}

/** Return the middle of a feature that is drawn, or null. */
export function middleOf(id) {
  const shape = picks.get(id)?.shape;
  if (!shape) return null;
  return shape.getBounds ? shape.getBounds().getCenter() : shape.getLatLng();
}

/** Go to a feature by its number and show its figures, as if it were clicked. */
export function pickFeature(id) {
  const at = middleOf(id);
  if (!at) return;
  map.setView(at, Math.max(map.getZoom(), 14.5), { animate: false });
  picks.get(id).pick(at);
}

/** Go to a feature whose property `column` is `value`, and mark it. */
export function goToFeature(column, value, zoom = 16) {
  let found = null;
  group("heat").eachLayer((shape) => {
    if (shape.feature?.properties[column] === value) found = shape;
  });
  if (!found) return false;
  const box = found.getBounds ? found.getBounds() : L.latLngBounds([found.getLatLng()], [found.getLatLng()]);
  map.fitBounds(box, { maxZoom: zoom, padding: [60, 60], animate: false });
  return true;
}
