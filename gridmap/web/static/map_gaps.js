// Gaps: where nobody is responsible, the largest of each kind; each leads to its place on the map.

import { $, el, group, load, map, number, page, t } from "./core.js";
import { panel, say } from "./map_state.js";
import { drawPins } from "./pins.js";

let drawn = false;

async function read() {
  page.pins ??= await load(`/map/gaps.json?${new URLSearchParams({ station: page.station })}`);
  return page.pins;
}

/** Build the list beside the map. */
export async function show(box) {
  const found = await read();
  if (panel() !== "gaps") return; // another panel was opened meanwhile
  if (!found) {
    box.replaceChildren(el("p", { class: "wrong" }, t("not_loaded")));
    return;
  }
  const list = el("div", { id: "gaps" });
  if (!found.pins.length) list.append(el("p", { class: "soft" }, t("no_gaps")));
  for (const kind of found.kinds) {
    const items = el("ol", { class: "items" });
    for (const pin of found.pins) if (pin.kind === kind.kind) items.append(item(pin, kind));
    const part = el("details", {}, el("summary", {}, kind.title, el("span", { class: "tag" }, number(kind.count))), items);
    part.open = kind.count <= 6;
    list.append(part);
  }
  if (found.all > found.pins.length) list.append(el("p", { class: "soft" }, say("map_gaps_shown", { n: found.pins.length, all: found.all })));
  list.append(el("p", {}, el("a", { class: "button quiet", href: `/gaps?${new URLSearchParams({ station: page.station })}` }, t("map_gaps_all"))));
  box.replaceChildren(list);
  drawn = false;
  $("input[data-layer=gaps]").checked = true;
  await draw();
}

function item(pin, kind) {
  const name = el("span", {}, pin.where || kind.title, pin.why ? el("span", { class: "why" }, ` ${pin.why}`) : null);
  const doors = pin.doors ? [`${number(pin.doors)} ${t("unit_doors")}`, el("br"), `${number(pin.households)} ${t("unit_households")}`] : [];
  const size = el("span", { class: "size" }, pin.area, pin.area && pin.doors ? el("br") : null, ...doors);
  return el("li", {}, el("button", { type: "button", "data-n": pin.n }, el("span", { class: "n" }, String(pin.n)), name, size));
}

/** Draw the numbered places on the map, once. */
export async function draw() {
  map.addLayer(group("gaps"));
  if (drawn) return;
  drawn = true;
  const found = await read();
  group("gaps").clearLayers();
  drawn = Boolean(found);
  if (found) drawPins(found.pins, "gaps", $("#gaps") ?? el("div"));
}
