// Paint: cells, or a whole village, given to a beat by clicking, brushing or from lists; beats stay their cells' union.

import { $, el, nameOf, page, tell } from "./core.js";
import { edit } from "./draw_api.js";
import { button, choice, field, fill, form, submit, zoneOptions } from "./draw_form.js";
import { pointerTool } from "./draw_pointer.js";
import { restyle, tint } from "./draw_shapes.js";
import { codesOf, emit, feature, lockedForMe, on, say, setLayer, state } from "./draw_state.js";
import { zoneAt } from "./draw_topology.js";

let into = null; // the beat that gets what is painted
let brushed = null;
let former = null;

const target = () => (state.zones.beat.has(into) ? into : null);
const beatOf = (code) => feature("grid_cell", code)?.properties.beat;

function give(body, zones) {
  const shapes = (body.cells ?? []).map((code) => feature("grid_cell", code)?.geometry).filter(Boolean);
  edit({ op: "give", ...body }, { words: say("draw_op_give", { zones, beat: body.beat }), shapes });
}

function brush({ lon, lat }) {
  const code = zoneAt("grid_cell", [lon, lat]);
  if (!code || brushed.has(code) || beatOf(code) === target() || lockedForMe("grid_cell", code)) return;
  brushed.add(code);
  tint("grid_cell", code, "focus");
}

const pointer = pointerTool({
  down: (at, event) => {
    const code = zoneAt("grid_cell", [at.lon, at.lat]);
    if (!code) return false;
    if (event.altKey || !target()) {
      into = beatOf(code);
      tell(say("draw_painting", { beat: into }));
      emit("hint");
      panel();
      return false;
    }
    brushed = new Set();
    brush(at);
    return true;
  },
  move: brush,
  up: () => {
    if (brushed.size) give({ cells: [...brushed], beat: target() }, [...brushed].join(", "));
    brushed = null;
  },
  cancel: () => {
    for (const code of brushed ?? []) restyle("grid_cell", code);
    brushed = null;
  },
});

/** Fill the tool's part of the side panel. */
function panel() {
  if (state.tool !== "paint") return;
  const box = $("#draw-tool-form");
  if (!state.zones.grid_cell.size) {
    fill(box, "paint-none", el("p", { class: "soft" }, say("draw_no_cells")));
    return;
  }
  const beats = choice("beat", [["", say("draw_choose_beat")], ...zoneOptions("beat", codesOf("beat"))], target() ?? "");
  beats.removeAttribute("data-keep");
  beats.addEventListener("change", () => {
    into = beats.value || null;
    emit("hint");
    panel();
    $("#draw-tool-form select[name=beat]").focus();
  });
  const villages = page.villages.map((one) => [one.code, nameOf(one)]);
  const others = codesOf("grid_cell").filter((code) => beatOf(code) !== target());
  fill(
    box, "paint",
    field(say("draw_give_to_beat"), beats),
    target() && form("give-cell", ({ cell }) => give({ cells: [cell], beat: target() }, cell),
      el("div", { class: "inline" }, field(say("draw_a_cell"), choice("cell", others.map((code) => [code, `${code} · ${beatOf(code)}`]), state.chosen[0])), submit(say("draw_give")))),
    target() && villages.length && form("give-village", ({ place }) => give({ place, beat: target() }, villages.find(([code]) => code === place)[1]),
      el("div", { class: "inline" }, field(say("draw_a_village"), choice("place", villages)), submit(say("draw_give")))),
    !target() ? null : button(say("draw_pick_other"), () => { into = null; emit("hint"); panel(); }),
  );
}

export const paint = {
  start() {
    if (!state.zones.grid_cell.size) return panel();
    const chosen = state.chosen[0];
    if (state.layer === "beat" && chosen) into = chosen;
    former = state.colourBy;
    state.colourBy = "owner";
    emit("colour");
    setLayer("grid_cell");
    pointer.start();
    return panel();
  },
  stop() {
    pointer.stop();
    if (former) state.colourBy = former;
    former = null;
    emit("colour");
  },
  hint: () => say(target() ? "draw_hint_paint" : "draw_hint_paint_choose", { beat: target() ?? "" }),
  panel,
};
on("done", ({ event }) => event && state.tool === "paint" && panel());
on("undone", () => {
  for (const code of state.zones.grid_cell.keys()) restyle("grid_cell", code);
});
