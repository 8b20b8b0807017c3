// Which incidents: the form follows the view and the view the form; what narrows it stands above as chips to take off.

import { $, $$, el, load, nameOf, number, page, t } from "./core.js";
import { change, dataUrl, onChange, say, state } from "./map_state.js";
import { zoneOf } from "./map_zones.js";

const form = $("#filters");
const LISTS = ["category", "tier", "weekday", "zone"];

/** Wire the form and show what narrows the view. */
export function wireFilters() {
  form.classList.add("wired");
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", (event) => told(event.target));
  $("#zone-find").addEventListener("change", addZone);
  onChange((names) => {
    if (names.some((name) => !["layer", "panel"].includes(name))) sync();
    if (names.some((name) => ["since", "until", "category", "tier", "zone", "hours", "weekday", "origin"].includes(name))) count();
  });
  sync();
}

function told(input) {
  const name = input.name;
  if (!name) return;
  if (LISTS.includes(name)) {
    if (name === "category" && input.value === "disputes" && input.checked) {
      for (const one of $$("input[type=checkbox][name=category]", form)) if (one.value !== "disputes") one.checked = false;
    } else if (name === "category" && input.checked) $("input[name=category][value=disputes]", form).checked = false;
    const values = $$(`input[type=checkbox][name=${name}]:checked`, form).map((one) => one.value);
    change({ [name]: values.length ? values : null });
  } else if (name === "origin") change({ origin: input.value === "all" ? null : input.value });
  else if (name === "hours") change({ hours: input.validity.valid ? input.value || null : state.get("hours") });
  else if (input.value && input.validity.valid) dates(name, input.value);
}

function dates(name, value) {
  const span = { since: state.get("since"), until: state.get("until"), [name]: value };
  if (span.since > span.until) span[name === "since" ? "until" : "since"] = value;
  change(span);
}

function addZone(event) {
  const code = event.target.value.trim();
  const found = zoneOf(code);
  if (!found) return;
  event.target.value = "";
  change({ zone: [...new Set([...state.getAll("zone"), code])] });
}

/** Make the form say what the view says. */
function sync() {
  for (const name of ["since", "until", "hours"]) form.elements[name].value = state.get(name) ?? "";
  for (const name of ["category", "tier", "weekday"]) {
    const chosen = state.getAll(name);
    for (const box of $$(`input[type=checkbox][name=${name}]`, form)) box.checked = chosen.includes(box.value);
  }
  for (const one of $$("input[name=origin]", form)) one.checked = one.value === (state.get("origin") ?? "all");
  $("#zones-chosen").replaceChildren(...state.getAll("zone").map((code) => {
    const box = el("input", { type: "checkbox", name: "zone", value: code, checked: "" });
    return el("label", { class: "chosen" }, box, nameOf(zoneOf(code) ?? { code }));
  }));
  chips();
}

/** Name what narrows the view, each with a way to take it off. */
export function chips() {
  const found = [];
  const drop = (name, value) => () => change({ [name]: value === null ? null : state.getAll(name).filter((one) => one !== value) });
  for (const code of state.getAll("category")) if (code) found.push([code === "disputes" ? t("all_disputes") : nameOf(page.kinds[code] ?? { code }), drop("category", code)]);
  for (const tier of state.getAll("tier")) found.push([say("map_tier_n", { n: tier }), drop("tier", tier)]);
  for (const code of state.getAll("zone")) found.push([nameOf(zoneOf(code) ?? { code }), drop("zone", code)]);
  const hours = state.get("hours");
  if (hours) found.push([hours.split("-").map((hour, i) => `${i && hour === "0" ? 24 : hour}:00`).join("–"), drop("hours", null)]);
  const days = state.getAll("weekday");
  if (days.length) found.push([days.map((day) => page.weekdays[day - 1]).join(" "), drop("weekday", null)]);
  if (state.get("origin")) found.push([t(`map_origin_${state.get("origin")}`), drop("origin", null)]);
  $("#chips").replaceChildren(...found.map(([words, off]) => {
    const chip = el("button", { type: "button", class: "chip", "aria-label": say("map_drop", { what: words }) }, words, el("span", { "aria-hidden": "true" }, "×"));
    chip.addEventListener("click", off);
    return chip;
  }));
}

let turn = 0;

async function count() {
  turn += 1;
  const mine = turn;
  const found = await load(dataUrl("held.json"));
  if (mine !== turn) return;
  const span = el("span", { class: "span" }, say("map_from_to", { since: state.get("since"), until: state.get("until") }));
  if (!found) { // the number of the view before is none of this view
    $("#held").replaceChildren(el("strong", {}, say("map_events_n")), span);
    return;
  }
  const parts = [el("strong", {}, say("map_events_n", { n: found.incidents }))];
  if (found.incidents && found.incidents !== found.disputes) parts.push(el("span", {}, ` ${say("map_disputes_n", { n: found.disputes })}`));
  parts.push(span);
  $("#held").replaceChildren(...parts);
  const nothing = $("#nothing");
  if (nothing) nothing.hidden = found.incidents > 0;
  page.held = [found.incidents, found.disputes];
}

export const shown = () => number(page.held[0]);
