// Numbered places (faults, gaps) and the list that names them; each leads to the other.

import { $, $$, card, colour, el, goTo, group, openPopup, tell } from "./core.js";

const L = window.L;

/** Draw numbered `items` ({n, title, pairs, geometry, lat, lon}) on a layer, and wire the buttons of `list`.
 * `onPick(item)` is told what was chosen. */
export function drawPins(items, layerId, list, { onPick = () => {} } = {}) {
  const pins = new Map();
  const area = { color: colour("gap"), weight: 2, fillColor: "url(#hatch)", fillOpacity: 1 };
  const dot = { pane: "gaps", radius: 3.5, color: "#fff", weight: 1, fillColor: colour("gap"), fillOpacity: 1 };
  const isPoint = (feature) => /Point/.test(feature.geometry?.type ?? feature.type);
  for (const item of items) {
    let shape = null;
    if (item.geometry) {
      shape = L.geoJSON(item.geometry, {
        pane: "gaps", interactive: false,
        style: (feature) => (isPoint(feature) ? dot : area),
        pointToLayer: (_, at) => L.circleMarker(at, dot),
      });
      group(layerId).addLayer(shape);
    }
    const icon = L.divIcon({ html: el("span", {}, String(item.n)), className: "pin", iconSize: [24, 24], iconAnchor: [0, item.geometry?.type?.includes("Polygon") ? 16 : 0] });
    const marker = L.marker([item.lat, item.lon], { icon, title: item.title, alt: `${item.n} ${item.title}`, pane: "markerPane" });
    marker.on("click", () => pick(item.n, false));
    group(layerId).addLayer(marker);
    pins.set(item.n, { item, marker, shape });
  }

  const button = (n) => $(`button[data-n="${n}"]`, list);

  function pick(n, move) {
    const found = pins.get(n);
    if (!found) return;
    for (const other of $$("button.on", list)) other.classList.remove("on");
    for (const other of pins.values()) other.marker.getElement()?.classList.remove("on");
    button(n)?.classList.add("on");
    found.marker.getElement()?.classList.add("on");
    const at = found.marker.getLatLng();
    if (move) goTo(found.shape ? found.shape.getBounds().extend(at) : L.latLngBounds(at, at), found.item.zoom ?? 17);
    else button(n)?.scrollIntoView({ block: "nearest" });
    openPopup(at, card(found.item.title, found.item.pairs));
    tell(found.item.title);
    onPick(found.item);
  }

  for (const one of $$("button[data-n]", list)) {
    const n = Number(one.dataset.n);
    one.addEventListener("click", () => pick(n, true));
    one.addEventListener("mouseenter", () => pins.get(n)?.marker.getElement()?.classList.add("on"));
    one.addEventListener("mouseleave", () => one.classList.contains("on") || pins.get(n)?.marker.getElement()?.classList.remove("on"));
  }
}
