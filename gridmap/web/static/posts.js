// The page of police posts: where they go, what they reach, and the list that answers to the map.

import { $, colour, done, group, load, page, start, tell } from "./core.js";
import { drawGround } from "./ground.js";
import { drawPins } from "./pins.js";

const L = window.L;
start();

const [ground, zones] = await Promise.all([load(page.ground), page.zones ? load(page.zones) : null]);
if (ground) drawGround(ground);
if (zones) {
  const style = { color: colour("cell"), weight: 1.2, fill: false };
  L.geoJSON(zones.beats, { pane: "lines", interactive: false, style }).eachLayer((shape) => group("beats").addLayer(shape));
}
for (const pin of page.pins) {
  const look = { color: colour("accent"), weight: 1.5, fillColor: colour("ramp-3"), fillOpacity: 0.28 };
  group("cells").addLayer(L.circle([pin.lat, pin.lon], { pane: "fills", radius: page.reach_m, interactive: false, ...look }));
}
if (page.pins.length) drawPins(page.pins, "posts", $("#posts"));
if (ground) tell("");

const form = $("#wishes");
form.addEventListener("submit", () => {
  $("#working").textContent = form.dataset.working;
});
$("[aria-invalid=true]")?.focus();
done();
