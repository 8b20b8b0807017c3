// Comments on the map: pins that lead to what was said, and a place picked for what is about to be.

import { $, $$, card, el, goTo, group, map, openPopup, page, t, tell } from "./core.js";

const L = window.L;
const pins = new Map();
const form = $("#new-comment");
const crosshair = $(".crosshair");
let fresh = null;

/** Draw the comments that have a place, and wire map and list to each other. */
export function drawNotes() {
  for (const note of page.comments) {
    const marker = L.marker([note.lat, note.lon], {
      icon: icon(String(note.n), note.open ? "note" : "note resolved"), title: words(note), alt: words(note), pane: "markerPane",
    });
    marker.on("click", () => pick(note.id, false));
    group("comments").addLayer(marker);
    pins.set(note.id, { note, marker });
  }
  for (const button of $$("button[data-show]")) button.addEventListener("click", () => pick(Number(button.dataset.show), true));
  if (form) wirePicking();
  const named = location.hash.match(/^#comment-(\d+)$/);
  if (named) pick(Number(named[1]), true);
}

function words(note) {
  return `${t("review_note_n").replace("{n}", note.n)} · ${note.who}`;
}

function icon(text, css) {
  return L.divIcon({ html: el("span", {}, text), className: css, iconSize: [26, 26], iconAnchor: [4, 26] });
}

function pick(id, move) {
  for (const one of $$(".thread.on")) one.classList.remove("on");
  for (const one of pins.values()) one.marker.getElement()?.classList.remove("on");
  const thread = $(`#comment-${id}`);
  thread?.classList.add("on");
  const found = pins.get(id);
  if (!found) return;
  found.marker.getElement()?.classList.add("on");
  const at = found.marker.getLatLng();
  if (move) goTo(L.latLngBounds(at, at), Math.max(map.getZoom(), 15));
  else {
    const folded = thread?.closest("details");
    if (folded) folded.open = true;
    thread?.scrollIntoView({ block: "nearest" });
  }
  openPopup(at, card(words(found.note), [["", found.note.text]]));
  tell(words(found.note));
}

function wirePicking() {
  $("#pin").addEventListener("click", () => picking($("#pin").getAttribute("aria-pressed") !== "true"));
  $("#pin-middle").addEventListener("click", () => place(map.getCenter()));
  $("#unpin").addEventListener("click", () => place(null));
  map.on("click", (event) => {
    if (isPicking()) place(event.latlng);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && isPicking()) picking(false);
  });
}

/** Return whether the next click on the map sets a place. */
export const isPicking = () => map.getContainer().classList.contains("picking");

function picking(on) {
  $("#pin").setAttribute("aria-pressed", String(on));
  map.getContainer().classList.toggle("picking", on);
  crosshair.hidden = !on;
  $("#pin-how").hidden = $("#pin-middle").hidden = !on;
  if (on) {
    map.closePopup();
    map.getContainer().focus({ preventScroll: true });
    if (matchMedia("(max-width: 48rem)").matches) map.getContainer().scrollIntoView({ block: "start" });
    tell(t("review_pin"));
  } else tell("");
}

function place(at) {
  picking(false);
  if (fresh) group("comments").removeLayer(fresh);
  fresh = null;
  const fields = { lon: at?.lng, lat: at?.lat };
  for (const [name, value] of Object.entries(fields)) {
    const field = form.elements[name];
    field.disabled = at === null;
    field.value = at === null ? "" : value.toFixed(7);
  }
  $("#unpin").hidden = at === null;
  $("#pin-where").textContent = at === null ? "" : t("review_pinned").replace("{lat}", at.lat.toFixed(5)).replace("{lon}", at.lng.toFixed(5));
  if (at === null) return;
  fresh = L.marker(at, { icon: icon("+", "note fresh"), title: t("review_comment"), draggable: true, autoPan: true, pane: "markerPane" });
  fresh.on("dragend", () => place(fresh.getLatLng()));
  group("comments").addLayer(fresh);
  form.elements.text.focus();
}
