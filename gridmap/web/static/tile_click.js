// What lies under a click: of all tile layers of a map the topmost feature is told.

import { POINT } from "./tile_data.js";
import { Feature, hit } from "./tile_feature.js";
import { column } from "./tile_place.js";

/** How near to a dot a click counts [pixels]. */
const NEAR = matchMedia("(pointer: coarse)").matches ? 14 : 6;
const AROUND = [[0, 0], [-1, 0], [1, 0], [0, -1], [0, 1], [-1, -1], [1, -1], [-1, 1], [1, 1]];
const listeners = new WeakMap();

/** Return what listens to clicks on a map for all its tile layers: the topmost feature of the topmost pane is told. */
export function clicks(map) {
  if (listeners.has(map)) return listeners.get(map);
  const layers = new Set();
  const height = (layer) => Number(getComputedStyle(layer.getPane()).zIndex) || 0;
  const find = (where) => {
    for (const layer of [...layers].reverse().sort((a, b) => height(b) - height(a))) {
      const feature = layer.featureAt(where);
      if (feature) return [layer, feature];
    }
    return null;
  };
  // Before anybody else hears of the click, it is marked as told: the ground beneath need not answer.
  map.getContainer().addEventListener("click", (event) => (event.told ||= Boolean(find(map.mouseEventToLatLng(event)))), true);
  map.on("click", (event) => {
    const found = find(event.latlng);
    if (found) found[0].options.onClick(found[1], event.latlng);
  });
  let frame = null;
  map.on("mousemove", (event) => {
    frame ??= requestAnimationFrame(() => {
      frame = null;
      map.getContainer().style.cursor = layers.size && find(event.latlng) ? "pointer" : "";
    });
  });
  const made = { add: (layer) => layers.add(layer), remove: (layer) => layers.delete(layer) };
  listeners.set(map, made);
  return made;
}

/** Return the topmost feature of a level drawn at a place, or null. */
export function featureAt(level, where, style) {
  const spot = column(where, level.z);
  const [x, y] = spot.map(Math.floor);
  for (const [right, down] of AROUND) {
    const tile = level.tiles.get(`${level.z}/${x + right}/${y + down}`);
    for (const layer of [...(tile?.layers ?? [])].reverse()) {
      // A dot may reach over from the next tile, an area does not.
      if ((right || down) && !layer.types.includes(POINT)) continue;
      const [left, top] = [spot[0] - x - right, spot[1] - y - down];
      const near = (NEAR * layer.extent) / (tile.to.x - tile.from.x);
      const feature = (i) => new Feature(layer, i, tile.place);
      const i = hit(layer, left * layer.extent, top * layer.extent, near, (one) => style(feature(one)) !== null);
      if (i >= 0) return feature(i);
    }
  }
  return null;
}
