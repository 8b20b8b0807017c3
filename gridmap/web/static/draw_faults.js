// Faults of the draft: numbered pins on the map and the list that names them, each leading to the other.

import { $, card as popup, colour, el, goTo, group, openPopup, page, tell } from "./core.js";
import { fill } from "./draw_form.js";
import { choose, on, say, setLayer, state } from "./draw_state.js";

const L = window.L;
const format = new Intl.NumberFormat(page.tag, { maximumFractionDigits: 1 });
const kindName = (kind) => page.kinds[kind] ?? kind.replaceAll("_", " ");
const size = (one) => (one.area_m2 >= 1 ? `${format.format(one.area_m2)} m²` : one.length_m ? `${format.format(one.length_m)} m` : "");
let known = "";

function go(one, shape) {
  if (one.lon === null) return;
  const at = L.latLng(one.lat, one.lon);
  goTo(shape ? shape.getBounds().extend(at) : L.latLngBounds(at, at), 17);
  setLayer(one.layer);
  choose(one.zones.slice(0, 2));
  openPopup(at, popup(kindName(one.kind), [[say("zone"), one.zones.join(", ")], [say("area"), size(one)], [" ", one.detail]]));
  tell(`${one.n} ${kindName(one.kind)} ${one.zones.join(", ")}`);
}

function draw() {
  const now = JSON.stringify([state.faults, state.faultsLeft]);
  if (now === known) return;
  known = now;
  const layer = group("issues");
  layer.clearLayers();
  const area = { color: colour("gap"), weight: 2, fillColor: "url(#hatch)", fillOpacity: 1 };
  const dot = { pane: "gaps", radius: 3.5, color: "#fff", weight: 1, fillColor: colour("gap"), fillOpacity: 1 };
  const items = state.faults.map((one) => {
    let shape = null;
    if (one.geometry) {
      shape = L.geoJSON(one.geometry, { pane: "gaps", interactive: false, pmIgnore: true, style: area, pointToLayer: (_, at) => L.circleMarker(at, dot) });
      layer.addLayer(shape);
    }
    if (one.lon !== null) {
      const icon = L.divIcon({ html: el("span", {}, String(one.n)), className: "pin", iconSize: [24, 24], iconAnchor: [0, 16] });
      const pin = L.marker([one.lat, one.lon], { icon, title: kindName(one.kind), alt: `${one.n} ${kindName(one.kind)}`, keyboard: false });
      pin.on("click", () => go(one, shape));
      layer.addLayer(pin);
    }
    const press = el("button", { type: "button", "data-n": String(one.n), "data-keep": `${one.kind}-${one.lon}-${one.lat}` },
      el("span", { class: "n" }, String(one.n)), el("span", {}, kindName(one.kind), el("span", { class: "why" }, ` ${say(one.layer)} ${one.zones.join(", ")}`)), el("span", { class: "size" }, size(one)));
    press.addEventListener("click", () => go(one, shape));
    return el("li", {}, press);
  });
  fill($("#draw-faults ol"), "faults", ...items);
  const count = state.faults.length + state.faultsLeft;
  const tag = $("#draw-faults .tag");
  if (tag.textContent !== String(count) && tag.textContent !== "") $("#draw-said").textContent = count ? say("draw_faults_now", { n: count }) : say("no_faults");
  tag.textContent = String(count);
  tag.classList.toggle("bad", count > 0);
  $("#draw-faults .none").hidden = count > 0;
  $("#draw-faults .left").textContent = state.faultsLeft ? `+ ${state.faultsLeft}` : "";
}

on("faults", draw);
