// Incidents as points: looking at them is put on record, so they are fetched when somebody first wants to see them.

import { colour, el, load, map, nameOf, number, page, t, tell } from "./core.js";
import { showIncident } from "./map_clicked.js";
import { dataUrl, onChange, say, viewPairs } from "./map_state.js";

const L = window.L;
const cluster = window.marker_cluster_incidents;
//: Up to so many come as markers that a keyboard reaches; more come as tiles.
const MOST_MARKERS = 2000;
const DAY = 86_400_000;
let wanted = false;
let drawn = "";
let tiles = null;

onChange((names) => {
  if (wanted && names.some((name) => !["layer", "panel"].includes(name))) refresh();
});

/** Show the incidents of the view, or hide them. */
export async function showIncidents(on) {
  wanted = on;
  if (on) {
    await refresh();
    return;
  }
  map.removeLayer(cluster);
  tiles?.remove();
  tell("");
}

async function refresh() {
  const found = await load(dataUrl("held.json"));
  if (!found || !wanted) return;
  if (found.incidents > MOST_MARKERS) await showTiles();
  else await showMarkers();
}

async function showMarkers() {
  tiles?.remove();
  map.addLayer(cluster);
  const url = dataUrl("incidents.json");
  if (url === drawn) return;
  const found = await load(url);
  if (!found) return;
  drawn = url;
  cluster.clearLayers();
  if (found.cells) drawSquares(found);
  else drawPoints(found);
}

async function showTiles() {
  map.removeLayer(cluster);
  const { tileLayer } = await import("./tiles.js");
  const view = new URLSearchParams(viewPairs());
  const url = ({ z, x, y }) => `/tiles/${page.station}/incidents/${z}/${x}/${y}.mvt?${view}`;
  const [event, dispute, most] = [colour("event"), colour("dispute"), 60];
  const style = (feature) => {
    const { category, count } = feature.properties;
    if (count) return { fill: alpha(event, Math.min(0.85, 0.15 + (0.7 * count) / most)) };
    return { fill: page.kinds[category]?.is_dispute ? dispute : event, stroke: "#fff", width: 1, radius: 4 };
  };
  if (tiles) tiles.setUrl(url);
  else tiles = tileLayer(map, { pane: "gaps", url, style, onClick: told });
  tiles.addTo(map);
  tell(t("aggregated"));
  setTimeout(() => tell(""), 4000);
}

function alpha(hex, share) {
  return `${hex}${Math.round(255 * share).toString(16).padStart(2, "0")}`;
}

/** Tell of an incident of a tile, or of a square in which they are counted. */
function told(feature, at) {
  const { category, count, day, hour } = feature.properties;
  if (count) {
    showIncident(t("incidents"), [[t("events"), say("map_counted_square", { n: count })]], at);
    return;
  }
  const date = new Date(day * DAY).toISOString().slice(0, 10);
  showIncident(nameOf(page.kinds[category] ?? { code: category }), [[t("time"), `${date} ${hour}:00–${hour + 1}:00`]], at);
}

function drawSquares(found) {
  for (const [ring, count] of found.cells) {
    const shape = L.polygon(ring, { stroke: false, fillColor: colour("event"), fillOpacity: Math.min(0.85, 0.1 + count / found.most) });
    shape.on("click", (event) => showIncident(t("cell"), [[t("events"), number(count)]], event.latlng));
    cluster.addLayer(shape);
  }
  tell(t("aggregated"));
}

function drawPoints(found) {
  cluster.options.iconCreateFunction = (bunch) => {
    const count = bunch.getChildCount();
    const size = Math.round(22 + 7 * Math.log10(count) ** 1.4);
    return L.divIcon({ html: el("span", {}, number(count)), className: "bubble", iconSize: [size, size] });
  };
  const icons = [false, true].map((dispute) => L.divIcon({ className: dispute ? "event-dot dispute" : "event-dot", html: el("span"), iconSize: [11, 11] }));
  cluster.addLayers(found.points.map(([lon, lat, category, at, id]) => {
    const kind = found.categories[category];
    const marker = L.marker([lat, lon], { icon: icons[kind.is_dispute ? 1 : 0], title: nameOf(kind), keyboard: true });
    marker.on("click", () => showIncident(nameOf(kind), [[t("time"), at], [t("number"), id]], L.latLng(lat, lon)));
    return marker;
  }));
  tell(say("map_events_n", { n: found.points.length }));
  setTimeout(() => tell(""), 2500);
}
