// Beats, grid cells and villages under the picture: drawn once, found by place, by code and by name.

import { $, colour, el, group, load, map, nameOf, page } from "./core.js";
import { drawGround } from "./ground.js";
import { drawZones } from "./zones.js";

const L = window.L;
const known = new Map();
let zones = null;
let chosen = null;

/** Load and draw the ground and the zones in force; `onPlace(at)` hears of clicks. */
export async function drawStation(onPlace) {
  const [found, ground] = await Promise.all([page.zones ? load(page.zones) : null, load(page.ground)]);
  if (ground) drawGround(ground);
  zones = found;
  for (const one of ground?.places ?? []) if (one.kind === "village" && one.code) known.set(one.code, { ...one, kind: "village" });
  for (const [kind, list] of [["grid_cell", found?.cells], ["beat", found?.beats]]) {
    for (const feature of list?.features ?? []) known.set(feature.properties.code, { ...feature.properties, kind });
  }
  if (found) {
    drawZones(found, "beat");
    outline(found.beats, { color: colour("beat"), weight: 2.2, opacity: 0.9 }).addTo(group("beats"));
  }
  if (found?.cells_left_out) await drawCellTiles();
  map.on("click", (event) => event.originalEvent?.told || onPlace(event.latlng));
  const names = $("#zone-names");
  for (const [code, one] of known) names.append(el("option", { value: code }, nameOf(one)));
  $("#zone-field").hidden = !known.size;
}

/** Draw the lines of grid cells from tiles, where they are too many to be sent one by one. */
async function drawCellTiles() {
  const { tileLayer } = await import("./tiles.js");
  const url = ({ z, x, y }) => `/tiles/${page.station}/cells/${z}/${x}/${y}.mvt`;
  const [line, fill] = [colour("cell"), colour("few")];
  const style = (feature) => (feature.properties.count ? { fill } : { stroke: line, width: 0.8 });
  group("cells").addLayer(tileLayer(map, { pane: "lines", url, style }));
}

/** Return what is known of a zone's code: kind and names, or undefined. */
export const zoneOf = (code) => known.get(code);

/** Return the beat and the grid cell at a place, each {code, …} or null. */
export function zonesAt({ lat, lng }) {
  const at = (list) => list?.features.find((one) => inside(one.geometry, lng, lat))?.properties ?? null;
  return { beat: at(zones?.beats), cell: at(zones?.cells) };
}

/** Draw the outline of a beat as chosen, or of none. */
export function mark(code) {
  chosen?.remove();
  const found = zones?.beats.features.filter((one) => one.properties.code === code) ?? [];
  chosen = found.length ? outline({ type: "FeatureCollection", features: found }, { color: colour("focus"), weight: 4.5 }).addTo(map) : null;
}

/** Draw lines above the picture, where zones themselves lie below it. */
function outline(features, style) {
  return L.geoJSON(features, { pane: "lines", interactive: false, style: { ...style, fill: false, lineJoin: "round" } });
}

function inside(geometry, x, y) {
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  return polygons.some((rings) => rings.reduce((odd, ring) => odd !== crosses(ring, x, y), false));
}

function crosses(ring, x, y) {
  let odd = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
    const [[x1, y1], [x2, y2]] = [ring[i], ring[j]];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) odd = !odd;
  }
  return odd;
}
