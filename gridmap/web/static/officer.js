// The officer's page: incidents, hotspots and coverage gaps over beats and cells, each a layer with its count.

import { $, $$, card, colour, done, el, group, load, map, nameOf, number, openPopup, page, start, t, tell } from "./core.js";
import { drawGround } from "./ground.js";
import { drawPins } from "./pins.js";
import { drawZones } from "./zones.js";

const L = window.L;
const cluster = window.marker_cluster_incidents;
start();

/** Draw squares of the analysis lattice, classed by the server. */
function drawCells(heat) {
  const renderer = heat.cells.length > 2000 ? L.canvas({ pane: "heat" }) : L.svg({ pane: "heat" });
  for (const [ring, css, pairs] of heat.cells) {
    const fill = colour(css.replaceAll("_", "-")) || "#e4e0d4";
    const faint = css === "not_significant" || css === "too_few";
    const style = { renderer, stroke: !faint, color: "#fff", weight: 0.6, fillColor: faint ? "#8d8775" : fill, fillOpacity: faint ? 0.06 : 0.85 };
    const shape = L.polygon(ring, style);
    const named = [[t("events"), pairs[0]], ["z", pairs[1]], ["p", pairs[2]]];
    shape.on("click", (event) => openPopup(event.latlng, card(heat.names[css], named)));
    group("heat").addLayer(shape);
  }
}

/** Draw incidents as columns: [lon, lat, category, time, number]; clustered, one popup at a time. */
function drawIncidents(data) {
  if (data.cells) {
    for (const [ring, count] of data.cells) {
      const shape = L.polygon(ring, { stroke: false, fillColor: colour("event"), fillOpacity: Math.min(0.85, 0.1 + count / data.most) });
      shape.on("click", (event) => openPopup(event.latlng, card(t("cell"), [[t("events"), count]])));
      cluster.addLayer(shape);
    }
    tell(t("aggregated"));
    return;
  }
  cluster.options.iconCreateFunction = (bunch) => {
    const count = bunch.getChildCount();
    const size = Math.round(22 + 7 * Math.log10(count) ** 1.4);
    return L.divIcon({ html: el("span", {}, number(count)), className: "bubble", iconSize: [size, size] });
  };
  const icons = [false, true].map((dispute) => {
    const className = dispute ? "event-dot dispute" : "event-dot";
    return L.divIcon({ className, html: el("span"), iconSize: [11, 11] });
  });
  const markers = data.points.map(([lon, lat, category, at, id]) => {
    const kind = data.categories[category];
    const marker = L.marker([lat, lon], { icon: icons[kind.is_dispute ? 1 : 0], title: nameOf(kind), keyboard: true });
    marker.on("click", () => openPopup([lat, lon], card(nameOf(kind), [[t("time"), at], [t("number"), id]])));
    return marker;
  });
  cluster.addLayers(markers);
}

const layers = {
  incidents: [cluster], heat: [group("heat")], gaps: [group("gaps")], beats: [group("beats")], cells: [group("cells")],
  ground: [group("roads")], names: [group("names")],
};

let asked = false;

/** Fetch the incidents when somebody first wants to see them: looking at them is put on record. */
async function fetchIncidents() {
  if (asked || !page.incidents) return;
  asked = true;
  tell(t("loading"));
  const found = await load(page.incidents);
  if (!found) return;
  tell("");
  drawIncidents(found);
}

for (const box of $$("input[data-layer]")) {
  const show = () => {
    if (box.dataset.layer === "incidents" && box.checked) fetchIncidents();
    for (const one of layers[box.dataset.layer]) {
      if (box.checked) map.addLayer(one);
      else map.removeLayer(one);
    }
  };
  box.addEventListener("change", show);
  show();
}

function pickZone(code, at, zones) {
  const found = zones.beats.features.find((feature) => feature.properties.code === code);
  if (found) openPopup(at, card(nameOf(found.properties), [[t("code"), code], [t("officer"), page.officers[code] ?? t("nobody")]]));
}

const [zones, ground] = await Promise.all([page.zones ? load(page.zones) : null, load(page.ground)]);
if (ground) drawGround(ground);
if (zones) drawZones(zones, "beat", { onPick: (code, at) => pickZone(code, at, zones) });
if (page.heat) drawCells(page.heat);
drawPins(page.pins, "gaps", $("#gaps"));
if (ground && !asked) tell("");
done();
