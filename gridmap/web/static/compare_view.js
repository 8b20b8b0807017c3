// Two ways to look at two editions: one map with a divider that is swiped, or two maps that move together.

import { $, $$, colour, map, t, tell } from "./core.js";
import { paneOf } from "./compare_zones.js";

const L = window.L;
const box = $("#compare-maps");
const slider = $("#swipe");
const divider = $("#divider");
let second = null;

/** Wire the slider and the switch; `makeSecond(map)` draws the edition before on the second map when it is first shown. */
export function wireViews(makeSecond) {
  slider.addEventListener("input", () => {
    clip();
    tell("");
    slider.setAttribute("aria-valuetext", t("compare_at").replace("{n}", slider.value));
  });
  divider.addEventListener("pointerdown", drag);
  map.on("move zoomend resize viewreset", clip);
  for (const button of $$("button[data-view]")) button.addEventListener("click", () => show(button.dataset.view, makeSecond));
  const asked = new URL(location.href).searchParams.get("view");
  show(asked === "side" ? "side" : "swipe", makeSecond);
}

function show(view, makeSecond) {
  const turned = box.dataset.shown !== undefined && box.dataset.shown !== view;
  box.dataset.shown = view;
  box.dataset.view = view;
  for (const button of $$("button[data-view]")) button.setAttribute("aria-pressed", String(button.dataset.view === view));
  slider.hidden = divider.hidden = view !== "swipe";
  $("#map-before").hidden = view === "swipe";
  paneOf(map, "before").hidden = view === "side";
  if (view === "side" && !second) {
    second = twin($("#map-before"));
    makeSecond(second);
  }
  if (turned || view === "side") refit();
  clip();
  const address = new URL(location.href);
  address.searchParams.set("view", view);
  history.replaceState(null, "", address);
  tell(t(view === "side" ? "compare_now_side" : "compare_now_swipe"));
}

/** Let the maps take the room they have, with the whole station in it. */
export function refit() {
  map.invalidateSize({ animate: false });
  second?.invalidateSize({ animate: false });
  $("[data-whole]").click();
  if (second && box.dataset.view === "side") second.setView(map.getCenter(), map.getZoom(), { animate: false });
  clip();
}

/** Cut the pane of each edition at the divider. */
function clip() {
  const [before, after] = [paneOf(map, "before"), paneOf(map, "after")];
  if (box.dataset.view === "side") {
    after.style.clip = "";
    return;
  }
  const size = map.getSize();
  const [from, to] = [map.containerPointToLayerPoint([0, 0]), map.containerPointToLayerPoint(size)];
  const share = Number(slider.value) / 100;
  const x = from.x + size.x * share;
  before.style.clip = `rect(${from.y}px, ${x}px, ${to.y}px, ${from.x}px)`;
  after.style.clip = `rect(${from.y}px, ${to.x}px, ${to.y}px, ${x}px)`;
  divider.style.left = `${share * 100}%`;
}

function drag(event) {
  event.preventDefault();
  divider.setPointerCapture(event.pointerId);
  const move = (moved) => {
    const { left, width } = box.getBoundingClientRect();
    slider.value = String(Math.round(Math.min(1, Math.max(0, (moved.clientX - left) / width)) * 100));
    slider.dispatchEvent(new Event("input"));
  };
  divider.addEventListener("pointermove", move);
  divider.addEventListener("pointerup", () => divider.removeEventListener("pointermove", move), { once: true });
}

/** Return a second map like the first, the two moving together. */
function twin(element) {
  const made = L.map(element, {
    crs: map.options.crs, maxZoom: map.options.maxZoom, zoomSnap: map.options.zoomSnap, zoomDelta: map.options.zoomDelta,
    zoomControl: false, attributionControl: false,
  });
  const tiles = window.tile_layer_base;
  if (tiles) L.tileLayer(tiles._url, { ...tiles.options }).addTo(made);
  for (const pane of ["ground", "roads"]) made.createPane(pane).classList.add("compare-under");
  made.setView(map.getCenter(), map.getZoom(), { animate: false });
  let busy = false;
  const follow = (leader, other) => () => {
    if (busy || box.dataset.view !== "side") return;
    busy = true;
    other.setView(leader.getCenter(), leader.getZoom(), { animate: false });
    busy = false;
  };
  map.on("move", follow(map, made));
  made.on("move", follow(made, map));
  return made;
}

/** Draw the quiet ground on the second map. */
export function drawLand(target, ground) {
  L.geoJSON(ground.jurisdiction, {
    pane: "ground", interactive: false,
    style: { color: "#9a9483", weight: 1, fillColor: colour("ground"), fillOpacity: ground.tiles ? 0 : 1 },
  }).addTo(target);
  const canvas = L.canvas({ pane: "roads", padding: 0.3 });
  for (const geometry of Object.values(ground.roads)) {
    L.geoJSON(geometry, { renderer: canvas, interactive: false, style: { color: colour("road"), weight: 1.2 } }).addTo(target);
  }
}
