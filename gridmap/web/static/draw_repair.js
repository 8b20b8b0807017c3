// The repair of faults: each shown with its ground, doors and rule, accepted one by one or all that ask nothing.

import { $, colour, el, goTo, group, page, tell } from "./core.js";
import { accept, call, tellProblem } from "./draw_api.js";
import { button, choice, fill, zonesFirst } from "./draw_form.js";
import { wireImport } from "./draw_import.js";
import { neighboursOf } from "./draw_topology.js";
import { on, say, sayOr, state } from "./draw_state.js";

const L = window.L;
const box = $("#draw-repair");
const format = new Intl.NumberFormat(page.tag, { maximumFractionDigits: 0 });
let shown = null; // {token, version, sure, features}
let busy = false;

const named = (prefix, key) => sayOr(`${prefix}_${String(key).replaceAll(" ", "_")}`, key);

function light(one) {
  const layer = group("wish");
  layer.clearLayers();
  if (!one?.geometry) return null;
  const style = { pane: "gaps", interactive: false, pmIgnore: true, color: colour("focus"), weight: 3, fillColor: colour("focus"), fillOpacity: 0.35 };
  const shape = L.geoJSON(one.geometry, { style, pmIgnore: true, pointToLayer: (_, at) => L.circleMarker(at, { ...style, radius: 8 }) });
  layer.addLayer(shape);
  return shape;
}

async function carryOut(numbers, answers = {}) {
  if (busy) return;
  busy = true;
  const { token, version } = shown;
  const reply = await accept({ accept: numbers, answers, token, version });
  busy = false;
  light(null);
  if (reply) tell(say("repair_done", { n: reply.accepted.length }));
  else await fetchRepairs();
}

/** Return the words for what a repair does: who gives, who gets. */
function moves(told) {
  const from = told.from.length ? told.from.join(", ") : say("repair_nobody");
  const to = told.rule === "ask" ? "?" : told.to || say("repair_nobody");
  return told.rule === "vertex" ? told.zones.join(", ") : `${from} → ${to}`;
}

function row(one) {
  const told = one.properties;
  const ground = [`${format.format(told.area_m2 ?? 0)} m²`, `${say("doors")} ${told.doors ?? 0}`].join(" · ");
  const why = told.rule === "ask" ? `${say("repair_rule_ask")}: ${named("repair_why", told.why)}` : named("repair_rule", told.rule);
  const title = button(`${told.n}. ${page.kinds[told.kind] ?? told.kind} ${told.zones.join(", ")}`, () => {
    const shape = light(one);
    if (shape) goTo(shape.getBounds(), 17);
    tell(`${told.n} ${why}`);
  }, "link", { "data-keep": `show-${told.n}`, title: say("repair_show") });
  const item = el("li", {}, title, el("p", { class: "soft" }, `${say(told.layer)} · ${moves(told)} · ${ground}`));
  const numbered = { "data-keep": `accept-${told.n}`, "aria-label": `${say("repair_accept")} ${told.n}` };
  if (told.rule === "ask") {
    const near = [...new Set([...told.zones, ...told.zones.flatMap((code) => neighboursOf(told.layer, code))])];
    const list = choice(`to-${told.n}`, [["", say("repair_choose")], ...zonesFirst(told.layer, near.filter((code) => state.zones[told.layer].has(code)))], "");
    list.setAttribute("aria-label", `${say("repair_give_to")} ${told.n}`);
    const give = button(say("repair_accept"), () => list.value && carryOut([], { [told.n]: list.value }), "quiet small", numbered);
    item.append(el("p", { class: "soft" }, why), state.editable && told.why !== "fault" ? el("div", { class: "inline" }, list, give) : "");
  } else {
    item.append(el("div", { class: "pair" }, el("span", { class: "soft" }, why), state.editable ? button(say("repair_accept"), () => carryOut([told.n]), "quiet small", numbered) : null));
  }
  for (const [kind, what] of [["mouseenter", one], ["mouseleave", null]]) item.addEventListener(kind, () => light(what));
  item.addEventListener("focusin", () => light(one));
  return item;
}

function draw() {
  const { features, sure } = shown;
  const asks = features.length - sure.length;
  const all = button(say("repair_accept_all", { n: sure.length }), () => carryOut("all"), "", { "data-keep": "accept-all" });
  fill(
    $("#draw-repair-list"), "repairs",
    el("p", {}, features.length ? say("repair_n", { n: features.length, asks }) : say("repair_none")),
    sure.length && state.editable ? all : null,
    el("ol", { class: "scroll history" }, ...features.map(row)),
  );
}

async function fetchRepairs() {
  if (!shown) fill($("#draw-repair-list"), "looking", el("p", { class: "soft" }, say("repair_looking")));
  const reply = await call("GET", `${page.api}/repairs`);
  if (!reply.ok) return tellProblem(reply);
  shown = reply.data;
  return draw();
}

let due = 0;
export function wireRepair() {
  fill($("#draw-repair-body"), "body", el("p", { class: "soft" }, say("repair_why")), el("div", { id: "draw-repair-list", class: "stack tight" }), el("div", { id: "draw-import-body", class: "stack tight" }));
  wireImport($("#draw-import-body"));
  box.addEventListener("toggle", () => (box.open ? fetchRepairs() : light(null)));
  on("version", () => {
    clearTimeout(due);
    due = setTimeout(() => box.open && fetchRepairs(), 250);
  });
}
