// The page of coverage gaps: the places of the list on the map, and the map's places in the list.

import { $, card, colour, done, el, goTo, group, load, map, nameOf, openPopup, page, start, t, tell } from "./core.js";
import { drawGround } from "./ground.js";
import { drawPins } from "./pins.js";
import { choose, drawZones } from "./zones.js";

const L = window.L;
start();
const renderer = L.canvas({ pane: "gaps" });

/** Tell which beat was clicked, and lead to its gaps. */
function pickZone(code, at, zones) {
  const found = zones.beats.features.find((feature) => feature.properties.code === code);
  if (!found) return;
  const body = card(nameOf(found.properties), [[t("code"), code]]);
  body.append(el("a", { href: page.of_zone + encodeURIComponent(code) }, t("gaps_zone_only")));
  openPopup(at, body);
}

const [zones, ground] = await Promise.all([page.zones ? load(page.zones) : null, load(page.ground)]);
if (ground) drawGround(ground);
if (zones) drawZones(zones, "beat", { onPick: (code, at) => pickZone(code, at, zones) });
const list = $("#list");

let spots = null;

/** Show the doors of the gap that was chosen: all at once they would hide the map. */
function showDoors(item) {
  if (spots) group("gaps").removeLayer(spots);
  const style = { renderer, radius: 4, color: "#fff", weight: 1, fillColor: colour("focus"), fillOpacity: 1, interactive: false };
  spots = item.doors_at ? L.geoJSON(item.doors_at, { pane: "gaps", pointToLayer: (_, at) => L.circleMarker(at, style) }) : null;
  if (!spots) return;
  group("gaps").addLayer(spots);
  if (!map.getBounds().contains(spots.getBounds())) goTo(spots.getBounds().extend([item.lat, item.lon]), 16);
}

drawPins(page.pins, "gaps", list, { onPick: showDoors });
// The whole row answers, not its number alone.
list.addEventListener("click", (event) => {
  if (event.target.closest("a, button")) return;
  const row = event.target.closest("tr[data-n]");
  if (row) $("button[data-n]", row).click();
});
if (zones && page.zone) {
  const bounds = choose("beat", page.zone);
  if (bounds) goTo(bounds, 15);
}

// A map keeps the size it was drawn in: for paper it is laid out before it is printed.
for (const [event, on] of [["beforeprint", true], ["afterprint", false]]) {
  window.addEventListener(event, () => {
    document.body.classList.toggle("for-paper", on);
    map.invalidateSize({ animate: false });
  });
}
$("#print").addEventListener("click", () => window.print());
if (ground) tell("");
done();
