// The legend: each colour in words, with how many cells have it, or the numbers between which it stands.

import { $, el, number, page, t } from "./core.js";
import { lookOf, swatch, wordOf } from "./map_looks.js";
import { layer, say } from "./map_state.js";

/** Say what is drawn; `found` is {answer} or {why} of the picture. */
export function showLegend(found) {
  const name = layer();
  const picture = page.pictures[name];
  $("#legend-title").textContent = t(`map_layer_${name}`);
  const list = $("#legend-list");
  list.replaceChildren();
  const answer = found?.answer;
  note(noteOf(found));
  if (!picture || !answer) return;
  const facts = answer.facts;
  const counts = tallyOf(picture, answer);
  for (const look of picture.looks) {
    const count = counts.get(look[0]) ?? 0;
    if (!count && picture.looks.length > 1 && !["hot99", "hot95"].includes(look[0])) continue;
    list.append(el("li", {}, swatch(look), el("span", {}, wordOf(picture, look, facts)), el("span", { class: "count" }, number(count))));
  }
  const unit = facts.unit ? t(`map_${facts.unit}`) : facts.per ? say(`map_of_${facts.per}`, { of: facts.of }) : "";
  if (picture.ramp && unit) list.prepend(el("li", { class: "unit" }, unit));
}

function tallyOf(picture, answer) {
  const tally = answer.facts.tally;
  if (tally && picture.looks.some((look) => look[0] in tally)) return new Map(Object.entries(tally));
  const counts = new Map();
  for (const feature of answer.cells?.features ?? []) {
    const look = lookOf(picture, feature.properties);
    if (look) counts.set(look[0], (counts.get(look[0]) ?? 0) + 1);
  }
  return counts;
}

function noteOf(found) {
  if (found?.why) return found.why;
  const facts = found?.answer?.facts;
  if (!facts) return "";
  if (facts.enough === false) return say("map_too_few", { n: found.answer.events, least: facts.least_events });
  if (layer() === "scan" && facts.said === "none") return t("map_scan_none");
  return found.answer.cells && !found.answer.cells.features.length ? t("map_nothing_drawn") : "";
}

function note(words) {
  const line = $("#legend-note");
  line.textContent = words;
  line.hidden = !words;
}
