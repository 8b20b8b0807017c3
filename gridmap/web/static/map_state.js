// The view as the address has it: what is chosen, how to change it, and where each question is asked.

import { number, page, t } from "./core.js";

export const state = new URLSearchParams(page.query);
const VIEW = ["since", "until", "category", "tier", "zone", "hours", "weekday", "origin"];
const listeners = [];

/** Return words with their facts filled in; a fact that is missing is a dash. */
export function say(key, facts = {}) {
  return t(key).replace(/\{(\w+)\}/g, (_, name) => told(facts[name]));
}

function told(value) {
  if (value === null || value === undefined || value === "") return "–";
  return typeof value === "number" ? number(value) : String(value);
}

/** Return the numbers of a rule as its words take them. */
export function ruleOf(asked = {}) {
  return { ...asked, least_share: asked.least_share ? `${Math.round(100 * asked.least_share)} %` : null };
}

/** Call `heard(names)` after every change of the view, with the parameters that changed. */
export function onChange(heard) {
  listeners.push(heard);
}

/** Change parameters ({name: value, list, or null}); the address follows, and everybody who listens. */
export function change(changes) {
  const names = Object.keys(changes);
  for (const [name, value] of Object.entries(changes)) {
    state.delete(name);
    for (const one of [value].flat()) if (one !== null && one !== undefined) state.append(name, one);
  }
  if (!state.has("category")) state.append("category", "");
  history.pushState(null, "", address());
  for (const heard of listeners) heard(names);
}

/** Return the address of the view as it is now. */
export function address() {
  const parts = new URLSearchParams({ station: page.station });
  for (const [name, value] of state) parts.append(name, value);
  return `/map?${parts}`;
}

/** Return the parameters that say which incidents are meant, in the one order everybody writes them. */
export function viewPairs(without = []) {
  const pairs = [];
  for (const name of VIEW) {
    if (without.includes(name)) continue;
    for (const value of state.getAll(name)) if (value) pairs.push([name, value]);
  }
  return pairs;
}

/** Return how an analysis is counted: what the address says where that is a choice, else the first one. */
export function optionsOf(name) {
  const choices = page.pictures[name]?.options ?? page.tables[name] ?? {};
  const chosen = {};
  for (const [option, some] of Object.entries(choices)) {
    const said = state.get(option) ?? "";
    chosen[option] = some.includes(said) ? said : some[0];
  }
  return chosen;
}

/** Return where an analysis is asked about the view; the hours of the week are asked of all hours, to choose from. */
export function askUrl(name, { form = "" } = {}) {
  const pairs = [...viewPairs(name === "when" ? ["hours", "weekday"] : []), ...Object.entries(optionsOf(name)).filter(([, value]) => value)];
  if (form) pairs.push(["format", form]);
  return `/api/v1/stations/${page.station}/analyses/${name}?${new URLSearchParams(pairs)}`;
}

/** Return where something beside the analyses is asked about the view. */
export function dataUrl(name, more = {}) {
  return `/map/${name}?${new URLSearchParams([["station", page.station], ...viewPairs(), ...Object.entries(more)])}`;
}

export const layer = () => state.get("layer");
export const panel = () => state.get("panel");

window.addEventListener("popstate", () => location.reload());
