// The toolbar: one tool at a time, by pointer or key, each with a hint and its own part of the side panel.

import { $, $$, map, tell } from "./core.js";
import { redo, undo } from "./draw_api.js";
import { border } from "./draw_border.js";
import { edge } from "./draw_edge.js";
import { fill } from "./draw_form.js";
import { merge, straighten } from "./draw_joins.js";
import { cell, cut, gap, split } from "./draw_lines.js";
import { paint } from "./draw_paint.js";
import { choose, emit, first, on, say, state } from "./draw_state.js";

const plain = { start: () => {}, stop: () => {}, hint: () => say(first() ? "draw_hint_chosen" : "draw_hint_select") };
const TOOLS = { select: plain, border, edge, split, merge, cut, cell, straighten, paint, gap };
const KEYS = Object.fromEntries($$("[data-tool]").map((one) => [one.getAttribute("aria-keyshortcuts").toLowerCase(), one.dataset.tool]));
const REMEMBER = "gridmap-draw-keys";
const keysWanted = $("#draw-keys");

const present = () => TOOLS[state.tool];

/** Take another tool in hand. */
export function use(name) {
  if (!state.editable && name !== "select") return;
  present().stop();
  state.tool = name;
  fill($("#draw-tool-form"), name, null);
  for (const one of $$("[data-tool]")) one.setAttribute("aria-pressed", String(one.dataset.tool === name));
  $("#draw-tool-name").textContent = $(`[data-tool=${name}] .word`).textContent;
  map.getContainer().dataset.hand = name;
  present().start();
  hint();
  emit("tool", name);
}

function hint() {
  $("#draw-hint").textContent = present().hint();
}

on("pick", ({ code, event }) => {
  const tool = present();
  if (tool.drawing && map.pm.globalDrawModeEnabled()) return;
  if (tool === paint) return;
  if (tool.pick) tool.pick(code);
  else choose([code], { add: event.originalEvent.shiftKey || event.originalEvent.ctrlKey || event.originalEvent.metaKey });
});
on("chosen", hint);
on("layer", () => {
  const again = present();
  if (again === paint) return state.layer === "beat" ? use("select") : null;
  again.stop();
  return again.start();
});
on("hint", hint);
on("done", () => { hint(); present().panel?.(); });

/** Step back from what is half done: the drawing, then the choice, then the tool. */
function escape() {
  const tool = present();
  if (tool.cancel && map.pm.globalDrawModeEnabled()) tool.cancel();
  else if (state.chosen.length && state.tool === "select") choose([]);
  else use("select");
}

const writing = (target) => target.matches("input:not([type=checkbox]), textarea");
const typing = (target) => writing(target) || target.matches("select");

function onKey(event) {
  const control = event.ctrlKey || event.metaKey;
  if (control && !event.altKey && event.key.toLowerCase() === "z" && !writing(event.target)) {
    event.preventDefault();
    (event.shiftKey ? redo : undo)();
    return;
  }
  if (control && event.key.toLowerCase() === "y" && !writing(event.target)) {
    event.preventDefault();
    redo();
    return;
  }
  if (control || event.altKey || typing(event.target)) return;
  if (event.key === "Escape") escape();
  else if (!event.target.closest("button, a, summary") && present().keyed?.(event.key)) event.preventDefault();
  else if (keysWanted.checked && KEYS[event.key.toLowerCase()]) use(KEYS[event.key.toLowerCase()]);
}

export function wireTools() {
  for (const one of $$("[data-tool]")) one.addEventListener("click", () => use(one.dataset.tool));
  keysWanted.checked = localStorage.getItem(REMEMBER) !== "off";
  keysWanted.addEventListener("change", () => localStorage.setItem(REMEMBER, keysWanted.checked ? "on" : "off"));
  document.addEventListener("keydown", onKey);
  for (const [id, act] of [["#draw-undo", undo], ["#draw-redo", redo]]) $(id).addEventListener("click", act);
  $("#draw-snap").addEventListener("change", () => use(state.tool));
  on("version", () => {
    $("#draw-undo").disabled = !state.canUndo;
    $("#draw-redo").disabled = !state.canRedo;
  });
  on("loaded", () => {
    for (const one of $$("[data-tool]")) one.disabled = !state.editable && one.dataset.tool !== "select";
    if (state.editable) return;
    use("select");
    tell(say("draw_read_only"));
  });
  use("select");
}
