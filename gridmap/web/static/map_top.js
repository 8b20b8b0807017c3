// The first places of a picture as a list: for whoever has no pointer, and for whoever has no time.

import { $, el, nameOf, number, page, t } from "./core.js";
import { middleOf, pickFeature } from "./map_cells.js";
import { lookOf, rounded, swatch } from "./map_looks.js";
import { say } from "./map_state.js";
import { zonesAt } from "./map_zones.js";

const MOST = 8;
const events = (one) => say("map_times", { n: one.count });
//: picture -> which features are worth a line, the order (least first), and what is said of each.
const LISTED = {
  hotspots: { of: (one) => one.class.startsWith("hot"), by: (one) => -one.z, say: (one) => `${events(one)} · ${t("map_local")} ${number(one.local)}` },
  density: { of: () => true, by: (one) => -one.density, say: (one, facts) => `${number(rounded(one.density))} ${t(`map_${facts.unit}`)}` },
  rates: { of: (one) => one.class === "ok" && one.count > 0, by: (one) => -(one.shrunken ?? one.count), say: (one) => `${number(rounded(one.shrunken ?? one.count))} · ${events(one)}` },
  emerging: { of: (one) => ["new", "growing", "persistent"].includes(one.class), by: (one) => -one.count, say: (one) => `${t(`map_${one.class}`)} · ${events(one)}` },
  moran: { of: (one) => one.class === "hh" || one.class === "hl", by: (one) => -one.count, say: events },
  scan: { of: (one) => one.p <= 0.05, by: (one) => one.p, say: (one) => `${say("map_times", { n: one.observed })} · ${t("map_expected")} ${number(rounded(one.expected))}` },
  forecast: { of: () => true, by: (one) => one.rank, say: (one) => `${t("map_expected_events")} ${number(rounded(one.expected))}` },
};

/** List the first places of an answer in the panel, if it has a place for them. */
export function showTop(name, answer) {
  const box = $("#facts");
  if (!box) return;
  const how = LISTED[name];
  const features = how && answer?.cells ? answer.cells.features.filter((one) => how.of(one.properties)) : [];
  features.sort((a, b) => how.by(a.properties) - how.by(b.properties));
  if (!features.length) {
    box.replaceChildren();
    return;
  }
  const list = el("ol", { class: "items firsts" });
  features.slice(0, MOST).forEach((feature, i) => list.append(el("li", {}, line(feature, i + 1, name, how.say(feature.properties, answer.facts)))));
  box.replaceChildren(el("h3", {}, t("map_first_places")), list);
}

function line(feature, n, name, words) {
  const at = middleOf(feature.id);
  const beat = at && zonesAt(at).beat;
  const own = feature.properties.name_zh || feature.properties.name_en ? nameOf(feature.properties) : "";
  const look = lookOf(page.pictures[name], feature.properties);
  const made = el("button", { type: "button" }, swatch(look), el("span", {}, own || (beat ? nameOf(beat) : `${n}`)), el("span", { class: "size" }, words));
  made.addEventListener("click", () => pickFeature(feature.id));
  return made;
}
