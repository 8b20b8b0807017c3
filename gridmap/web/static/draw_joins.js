// Two zones and what is between them: merge zones into one, straighten or simplify a shared border.

import { $, el } from "./core.js";
import { edit } from "./draw_api.js";
import { button, choice, field, fill, form, input, submit, zoneName, zoneOptions, zonesFirst } from "./draw_form.js";
import { choose, feature, first, on, say, state } from "./draw_state.js";
import { neighboursOf } from "./draw_topology.js";

const outlines = (codes) => codes.map((code) => feature(state.layer, code)?.geometry).filter(Boolean);

function mergePanel() {
  const box = $("#draw-tool-form"), kind = state.layer, codes = state.chosen;
  const mark = `merge-${kind}-${codes.join()}`;
  if (!codes.length) return fill(box, mark, null);
  const others = zonesFirst(kind, neighboursOf(kind, codes.at(-1)), codes);
  const add = el("div", { class: "inline" }, field(say("draw_merge_with"), choice("with", others)),
    button(say("draw_add"), () => choose([$("select[name=with]", box).value], { add: true })));
  const list = el("ul", { class: "chips" }, ...codes.map((code) =>
    el("li", {}, zoneName(kind, code), button("×", () => choose([code], { add: true }), "chip", { "aria-label": say("draw_leave_out", { zone: code }) }))));
  const join = form("merge", ({ into }) => edit({ op: "merge", kind, codes, into }, { words: say("draw_op_merge", { zones: codes.join(" + ") }), shapes: outlines(codes) }),
    field(say("draw_merge_into"), choice("into", zoneOptions(kind, codes), codes[0])), submit(say("draw_merge_n", { n: codes.length })));
  return fill(box, mark, list, add, codes.length > 1 ? join : null);
}

function straightenPanel() {
  const box = $("#draw-tool-form"), kind = state.layer;
  const [one, second] = state.chosen;
  if (!one) return fill(box, "straighten-none", null);
  const near = neighboursOf(kind, one);
  return fill(
    box, `straighten-${kind}-${one}-${second}`,
    form("straighten", ({ other, tolerance_m: metres }) => {
      const body = { op: "straighten", kind, one, other, tolerance_m: metres === "" ? null : Number(metres) };
      edit(body, { words: say("draw_op_straighten", { zones: `${one}, ${other}` }), shapes: [] });
    },
      el("p", {}, zoneName(kind, one)),
      field(say("draw_border_with"), choice("other", zoneOptions(kind, near), second)),
      field(say("draw_tolerance"), input("tolerance_m", "", { type: "number", min: "0.1", max: "500", step: "any", inputmode: "decimal", placeholder: say("draw_tolerance_none") })),
      submit(say("draw_straighten"))),
  );
}

const tool = (name, most, panel) => ({
  start: panel, stop: () => {}, panel, hint: () => say(first() ? `draw_hint_${name}` : "draw_hint_choose"),
  pick(code) {
    choose(state.chosen.length >= most && !state.chosen.includes(code) ? [...state.chosen.slice(0, most - 1), code] : [code],
      { add: state.chosen.length < most || state.chosen.includes(code) });
  },
});
export const merge = tool("merge", Infinity, mergePanel);
export const straighten = tool("straighten", 2, straightenPanel);

on("chosen", () => {
  if (state.tool === "merge") mergePanel();
  if (state.tool === "straighten") straightenPanel();
});
