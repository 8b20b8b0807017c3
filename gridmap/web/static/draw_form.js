// Small forms of the side panel: labels, lists of zones, and a redraw that keeps what somebody was typing.

import { $, $$, el, nameOf } from "./core.js";
import { codesOf, feature, say, state } from "./draw_state.js";

let made = 0;
/** Return a labelled control. */
export function field(words, control) {
  control.id ||= `draw-f${(made += 1)}`;
  return el("label", { class: "field", for: control.id }, words, control);
}

export const input = (name, value = "", more = {}) => {
  const box = el("input", { name, "data-keep": name, autocomplete: "off", ...more });
  box.value = value;
  return box;
};

/** Return a list to choose from; `options`: [value, words]. */
export function choice(name, options, value) {
  const box = el("select", { name, "data-keep": name }, ...options.map(([key, words]) => el("option", { value: key }, words)));
  if (value !== undefined && value !== null && options.some(([key]) => key === value)) box.value = value;
  return box;
}

export const zoneName = (kind, code) => {
  const one = feature(kind, code);
  const name = one ? nameOf(one.properties) : "";
  return name && name !== code ? `${code} ${name}` : code;
};
export const zoneOptions = (kind, codes) => codes.map((code) => [code, zoneName(kind, code)]);
/** Return all zones of a kind as options, some of them first. */
export function zonesFirst(kind, nearest, without = []) {
  const rest = codesOf(kind).filter((code) => !nearest.includes(code));
  return zoneOptions(kind, [...nearest, ...rest].filter((code) => !without.includes(code)));
}

export function button(words, act, css = "quiet", more = {}) {
  const made_ = el("button", { type: "button", class: css, "data-keep": words, ...more }, words);
  made_.addEventListener("click", act);
  return made_;
}

/** Return a form whose submit calls `act` with its values; a double click asks once. */
export function form(name, act, ...kids) {
  const made_ = el("form", { class: "stack tight", "data-form": name }, ...kids);
  let busy = false;
  made_.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    try {
      await act(Object.fromEntries(new FormData(made_)), made_);
    } finally {
      busy = false;
    }
  });
  return made_;
}

export const submit = (words, more = {}) => el("button", { "data-keep": "submit", ...more }, words);

/** Put `kids` into `box`; what was typed and where the focus was stay, as long as `mark` is the same. */
export function fill(box, mark, ...kids) {
  const same = box.dataset.mark === mark;
  const typed = same ? new Map($$("[data-keep]", box).map((one) => [one.dataset.keep, one.type === "checkbox" ? one.checked : one.value])) : new Map();
  const focus = box.contains(document.activeElement) ? document.activeElement.dataset.keep ?? "" : null;
  const top = box.querySelector(".scroll")?.scrollTop ?? 0;
  const open = new Set($$("details[open]", box).map((one) => one.dataset.open));
  box.dataset.mark = mark;
  for (const kid of kids) {
    if (kid?.tagName === "DETAILS" && kid.dataset.open) kid.open = open.has(kid.dataset.open);
  }
  box.replaceChildren(...kids.filter((kid) => kid !== null && kid !== undefined));
  for (const one of $$("[data-keep]", box)) {
    if (!typed.has(one.dataset.keep) || one.tagName === "BUTTON") continue;
    if (one.type === "checkbox") one.checked = typed.get(one.dataset.keep);
    else if (one.tagName !== "SELECT" || [...one.options].some((option) => option.value === typed.get(one.dataset.keep))) {
      one.value = typed.get(one.dataset.keep);
    }
  }
  const scroll = box.querySelector(".scroll");
  if (scroll) scroll.scrollTop = top;
  if (focus !== null) {
    const target = focus && $(`[data-keep="${CSS.escape(focus)}"]`, box);
    (target || box.querySelector("button, input, select") || box).focus({ preventScroll: true });
  }
}

/** Return the next free code after `code`, counting its last number on. */
export function freeCode(kind, code) {
  const [, head, digits] = /^(.*?)(\d*)$/.exec(code);
  for (let n = Number(digits || 0) + 1; ; n += 1) {
    const next = head + String(n).padStart(digits.length, "0");
    if (!state.zones[kind].has(next)) return next;
  }
}

/** Return points typed as "lon lat" lines, or null where one cannot be read. */
export function readPoints(text) {
  const points = text.trim().split(/[\n;；]+/).filter((line) => line.trim())
    .map((line) => line.trim().split(/[\s,，]+/).map(Number));
  return points.length && points.every(([x, y]) => Number.isFinite(x) && Number.isFinite(y)) ? points.map(([x, y]) => [x, y]) : null;
}

export const typedPoints = (name, value = "") => {
  const box = el("textarea", { name, "data-keep": name, rows: "3", spellcheck: "false", placeholder: "112.90512 35.80123" });
  box.value = value;
  return field(say("draw_typed_points"), box);
};

