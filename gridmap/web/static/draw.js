// The drawing page: the draft on the map, tools to change its borders, and everything that answers to a change.

import { $, colour, done, group, load, map, page, start, tell } from "./core.js";
import { fetchAll } from "./draw_api.js";
import "./draw_conflict.js";
import "./draw_faults.js";
import "./draw_orphans.js";
import "./draw_figures.js";
import { fetchGaps } from "./draw_gaps.js";
import "./draw_history.js";
import { keepLooking } from "./draw_people.js";
import { wireRepair } from "./draw_repair.js";
import { learnGround } from "./draw_snap.js";
import { emit, on, setLayer, state } from "./draw_state.js";
import { wireTools } from "./draw_tools.js";
import "./draw_zone.js";
import { drawGround } from "./ground.js";

const L = window.L;
start();
if (matchMedia("(max-width: 48rem)").matches) $("#draw-legend").open = false;
else {
  const [west, south, east, north] = page.bbox;
  map.fitBounds([[south, west], [north, east]], { animate: false, paddingTopLeft: [$("#draw-legend").offsetWidth, 12], paddingBottomRight: [12, 12] });
}

/** Draw the published edition's borders, dashed, while they are asked for. */
async function drawPublished(shown) {
  const layer = group("before");
  layer.clearLayers();
  if (!shown || !page.before) return;
  const zones = await load(page.before);
  if (!zones) return;
  const style = { pane: "lines", interactive: false, pmIgnore: true, color: colour("accent"), weight: 1.8, dashArray: "2 5", fill: false };
  layer.addLayer(L.geoJSON(state.layer === "beat" ? zones.beats : zones.cells, style));
}

if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
  Object.assign(map.options, { zoomAnimation: false, fadeAnimation: false, markerZoomAnimation: false, inertia: false });
  map._zoomAnimated = false;
}
let hush = 0;
new MutationObserver(() => { // what was said is read out at once, and need not stay over the map
  clearTimeout(hush);
  if ($("#live").textContent) hush = setTimeout(() => tell(""), 9_000);
}).observe($("#live"), { childList: true, characterData: true, subtree: true });

const before = $("#draw-before");
before.addEventListener("change", () => drawPublished(before.checked));
on("layer", (kind) => {
  for (const one of document.querySelectorAll("[data-layer-kind]")) one.setAttribute("aria-pressed", String(one.dataset.layerKind === kind));
  drawPublished(before.checked);
});
for (const one of document.querySelectorAll("[data-layer-kind]")) one.addEventListener("click", () => setLayer(one.dataset.layerKind));
$("#draw-colour").addEventListener("change", (event) => {
  state.colourBy = event.target.value;
  emit("colour");
});
on("colour", () => {
  $("#draw-colour").value = state.colourBy;
  for (const one of document.querySelectorAll("[data-legend]")) one.hidden = one.dataset.legend !== state.colourBy;
});
on("loaded", () => {
  const none = !state.zones.grid_cell.size;
  for (const one of document.querySelectorAll("[data-layer-kind=grid_cell]")) one.disabled = none;
});
on("problem", ({ at }) => {
  if (!at) return;
  const mark = L.circleMarker([at[1], at[0]], { pane: "gaps", radius: 14, color: colour("gap"), weight: 4, fill: false, interactive: false, pmIgnore: true });
  mark.addTo(map);
  setTimeout(() => mark.remove(), 6_000);
});
$("#draw-fold").addEventListener("click", (event) => {
  const folded = document.body.classList.toggle("folded");
  event.currentTarget.setAttribute("aria-expanded", String(!folded));
  map.invalidateSize({ animate: false });
});

wireTools();
const [ground, there] = await Promise.all([load(page.ground), fetchAll()]);
if (ground) {
  drawGround(ground);
  learnGround(ground);
}
if (there) {
  tell("");
  keepLooking();
  fetchGaps();
  wireRepair();
}
emit("colour");
done();
