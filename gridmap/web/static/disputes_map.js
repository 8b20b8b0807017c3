// The disputes of the list on the map: each a point, what is late stands out; point and line lead to one another.

import { $, done, el, goTo, group, load, map, nameOf, openPopup, page, start, tell } from "./core.js";
import { drawGround } from "./ground.js";
import { drawZones } from "./zones.js";

const L = window.L;
const line = (id) => $(`#list [data-id="${id}"]`);
let markers = new Map();
let box = null;

/** Return west, south, east, north of a GeoJSON geometry. */
function bounds(geometry) {
  const flat = geometry.coordinates.flat(Infinity);
  const [xs, ys] = [0, 1].map((odd) => flat.filter((_, n) => n % 2 === odd));
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** Draw the points of the list: [id, longitude, latitude, late]. */
export function redraw(points) {
  for (const one of markers.values()) group("disputes").removeLayer(one);
  markers = new Map();
  for (const [id, lon, lat, late] of points) {
    const icon = L.divIcon({ className: `spot${late ? " late" : ""}`, iconSize: [18, 18] });
    const told = line(id)?.querySelector(".tags")?.textContent.trim() ?? String(id);
    const marker = L.marker([lat, lon], { icon, title: told, alt: told, pane: "markerPane", zIndexOffset: late ? 500 : 0 });
    marker.on("click", () => pick(id));
    group("disputes").addLayer(marker);
    markers.set(id, marker);
    const row = line(id);
    row?.addEventListener("mouseenter", () => light(id, true));
    row?.addEventListener("mouseleave", () => light(id, false));
    row?.addEventListener("focusin", () => light(id, true));
    row?.addEventListener("focusout", () => light(id, false));
  }
}

function light(id, on) {
  markers.get(id)?.getElement()?.classList.toggle("on", on);
  line(id)?.classList.toggle("on", on);
}

/** Show the line of a point in a small card that leads to the dispute. */
function pick(id) {
  const row = line(id);
  if (!row) return;
  for (const other of markers.keys()) light(other, other === id);
  const link = row.querySelector("a");
  const parts = ["tags", "words", "due"].map((name) => row.querySelector(`.${name}`)?.textContent.trim()).filter(Boolean);
  const card = el("div", { class: "popup" }, el("h3", {}, parts[0].replace(/\s+/g, " ")), ...parts.slice(1).map((text) => el("p", {}, text)));
  card.append(el("a", { href: link.href }, `${row.querySelector(".place").textContent.trim()} →`));
  openPopup(markers.get(id).getLatLng(), card);
  row.scrollIntoView({ block: "nearest" });
}

/** Put the map around its points, or around the station where there are none. */
export function fit() {
  map.invalidateSize({ animate: false });
  const all = [...markers.values()].map((one) => one.getLatLng());
  if (all.length > 1) goTo(L.latLngBounds(all), 16);
  else if (box) map.fitBounds([[box[1], box[0]], [box[3], box[2]]], { animate: false });
}

export async function draw(facts) {
  const [ground, zones] = await Promise.all([load(facts.ground), facts.zones ? load(facts.zones) : null]);
  if (!ground) return;
  page.bbox = box = bounds(ground.jurisdiction);
  start();
  drawGround(ground);
  if (zones) drawZones(zones, "beat", { onPick: (code, at) => openPopup(at, beatCard(zones, code)) });
  redraw(facts.points);
  fit();
  tell("");
  done();
}

function beatCard(zones, code) {
  const found = zones.beats.features.find((one) => one.properties.code === code);
  const url = new URL(location.href);
  url.searchParams.set("beat", code);
  return el("div", { class: "popup" }, el("h3", {}, nameOf(found.properties)), el("a", { href: url.href }, `${nameOf(found.properties)} →`));
}
