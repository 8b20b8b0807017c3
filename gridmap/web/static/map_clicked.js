// What is clicked, with its figures: a cell of an analysis, an incident, a zone. The map stays as it is.

import { $, el, load, nameOf, number, page, t } from "./core.js";
import { lookOf, rounded, swatch, wordOf } from "./map_looks.js";
import { change, dataUrl, optionsOf, ruleOf, say, state } from "./map_state.js";
import { mark, zonesAt } from "./map_zones.js";

let turn = 0;

/** Show the beat (and grid cell) of a place. */
export function clickPlace(at) {
  const { beat, cell } = zonesAt(at);
  if (beat) showZone("beat", beat, [], cell);
}

/** Show a cell of an analysis, and below it the beat it lies in. */
export function showCell(name, answer, facts, at) {
  const picture = page.pictures[name];
  const look = lookOf(picture, facts);
  const title = facts.name_zh || facts.name_en ? nameOf(facts) : doorOf(answer, facts) ?? t(picture.looks.length === 1 ? `map_layer_${name}` : "map_cell_here");
  const means = look ? el("p", { class: "means" }, swatch(look), el("span", {}, wordOf(picture, look, answer.facts))) : null;
  const why = name === "emerging" && look ? el("p", { class: "soft" }, say(`map_why_${look[0]}`, ruleOf(answer.facts.rules?.[look[0]]))) : null;
  const { beat, cell } = at ? zonesAt(at) : {};
  const own = [el("h2", {}, title), means, why, pairs(cellPairs(facts, answer.facts))];
  if (beat) showZone("beat", beat, own, cell);
  else show(own);
}

/** Return the address of a door that is drawn, for who may read it. */
function doorOf(answer, facts) {
  return answer.tables.places?.find((one) => one.address === facts.address)?.full || null;
}

/** Show one incident. */
export function showIncident(title, rows, at) {
  const { beat, cell } = at ? zonesAt(at) : {};
  const own = [el("h2", {}, title), pairs(rows)];
  if (beat) showZone("beat", beat, own, cell);
  else show(own);
}

/** Show a zone: who answers today, what stands in it, what happened in the view and before. */
export async function showZone(kind, zone, above = [], cell = null) {
  turn += 1;
  const mine = turn;
  if (kind === "beat") mark(zone.code);
  const head = el("h2", { class: "zone-head" }, nameOf(zone), el("span", { class: "tag" }, zone.code));
  show([...above, head, el("p", { class: "soft" }, t("loading"))]);
  const story = await load(dataUrl("zone.json", { kind, code: zone.code, against: optionsOf("change").against }));
  if (mine !== turn) return;
  if (!story) {
    show([...above, head, el("p", { class: "wrong" }, t("not_loaded"))]);
    return;
  }
  const only = state.getAll("zone").length === 1 && state.get("zone") === zone.code;
  const buttons = el("div", { class: "row" });
  buttons.append(button(t(only ? "map_everywhere" : "map_only_here"), () => change({ zone: only ? null : zone.code })));
  if (cell && kind === "beat") buttons.append(button(`${t("grid_cell")} ${cell.code}`, () => showZone("grid_cell", cell)));
  show([...above, head, people(story), pairs([
    [t("doors"), number(story.doors)], [t("households"), number(story.households)], [t("area"), `${number(story.area_m2 / 1e6)} km²`],
  ]), compared(story), openNow(story), categories(story), buttons]);
}

function people(story) {
  const list = el("ul", { class: "people" });
  for (const one of story.people) {
    const role = t(`map_role_${one.role}`);
    list.append(el("li", {}, el("span", { class: "soft" }, role.startsWith("map_") ? one.role : role), el("strong", {}, nameOf({ ...one, name_zh: one.name }))));
  }
  if (!story.people.length && story.kind !== "village") list.append(el("li", { class: "nobody" }, t("nobody")));
  return list;
}

/** Say how many disputes are open there now, with the desk's list behind the number. */
function openNow(story) {
  return story.open && el("p", {}, el("a", { href: story.open.url }, `${say("desk_open_now", { n: number(story.open.count) })} →`));
}

