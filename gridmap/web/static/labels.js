// Names on the map: the important ones first, none over another.

import { el, group, map } from "./core.js";

const L = window.L;
const labels = [];

/** Add a name at a place; a lower `rank` wins where two would overlap. */
export function addLabel({ lat, lon, text, css, rank, from = 0, owner = "" }) {
  const node = el("span", {}, text);
  const icon = L.divIcon({ html: node, className: css, iconSize: null });
  const marker = L.marker([lat, lon], { icon, interactive: false, keyboard: false, pane: "names" });
  labels.push({ marker, text, rank, from, owner, shown: false, wide: css.includes("town") ? 15 : 12.5 });
}

/** Forget the names of one owner. */
export function dropLabels(owner) {
  for (let i = labels.length - 1; i >= 0; i -= 1) {
    if (labels[i].owner !== owner) continue;
    labels[i].marker.remove();
    labels.splice(i, 1);
  }
}

/** Show as many names as fit at this zoom. */
export function placeLabels() {
  const zoom = map.getZoom();
  const taken = [];
  labels.sort((a, b) => a.rank - b.rank);
  for (const label of labels) {
    const at = map.latLngToLayerPoint(label.marker.getLatLng());
    const half = [(label.text.length * label.wide * (/[^\x00-\x7f]/.test(label.text) ? 1 : 0.56)) / 2 + 4, 10];
    const box = [at.x - half[0], at.y - half[1], at.x + half[0], at.y + half[1]];
    const clear = taken.every((b) => box[2] < b[0] || box[0] > b[2] || box[3] < b[1] || box[1] > b[3]);
    const show = zoom >= label.from && clear;
    if (show) taken.push(box);
    if (show !== label.shown) {
      label.shown = show;
      if (show) label.marker.addTo(group("names"));
      else group("names").removeLayer(label.marker);
    }
  }
}

map.on("zoomend", placeLabels);
