// Incidents as points: looking at them is put on record, so they are fetched when somebody first wants to see them.

import { colour, el, load, map, nameOf, number, t, tell } from "./core.js";
import { showIncident } from "./map_clicked.js";
import { dataUrl, onChange, say } from "./map_state.js";

const L = window.L;
const cluster = window.marker_cluster_incidents;
let wanted = false;
let drawn = "";

onChange((names) => {
  if (wanted && names.some((name) => !["layer", "panel"].includes(name))) refresh();
});

/** Show the incidents of the view, or hide them. */
export async function showIncidents(on) {
  wanted = on;
  if (!on) {
    map.removeLayer(cluster);
    tell("");
    return;
  }
  await refresh();
  map.addLayer(cluster);
}

async function refresh() {
  const url = dataUrl("incidents.json");
  if (url === drawn) return;
  const found = await load(url);
  if (!found) return;
  drawn = url;
  cluster.clearLayers();
  if (found.cells) drawSquares(found);
  else drawPoints(found);
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
