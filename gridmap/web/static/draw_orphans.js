// Doors that a change leaves in no zone: counted beside the faults, each place a click away.

import { $, colour, el, goTo, group, openPopup } from "./core.js";
import { on, say, state } from "./draw_state.js";

const L = window.L;
const marks = L.layerGroup();
let known = "";
let turn = 0;

function go(kind, places) {
  const [lon, lat] = places[turn % places.length];
  turn += 1;
  const at = L.latLng(lat, lon);
  goTo(L.latLngBounds(at, at), 17);
  openPopup(at, el("p", {}, say(`draw_orphan_${kind}`)));
}

function draw() {
  group("issues").addLayer(marks); // the list of faults empties the layer they share
  const now = JSON.stringify(state.orphans);
  if (now === known) return;
  known = now;
  turn = 0;
  marks.clearLayers();
  const style = { pane: "gaps", interactive: false, pmIgnore: true, radius: 4, color: "#fff", weight: 1, fillColor: colour("gap"), fillOpacity: 1 };
  const buttons = Object.entries(state.orphans).filter(([, one]) => one.doors).map(([kind, one]) => {
    for (const [lon, lat] of one.places) marks.addLayer(L.circleMarker([lat, lon], style));
    const press = el("button", { type: "button", class: "quiet" }, say(`draw_orphans_${kind}`, { n: one.doors }));
    press.addEventListener("click", () => go(kind, one.places));
    return press;
  });
  const box = $("#draw-orphans");
  box.replaceChildren(...buttons);
  box.hidden = !buttons.length;
}

on("faults", draw);