function compared(story) {
  const table = el("table", { class: "figures" });
  table.append(el("thead", {}, row("th", "", t("map_now"), t("map_before"), t("map_ratio"))));
  const body = el("tbody");
  const alike = story.incidents.now === story.disputes.now && story.incidents.before === story.disputes.before;
  for (const kind of alike ? ["disputes"] : ["incidents", "disputes"]) {
    const { now, before } = story[kind];
    body.append(row("td", t(kind === "incidents" ? "incident" : "dispute"), number(now), number(before), before ? `× ${number(rounded(story[kind].ratio ?? now / before))}` : "–"));
  }
  table.append(body);
  const p = (story.disputes.p !== null ? story.disputes : story.incidents).p;
  const words = p === null ? t("map_no_test") : say("map_chance_p", { p: p < 0.001 ? "< 0.001" : p.toPrecision(2) });
  const span = say("map_span_before", { since: story.before[0], until: story.before[1] });
  return el("div", {}, table, el("p", { class: "soft" }, words), el("p", { class: "soft" }, span));
}

function categories(story) {
  if (!story.categories.length) return null;
  const most = Math.max(...story.categories.map(([, now]) => now), 1);
  const list = el("ul", { class: "bars" });
  for (const [code, now, before] of story.categories) {
    const bar = el("span", { class: "bar" });
    bar.style.width = `${(100 * now) / most}%`;
    list.append(el("li", {}, el("span", { class: "name" }, nameOf(page.kinds[code] ?? { code })), el("span", { class: "length" }, bar), el("span", { class: "count" }, `${number(now)} / ${number(before)}`)));
  }
  return el("div", {}, el("h3", {}, t("map_top_categories")), list);
}

const FIGURES = [
  ["count", "map_count"], ["events", "map_count"], ["observed", "map_count"], ["local", "map_local"], ["expected", "map_expected"], ["density", "map_density"], ["base", "map_base"],
  ["rate", "map_rate"], ["shrunken", "map_shrunk"], ["now", "map_now"], ["before", "map_before"], ["ratio", "map_ratio"], ["rank", "map_rank"],
  ["hot_steps", "map_hot_steps"], ["last_hot", "map_last_hot"], ["p_trend", "map_trend_p"], ["z", "z"], ["p", "map_p"], ["q", "map_q"],
];

/** Return the figures of a cell as pairs of words and numbers. */
function cellPairs(facts, all) {
  const found = [];
  for (const [name, word] of FIGURES) {
    const value = facts[name];
    if (value === null || value === undefined) continue;
    const shown = ["p", "q", "p_trend"].includes(name) ? chance(value) : typeof value === "number" ? number(rounded(value)) : String(value);
    found.push([t(word), name === "density" && all.unit ? `${shown} ${t(`map_${all.unit}`)}` : shown]);
  }
  if (Number.isFinite(facts.low) && Number.isFinite(facts.high)) found.push([t("map_interval"), `${number(rounded(facts.low))} – ${number(rounded(facts.high))}`]);
  return found;
}

export function chance(p) {
  return p < 0.001 ? "< 0.001" : Number(p.toPrecision(2)).toString();
}

export function pairs(list) {
  const made = el("dl", { class: "pairs" });
  for (const [key, value] of list) made.append(el("dt", {}, key), el("dd", {}, String(value)));
  return made;
}

export function row(tag, ...cells) {
  return el("tr", {}, ...cells.map((one, place) => (place ? el(tag, { class: "number" }, one) : el("th", { scope: tag === "th" ? "col" : "row" }, one))));
}

export function button(words, done, css = "quiet") {
  const made = el("button", { type: "button", class: css }, words);
  made.addEventListener("click", done);
  return made;
}

function show(parts) {
  const box = $("#clicked");
  const close = el("button", { type: "button", class: "quiet close", "aria-label": t("map_close") }, "×");
  close.addEventListener("click", () => {
    turn += 1;
    mark(null);
    box.hidden = true;
  });
  box.replaceChildren(close, ...parts.filter(Boolean));
  box.hidden = false;
  box.scrollIntoView({ block: matchMedia("(max-width: 48rem)").matches ? "start" : "nearest" });
}
