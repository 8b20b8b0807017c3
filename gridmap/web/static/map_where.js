// Where: the pictures to choose from, how each is counted, and what it found in words.

import { $, $$, el, page, t } from "./core.js";
import { rounded } from "./map_looks.js";
import { change, layer, optionsOf, ruleOf, say } from "./map_state.js";

const WORDS = { beat: "beat", grid_cell: "grid_cell", village: "map_village", square: "map_square", hexagon: "map_hexagon", week: "map_week", month: "map_month" };
const LABELS = { shape: "map_shape", size: "map_size", bandwidth: "map_bandwidth", per: "map_per", against: "map_against", ahead: "map_ahead", weight: "map_weight", control: "map_control" };

/** Build the panel: a button for each picture. */
export function show(box) {
  const list = el("ul", { class: "pictures" });
  const names = [...Object.keys(page.pictures).filter((name) => page.pictures[name].panel === "where"), "none"];
  for (const name of names) {
    const link = el("a", { href: `?layer=${name}`, "data-picture": name }, t(`map_layer_${name}`));
    if (name !== "none" && !page.there.includes(name)) link.classList.add("off");
    link.addEventListener("click", (event) => {
      event.preventDefault();
      change({ layer: name });
    });
    list.append(el("li", {}, link));
  }
  box.replaceChildren(list, el("div", { id: "options", class: "row" }), el("div", { id: "facts" }));
}

/** Offer what the picture can be counted by. */
export function showOptions(name = layer()) {
  const box = $("#options");
  if (!box) return;
  for (const one of $$("[data-picture]")) {
    if (one.dataset.picture === layer()) one.setAttribute("aria-current", "true");
    else one.removeAttribute("aria-current");
  }
  const now = optionsOf(name);
  const choices = page.pictures[name]?.options ?? page.tables[name] ?? {};
  const asked = Object.entries(choices).filter(([option]) => option !== "size" || !["beat", "grid_cell", "village"].includes(now.shape));
  box.replaceChildren(...asked.map(([option, some]) => {
    const select = el("select", { name: option });
    for (const value of some) {
      const made = el("option", { value }, wordOf(option, value));
      if (value === now[option]) made.selected = true;
      select.append(made);
    }
    select.addEventListener("change", () => change({ [option]: select.value || null }));
    return el("label", { class: "field" }, t(LABELS[option]), select);
  }));
}

function wordOf(option, value) {
  if (["per", "against", "weight", "control"].includes(option)) return t(`map_${option}_${value}`);
  if (option === "bandwidth" && !value) return t("map_bandwidth_auto");
  return WORDS[value] ? t(WORDS[value]) : `${value} m`;
}

/** Say how the picture was made, with its numbers. */
export function showHow(found, name = layer()) {
  const box = $("#how");
  const answer = found?.answer;
  if (!answer) {
    box.replaceChildren(el("p", {}, found?.why ?? t("map_how_none")));
    return;
  }
  box.replaceChildren(...howOf(name, answer).map((words) => el("p", {}, words)));
}

/** Return the sentences that say how an answer was come by. */
export function howOf(name, answer) {
  const facts = { ...answer.facts, ...answer.facts.tally };
  for (const [key, value] of Object.entries(facts)) if (typeof value === "number" && !Number.isInteger(value)) facts[key] = rounded(value);
  const told = [say(facts.method === "gi_star_drawn" ? "map_how_hotspots_drawn" : `map_how_${name}`, { events: answer.events, ...facts })];
  if (name === "density" && facts.bandwidth) told.push(t(`map_density_${facts.bandwidth}`));
  if (name === "density" && facts.at_end) told.push(t("map_density_at_end"));
  if (name === "emerging") {
    for (const [kind, asked] of Object.entries(facts.rules)) if (facts.tally[kind]) told.push(`${t(`map_${kind}`)}: ${say(`map_why_${kind}`, ruleOf(asked))}`);
  }
  const origin = facts.origin ?? answer.origin ?? "all";
  told.push(`${say("map_which_events", { what: t(`map_origin_used_${origin}`) })} · ${say("map_from_to", answer)}`);
  return told;
}
