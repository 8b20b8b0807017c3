// Somebody was quicker: nothing is overwritten; the present zones are shown, and dashed what was wanted.

import { $, colour, el, group } from "./core.js";
import { again, refresh } from "./draw_api.js";
import { button, fill } from "./draw_form.js";
import { told, when } from "./draw_history.js";
import { nameOfLogin } from "./draw_people.js";
import { on, say } from "./draw_state.js";

const L = window.L;
const box = $("#draw-conflict");
const waiting = [];

function ghost(wish) {
  const layer = group("wish");
  layer.clearLayers();
  const style = { pane: "gaps", interactive: false, pmIgnore: true, color: colour("focus"), weight: 3, dashArray: "3 7", fill: false };
  for (const shape of wish?.shapes ?? []) layer.addLayer(L.geoJSON(shape, { style, pmIgnore: true }));
}

function show() {
  const one = waiting[0];
  box.hidden = !one;
  ghost(one?.wish);
  if (!one) return fill(box, "none");
  const rows = (one.facts.events ?? []).map((event) => {
    const { what, zones } = told(event);
    return el("li", {}, el("strong", {}, nameOfLogin(event.by)), ` ${what} ${zones} `, el("span", { class: "soft" }, when(event)));
  });
  const next = () => { waiting.shift(); show(); };
  fill(
    box, `conflict-${waiting.length}`,
    el("h2", { id: "draw-conflict-title", tabindex: "-1" }, say("draw_conflict")),
    el("p", {}, say("draw_conflict_why", { yours: one.facts.yours ?? "?", present: one.facts.present ?? "?" })),
    el("ul", { class: "plain" }, ...rows),
    el("p", {}, say("draw_conflict_mine", { what: one.wish?.words || say("draw_your_change") })),
    el("div", { class: "inline" }, button(say("draw_mine_again"), () => { next(); again(one); }, ""), button(say("draw_let_mine_go"), next)),
  );
  if (!box.contains(document.activeElement)) $("#draw-conflict-title").focus();
  return null;
}

on("conflict", async (one) => {
  waiting.push(one);
  await refresh();
  show();
});
