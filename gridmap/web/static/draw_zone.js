// The card of the chosen zone: figures beside the published ones, its names, its lock, its vertices.

import { $, el, nameOf, page, tell } from "./core.js";
import { edit, ofDraft, tellProblem } from "./draw_api.js";
import { difference } from "./draw_figures.js";
import { button, choice, field, fill, form, input, submit, zoneName, zoneOptions } from "./draw_form.js";
import { codesOf, feature, figure, first, lockOf, on, say, state } from "./draw_state.js";
import { look } from "./draw_people.js";
import { vertexList } from "./draw_vertices.js";

const FIGURES = [["households", 0], ["doors", 0], ["calls", 0], ["disputes", 0], ["load", 0], ["area_km2", 2], ["compactness", 2]];
const format = new Intl.NumberFormat(page.tag, { maximumFractionDigits: 2 });

function numbers(told) {
  const list = el("dl", { class: "figures" });
  for (const [name, digits] of FIGURES) {
    const value = told[name];
    const delta = told.before ? difference(value, told.before[name], digits) : null;
    list.append(el("div", {}, el("dt", {}, say(`draw_${name}`)), el("dd", {}, Number.isFinite(value) ? format.format(Number(value.toFixed(digits))) : "–", delta ?? "")));
  }
  return list;
}

function lockRow(kind, code) {
  const lock = lockOf(kind, code);
  const mine = lock?.by === page.me;
  const act = async () => {
    const reply = await ofDraft(lock ? "DELETE" : "PUT", `/locks/${kind}/${encodeURIComponent(code)}`);
    if (reply.ok) tell(say(lock ? "draw_let_go" : "draw_now_locked", { zone: code }));
    else tellProblem(reply);
    await look();
  };
  const words = lock ? (mine ? say("draw_locked_by_you") : say("draw_locked_by", { who: lock.by })) : say("draw_not_locked");
  const press = button(say(lock ? "draw_unlock" : "draw_lock"), act, "quiet small", { "data-keep": "lock", "aria-pressed": String(Boolean(lock)) });
  return el("div", { class: "pair" }, el("span", { class: "soft" }, words), state.editable ? press : null);
}

function rename(kind, code) {
  const { name_zh: zh, name_en: en } = feature(kind, code).properties;
  return el("details", { "data-open": "rename" }, el("summary", {}, say("draw_rename")),
    form("rename", (told) => edit({ op: "rename", kind, code, ...told }, { words: say("draw_op_rename", { zones: code }), shapes: [] }),
      field(say("code"), input("new_code", code, { required: "", maxlength: "64" })),
      field(say("draw_name_zh"), input("name_zh", zh ?? "", { maxlength: "200" })),
      field(say("draw_name_en"), input("name_en", en ?? "", { maxlength: "200" })), submit(say("draw_rename_do"))));
}

function giveCell(code) {
  const now = feature("grid_cell", code).properties.beat;
  const others = codesOf("beat").filter((one) => one !== now);
  return form("give", ({ beat }) => edit({ op: "give", cells: [code], beat }, { words: say("draw_op_give", { zones: code, beat }), shapes: [feature("grid_cell", code).geometry] }),
    el("div", { class: "inline" }, field(say("draw_belongs_to", { beat: now ?? "–" }), choice("beat", zoneOptions("beat", others))), submit(say("draw_give"), { class: "quiet" })));
}

function card() {
  const box = $("#draw-zone"), kind = state.layer, code = first();
  box.hidden = !code;
  if (!code) return fill(box, "none");
  if (state.chosen.length > 1) {
    return fill(box, "many", el("h2", {}, say("draw_chosen_n", { n: state.chosen.length })), el("p", { class: "soft" }, state.chosen.map((one) => zoneName(kind, one)).join(" · ")));
  }
  const told = figure(kind, code);
  const name = (role) => told && ((page.lang === "en" && told[`${role}_en`]) || told[role]);
  const people = el("p", { class: "soft" }, `${say("officer")}: ${name("officer") || say("nobody")}`, kind === "grid_cell" ? ` · ${say("grid_member")}: ${name("grid_member") || say("nobody")}` : "");
  const title = el("h2", {}, el("span", { class: "code" }, code), " ", nameOf(feature(kind, code).properties));
  const norm = told?.norm ? el("span", { class: `tag norm ${told.norm}` }, say(`draw_norm_${told.norm}`)) : null;
  if (norm) title.append(" ", norm);
  fill(
    box, `${kind}/${code}`, title, told ? numbers(told) : null, told && !told.before ? el("p", { class: "soft" }, say("draw_new_since")) : null, people,
    lockRow(kind, code), state.editable && kind === "grid_cell" ? giveCell(code) : null,
    state.editable ? rename(kind, code) : null, state.editable ? vertexList() : null,
  );
  return null;
}

on("chosen", card);
on("live", card);
let locks = "";
on("people", () => {
  const now = JSON.stringify([...state.locks.values()]);
  if (now !== locks) card();
  locks = now;
});
