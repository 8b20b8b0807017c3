// The officer's page: the picture follows the view, the panel beside it tells more, everything stands in the address.

import { $, $$, done, map, group, page, start, t, tell } from "./core.js";
import { ask } from "./map_ask.js";
import { drawCells } from "./map_cells.js";
import { clickPlace, showCell } from "./map_clicked.js";
import { chips, wireFilters } from "./map_filters.js";
import { showLegend } from "./map_legend.js";
import { wirePeriod } from "./map_period.js";
import { address, askUrl, change, layer, onChange, panel, state } from "./map_state.js";
import { showTop } from "./map_top.js";
import * as where from "./map_where.js";
import { drawStation } from "./map_zones.js";

const FIRST = { where: "hotspots", again: "repeat_places", next: "forecast", change: "change" };
const MODULES = { when: "./map_when.js", again: "./map_again.js", next: "./map_next.js", change: "./map_change.js", gaps: "./map_gaps.js" };
const SHAPED = ["beats", "cells", "names"];
start();

let turn = 0;
let thereNow = null;
const zonesThere = new Promise((done_) => { thereNow = done_; });

/** Draw the picture of the view. */
async function draw() {
  turn += 1;
  const mine = turn;
  const name = layer();
  where.showOptions();
  files();
  const found = name === "none" ? {} : await ask(name);
  if (mine !== turn) return;
  drawCells(name, found.answer, showCell);
  showLegend(found);
  where.showHow(found);
  await zonesThere;
  if (mine === turn) showTop(name, found.answer);
}

/** Show the panel of the view beside the map. */
async function open() {
  const box = $("#panel");
  const name = panel();
  for (const link of $$("[data-panel]")) {
    if (link.dataset.panel === name) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  if (name === "where") {
    where.show(box);
    where.showOptions();
    const found = layer() === "none" ? null : await ask(layer());
    await zonesThere;
    showTop(layer(), found?.answer);
    return;
  }
  const made = await import(MODULES[name]);
  if (panel() === name) await made.show(box);
}

for (const link of $$("[data-panel]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const name = link.dataset.panel;
    const fits = !FIRST[name] || page.pictures[layer()]?.panel === name;
    change(fits ? { panel: name } : { panel: name, layer: FIRST[name] });
  });
}

const layers = { gaps: [group("gaps")], beats: [group("beats")], cells: [group("cells")], names: [group("names")] };

for (const input of $$("input[data-layer]")) {
  const name = input.dataset.layer;
  const show = async () => {
    if (name === "incidents") {
      const { showIncidents } = await import("./map_incidents.js");
      await showIncidents(input.checked);
      return;
    }
    if (name === "gaps" && input.checked) (await import("./map_gaps.js")).draw();
    for (const one of layers[name]) {
      if (input.checked) map.addLayer(one);
      else map.removeLayer(one);
    }
  };
  input.addEventListener("change", show);
  if (SHAPED.includes(name)) show();
}

/** Let the links that take the view away say what it is. */
function files() {
  const name = layer();
  for (const link of $$("[data-file]")) {
    const form = link.dataset.file;
    if (form === "pdf" || form === "png") link.href = `/map/sheet.${form}?${new URLSearchParams([["station", page.station], ...state])}`;
    else if (name === "none" || !page.there.includes(name)) link.removeAttribute("href");
    else link.href = askUrl(name, { form });
  }
}

// On paper the map is as wide as the page: what was in view before is in view there.
const paper = document.documentElement.classList;
let seen = null;
window.addEventListener("beforeprint", () => {
  seen = map.getBounds();
  paper.add("printing");
  $(".how details").open = true;
  map.invalidateSize({ animate: false });
  map.fitBounds(seen, { animate: false });
});
window.addEventListener("afterprint", () => {
  paper.remove("printing");
  map.invalidateSize({ animate: false });
  map.fitBounds(seen, { animate: false });
});

$("[data-do=print]").addEventListener("click", () => window.print());
$("[data-do=link]").addEventListener("click", async () => {
  history.replaceState(null, "", address());
  try {
    await navigator.clipboard.writeText(location.href);
    tell(t("map_link_copied"));
  } catch {
    tell(location.href);
  }
});

const VIEW = ["since", "until", "category", "tier", "zone", "hours", "weekday", "origin"];

onChange((names) => {
  const view = names.some((name) => VIEW.includes(name));
  const counted = names.some((name) => ![...VIEW, "panel"].includes(name));
  if (view || counted) draw();
  if (names.includes("panel") || (panel() !== "where" && panel() !== "gaps" && (view || counted))) open();
});

wireFilters();
if (window.matchMedia("(min-width: 48.01rem)").matches === false) $("#legend .layers").open = false;
const shownPanel = open();
await Promise.all([drawStation(clickPlace).then(thereNow), draw(), wirePeriod()]);
chips();
await shownPanel;
if ($("input[data-layer=gaps]")?.checked) (await import("./map_gaps.js")).draw();
done();
