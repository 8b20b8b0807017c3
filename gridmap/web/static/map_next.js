// Next: where to look in the coming week or month, beside what such forecasts were worth.

import { el, number, t } from "./core.js";
import { ask } from "./map_ask.js";
import { row } from "./map_clicked.js";
import { rounded } from "./map_looks.js";
import { say } from "./map_state.js";
import { howOf, showOptions } from "./map_where.js";

const day = (text) => String(text ?? "").slice(0, 10);

/** Build the panel. */
export async function show(box) {
  box.replaceChildren(el("div", { id: "options", class: "row" }), el("div", { id: "next" }, el("p", { class: "soft" }, t("map_working"))));
  showOptions("forecast");
  const found = await ask("forecast");
  const inner = box.querySelector("#next");
  if (!inner) return;
  if (!found.answer) {
    inner.replaceChildren(el("p", { class: "wrong" }, found.why));
    return;
  }
  const { facts, tables } = found.answer;
  const verdict = facts.beats_last_year ? "map_beats" : "map_beats_not";
  inner.replaceChildren(
    el("h2", {}, say("map_forecast_days", { first: day(facts.first_day), last: day(facts.last_day) })),
    el("p", { class: facts.beats_last_year ? "message" : "message careful" }, t(verdict)),
    el("p", {}, `${t("map_model")}: ${model(facts.model)}`),
    scores(tables.scores ?? [], facts),
    ...howOf("forecast", found.answer).map((words) => el("p", { class: "soft" }, words)),
  );
}

function model(name) {
  const words = t(`map_model_${name}`);
  return words.startsWith("map_model_") ? String(name).replaceAll("_", " ") : words;
}

/** The hit rates that were measured: of the model on the map and of last year's counts, by share of the area. */
function scores(list, facts) {
  if (!list.length) return "";
  const body = el("tbody");
  for (const one of list) {
    const interval = Number.isFinite(one.pai_low) ? ` (${number(rounded(one.pai_low))}–${number(rounded(one.pai_high))})` : "";
    const line = row("td", model(one.model), `${number(100 * one.share)} %`, Number.isFinite(one.hit_rate) ? `${Math.round(100 * one.hit_rate)} %` : "–", Number.isFinite(one.pai) ? `${number(rounded(one.pai))}${interval}` : "–");
    if (one.model === facts.model) line.classList.add("own");
    body.append(line);
  }
  const head = el("thead", {}, row("th", t("map_model"), t("map_area_share"), t("map_hit_rate"), t("map_pai")));
  return el("div", { class: "tablebox" }, el("h3", {}, t("map_measured")), el("table", { class: "figures" }, head, body));
}

