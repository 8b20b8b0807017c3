// Again: places that have it again and again, series of like incidents, and whether one makes another likelier close by.

import { colour, el, map, nameOf, number, page, t } from "./core.js";
import { ask } from "./map_ask.js";
import { goToFeature } from "./map_cells.js";
import { chance, row } from "./map_clicked.js";
import { rounded } from "./map_looks.js";
import { askUrl, change, layer, say } from "./map_state.js";
import { howOf } from "./map_where.js";

const L = window.L;
const MOST = 12;

/** Build the panel. */
export async function show(box) {
  const parts = ["repeat_places", "series", "near_repeat"].map((name) => el("div", { class: "part", "data-part": name }));
  box.replaceChildren(...parts);
  const [places, series, near] = await Promise.all(["repeat_places", "series", "near_repeat"].map((name) => ask(name)));
  parts[0].replaceChildren(...listed(places, "repeat_places", "places", "map_repeat_places", "map_no_repeat", place));
  parts[1].replaceChildren(...listed(series, "series", "series", "map_series_list", "map_no_series", oneSeries));
  parts[2].replaceChildren(el("h2", {}, t("map_near_repeat")), ...(near.answer ? nearRepeat(near.answer) : [wrong(near)]));
}

const wrong = (found) => el("p", { class: "wrong" }, found.why);

function listed(found, name, table, title, none, item) {
  const head = el("h2", {}, t(title));
  if (!found.answer) return [head, wrong(found)];
  const rows = found.answer.tables[table] ?? [];
  shared = name === "repeat_places" ? sharedStart(rows.map((one) => one.full ?? "")) : 0;
  const list = el("ol", { class: "items plain" });
  for (const one of rows.slice(0, MOST)) list.append(el("li", {}, item(one, name)));
  const rest = rows.length > MOST ? [el("p", { class: "soft" }, say("map_more_rows", { n: rows.length - MOST }))] : [];
  const body = rows.length ? [list, ...rest] : [el("p", { class: "soft" }, t(none))];
  return [head, ...body, how(name, found.answer)];
}

function how(name, answer) {
  return el("details", { class: "soft" }, el("summary", {}, t("map_method_head")), ...howOf(name, answer).map((words) => el("p", {}, words)));
}

let shared = 0;

/** Return how many signs all addresses begin with, which need not be read again and again. */
function sharedStart(texts) {
  if (texts.length < 2) return 0;
  let n = 0;
  while (n < texts[0].length && texts.every((text) => text[n] === texts[0][n])) n += 1;
  return n > 5 ? n : 0;
}

function place(one) {
  const facts = [say("map_times", { n: one.events }), `${one.first?.slice(0, 10)} – ${one.last?.slice(0, 10)}`];
  if (one.gap_days !== null && one.gap_days !== undefined) facts.push(say("map_gap_days", { n: rounded(one.gap_days) }));
  if (one.worse) facts.push(t(one.worse === "tier" ? "map_worse_tier" : "map_worse"));
  return entry(one.full ? one.full.slice(shared) : say("map_door_n", { n: String(one.address) }), facts.join(" · "), one.q ?? one.p, () => go(one, "repeat_places", "address", one.address));
}

function oneSeries(one) {
  const kind = one.name_zh || one.name_en ? one : page.kinds[one.category] ?? { code: one.category };
  const facts = [say("map_times", { n: one.events }), `${String(one.first).slice(0, 10)} – ${String(one.last).slice(0, 10)}`];
  if (one.extent_m) facts.push(`${number(rounded(one.extent_m))} m`);
  return entry(`${one.n}  ${nameOf(kind)}`, facts.join(" · "), one.p, () => go(one, "series", "n", one.n));
}

function entry(title, facts, p, done) {
  const made = el("button", { type: "button" }, el("span", {}, el("strong", {}, title), el("span", { class: "why" }, facts)), el("span", { class: "size" }, `p ${chance(p)}`));
  made.addEventListener("click", done);
  return made;
}

function go(one, name, column, value) {
  if (layer() !== name) change({ layer: name });
  if (goToFeature(column, value)) return;
  map.setView([one.lat, one.lon], 16, { animate: false });
  L.circleMarker([one.lat, one.lon], { radius: 12, color: colour("focus"), weight: 3, fill: false, pane: "gaps" }).addTo(map);
}

/** Draw Knox's table: a row a distance, a column a time; raised bands are marked by colour and by sign. */
function nearRepeat(answer) {
  const bands = answer.tables.bands ?? [];
  const unique = (name) => [...new Set(bands.map((one) => one[name]))].sort((a, b) => a - b);
  const [rows, columns] = [unique("place_from"), unique("days_from")];
  const upTo = (from, name) => bands.find((one) => one[`${name}_from`] === from)[`${name}_to`];
  const table = el("table", { class: "figures knox" });
  table.append(el("thead", {}, row("th", "", ...columns.map((from) => say("map_days_within", { from, to: upTo(from, "days") })))));
  const body = el("tbody");
  for (const from of rows) {
    const line = el("tr", {}, el("th", { scope: "row" }, upTo(from, "place") <= 1 ? t("map_same_place") : say("map_within", { from, to: upTo(from, "place") })));
    for (const days of columns) {
      const one = bands.find((each) => each.place_from === from && each.days_from === days);
      const raised = one && one.ratio > 1 && (one.q ?? one.p) <= 0.05;
      const cell = el("td", { class: raised ? "number raised" : "number" }, one?.ratio ? `${raised ? "▲ " : ""}${one.ratio.toFixed(2)}` : "–");
      if (one) cell.title = `${t("map_pairs")} ${one.pairs}, p ${chance(one.p)}`;
      line.append(cell);
    }
    body.append(line);
  }
  table.append(body);
  return [el("div", { class: "tablebox" }, table), el("p", { class: "soft" }, `▲ ${t("map_near_raised")}`), how("near_repeat", answer), el("p", {}, el("a", { class: "button quiet", href: askUrl("near_repeat", { form: "csv" }) }, "CSV"))];
}
