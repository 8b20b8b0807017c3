// Next: where to look in the coming week or month, beside what such forecasts were worth.

import { el, number, t } from "./core.js";
import { ask } from "./map_ask.js";
import { row } from "./map_clicked.js";
import { rounded } from "./map_looks.js";
import { layer, say } from "./map_state.js";
import { showTop } from "./map_top.js";
import { howOf, showOptions } from "./map_where.js";

const day = (text) => String(text ?? "").slice(0, 10);

/** Build the panel. */
export async function show(box) {
  box.replaceChildren(el("div", { id: "options", class: "row" }), el("div", { id: "next" }, el("p", { class: "soft" }, t("map_working"))));
  showOptions("forecast");
  const inner = box.querySelector("#next");
  const found = await ask("forecast");
  if (!inner.isConnected) return;
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
    el("div", { id: "facts" }), scores(tables.scores ?? [], facts),
    ...howOf("forecast", found.answer).map((words) => el("p", { class: "soft" }, words)),
  );
  if (layer() === "forecast") showTop("forecast", found.answer);
  const moved = await ask("back_test");
  const own = (moved.answer?.tables.scores ?? []).filter((one) => one.model === "chosen");
  const place = inner.querySelector("#moved");
  if (place && own.length) {
    place.textContent = `${say("map_moved", { periods: moved.answer.facts.periods })} ${own.map((one) => `${percent(one.share)}: ${span(one.shift_low, one.shift_high)}`).join(" · ")}`;
  }
}

const percent = (share) => `${Math.round(100 * share)} %`;
const span = (low, high) => (Number.isFinite(low) && Number.isFinite(high) ? `${number(rounded(low))}–${number(rounded(high))}` : "–");

function model(name) {
  const words = t(`map_model_${name}`);
  return words.startsWith("map_model_") ? String(name).replaceAll("_", " ") : words;
}

/** The hit rates that were measured: a row a model, a column a share of the area; below, the PAI of the one on the map. */
function scores(list, facts) {
  if (!list.length) return "";
  const shares = [...new Set(list.map((one) => one.share))].sort((a, b) => a - b);
  const body = el("tbody");
  for (const name of new Set(list.map((one) => one.model))) {
    const rates = shares.map((share) => list.find((one) => one.model === name && one.share === share)?.hit_rate);
    const line = row("td", model(name), ...rates.map((rate) => (Number.isFinite(rate) ? `${Math.round(100 * rate)} %` : "–")));
    if (name === facts.model) line.classList.add("own");
    body.append(line);
  }
  const best = shares.map((share) => list.find((one) => one.model === facts.model && one.share === share)?.oracle_hit_rate);
  body.append(row("td", t("map_oracle"), ...best.map((rate) => (Number.isFinite(rate) ? percent(rate) : "–"))));
  const head = el("thead", {}, row("th", t("map_hit_share"), ...shares.map(percent)));
  const own = list.filter((one) => one.model === facts.model && Number.isFinite(one.pai)).map((one) => `${Math.round(100 * one.share)} %: ${number(rounded(one.pai))} (${number(rounded(one.pai_low))}–${number(rounded(one.pai_high))})`);
  return el("div", { class: "tablebox" }, el("h3", {}, t("map_measured")), el("table", { class: "figures" }, head, body), el("p", { class: "soft" }, `${t("map_pai")} ${own.join(" · ")}`), ...more(list.filter((one) => one.model === facts.model)));
}

/** What else was measured of the model on the map: PEI*, how much ties leave open, and, once it is there, moved squares. */
function more(own) {
  const pei = own.filter((one) => Number.isFinite(one.pei)).map((one) => `${percent(one.share)}: ${number(rounded(one.pei))} (${span(one.pei_low, one.pei_high)})`);
  const ties = own.filter((one) => one.tie_high - one.tie_low > 0.05).map((one) => `${percent(one.share)}: ${span(one.tie_low, one.tie_high)}`);
  return [
    el("p", { class: "soft" }, `${t("map_pei")} ${pei.join(" · ")}`),
    el("p", { class: "soft" }, ties.length ? `${t("map_ties")} ${ties.join(" · ")}` : t("map_no_ties")),
    el("p", { class: "soft", id: "moved" }, t("map_moving")),
  ];
}
