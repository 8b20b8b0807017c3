// The live table: what each zone carries now, and how that differs from the published edition; rows change one by one.

import { $, $$, el, goTo, nameOf, page } from "./core.js";
import { choose, collator, emit, feature, figure, lockOf, on, say, state } from "./draw_state.js";
import { light, shapeOf } from "./draw_shapes.js";

const table = $("#draw-figures");
const COLUMNS = $$("thead th[data-figure]", table).map((head) => [head.dataset.figure, Number(head.dataset.digits ?? 0)]);
const formats = new Map([0, 1, 2].map((n) => [n, new Intl.NumberFormat(page.tag, { minimumFractionDigits: n, maximumFractionDigits: n })]));
const rows = new Map();
let sortBy = null; // {name, down}

const shown = (value, digits) => (Number.isFinite(value) ? formats.get(digits).format(value) : "–");

/** Return "▲ 12" or "▼ 12" with words for those who do not see it, or null where nothing has changed as shown. */
export function difference(now, before, digits) {
  if (!Number.isFinite(now) || !Number.isFinite(before)) return null;
  const by = Number((now - before).toFixed(digits));
  if (!by) return null;
  const [sign, key] = by > 0 ? ["▲", "draw_more"] : ["▼", "draw_less"];
  const words = say(key, { n: formats.get(digits).format(Math.abs(by)) });
  return el("span", { class: by > 0 ? "delta up" : "delta down" }, el("span", { "aria-hidden": "true" }, `${sign}${formats.get(digits).format(Math.abs(by))}`), el("span", { class: "sr" }, words));
}

function cell(told, name, digits) {
  const made = el("td", { class: "number" }, el("span", { class: "value" }, shown(told?.[name], digits)));
  if (name === "households" && told?.norm) {
    made.append(el("span", { class: `tag norm ${told.norm}` }, say(`draw_norm_${told.norm}`)));
  }
  const delta = told?.before ? difference(told[name], told.before[name], digits) : null;
  if (delta) made.append(delta);
  return made;
}

function person(told, role) {
  const name = (page.lang === "en" && told?.[`${role}_en`]) || told?.[role] || "";
  return el("td", name ? { class: "who-col", title: name } : { class: "nobody" }, name || say("nobody"));
}

function build(code) {
  const told = figure(state.layer, code), one = feature(state.layer, code);
  const lock = lockOf(state.layer, code);
  const marks = [
    told && !told.before ? el("span", { class: "tag" }, say("draw_new_zone")) : null,
    lock ? el("span", { class: "tag lock" }, say("draw_locked_short")) : null,
  ].filter(Boolean);
  const press = el("button", { type: "button", "data-keep": code }, el("span", { class: "code" }, code), el("span", { class: "zname" }, nameOf(one.properties)), ...marks);
  const row = el("tr", { "data-code": code }, el("th", { scope: "row" }, press),
    ...COLUMNS.map(([name, digits]) => cell(told, name, digits)), person(told, "officer"),
    ...(state.layer === "grid_cell" ? [person(told, "grid_member")] : []));
  press.addEventListener("focus", () => light(code, true));
  press.addEventListener("blur", () => light(code, false));
  press.addEventListener("keydown", (event) => step(event, row));
  row.addEventListener("mouseenter", () => light(code, true));
  row.addEventListener("mouseleave", () => light(code, false));
  row.addEventListener("click", (event) => pick(code, event));
  if (state.chosen.includes(code)) row.classList.add("on");
  return row;
}

function pick(code, event) {
  choose([code], { add: event.shiftKey || event.ctrlKey || event.metaKey || state.tool === "merge" });
  const shape = shapeOf(state.layer, code);
  if (shape && state.chosen.includes(code)) goTo(shape.getBounds(), 15.5);
}

function step(event, row) {
  const next = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling, Home: row.parentNode.firstElementChild, End: row.parentNode.lastElementChild }[event.key];
  if (!next) return;
  event.preventDefault();
  $("button", next).focus();
}

function sorted(codes) {
  if (!sortBy) return codes.sort(collator.compare);
  const value = (code) => figure(state.layer, code)?.[sortBy.name] ?? -Infinity;
  return codes.sort((a, b) => (sortBy.down ? value(b) - value(a) : value(a) - value(b)) || collator.compare(a, b));
}

function drawAll() {
  rows.clear();
  for (const code of sorted([...state.zones[state.layer].keys()])) rows.set(code, build(code));
  table.tBodies[0].replaceChildren(...rows.values());
  $("#draw-member").hidden = state.layer === "beat";
  $("#draw-zone-head").textContent = say(state.layer);
  totals();
}

function put(code) {
  const old = rows.get(code);
  if (!feature(state.layer, code)) {
    old?.remove();
    rows.delete(code);
    return;
  }
  const fresh = build(code);
  const focus = old?.contains(document.activeElement);
  if (old) old.replaceWith(fresh);
  else {
    const after = sorted([...rows.keys(), code]);
    const next = rows.get(after[after.indexOf(code) + 1]);
    table.tBodies[0].insertBefore(fresh, next ?? null);
    fresh.classList.add("fresh");
  }
  rows.set(code, fresh);
  if (focus) $("button", fresh).focus({ preventScroll: true });
}

function totals() {
  const all = [...state.figures[state.layer].values()];
  const cells = COLUMNS.map(([name, digits]) => {
    const values = all.map((one) => one[name]).filter(Number.isFinite);
    const sum = values.reduce((a, b) => a + b, 0);
    const told = name === "load" ? `${shown(Math.max(...values) / 100, 2)}×` : shown(name === "compactness" ? sum / values.length : sum, digits);
    return el("td", name === "load" ? { class: "number", title: say("draw_heaviest") } : { class: "number" }, values.length ? told : "–");
  });
  const empty = el("td", { colspan: state.layer === "beat" ? "1" : "2" });
  table.tFoot.rows[0].replaceChildren(el("th", { scope: "row" }, `${say("total")} ${all.length}`), ...cells, empty);
}

for (const head of $$("thead th[data-figure]", table)) {
  $("button", head).addEventListener("click", () => {
    const name = head.dataset.figure;
    sortBy = { name, down: sortBy?.name === name ? !sortBy.down : true };
    for (const other of $$("thead th", table)) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", sortBy.down ? "descending" : "ascending");
    drawAll();
  });
}
on("loaded", drawAll);
on("layer", drawAll);
on("live", ({ rows: told, gone }) => {
  for (const [kind, code] of [...gone, ...told]) if (kind === state.layer) put(code);
  totals();
});
on("changed", ({ changed }) => {
  for (const [kind, code] of changed) if (kind === state.layer && !rows.has(code)) put(code);
});
on("chosen", (codes) => {
  for (const [code, row] of rows) {
    const on_ = codes.includes(code);
    if (row.classList.contains("on") === on_) continue;
    row.classList.toggle("on", on_);
    $("button", row).setAttribute("aria-pressed", String(on_));
    if (on_ && !row.contains(document.activeElement)) row.scrollIntoView({ block: "nearest" });
  }
});
on("over", ({ code, on: lit }) => rows.get(code)?.classList.toggle("over", lit));
let locks = "";
on("people", () => {
  const now = [...state.locks.keys()].join();
  if (now === locks) return;
  for (const name of new Set([...now.split(","), ...locks.split(",")])) {
    const [kind, ...code] = name.split("/");
    if (kind === state.layer && rows.has(code.join("/"))) put(code.join("/"));
  }
  locks = now;
  emit("chosen", state.chosen);
});
