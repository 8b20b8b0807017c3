// How the classes of a picture look: colours, textures and words, the same in the legend, on the map and on paper.

import { t } from "./core.js";
import { say } from "./map_state.js";

const SVG = "http://www.w3.org/2000/svg";

//: A circle or a change is called one up to this p or q, a change from this many events in both spans on.
const [SIGNIFICANT, LEAST] = [0.05, 5];
const RULES = {
  scan: ({ kind, p }) => (p <= SIGNIFICANT ? kind : "chance"),
  places: ({ q }) => (q !== null && q <= SIGNIFICANT ? "more" : "chance"),
  change: ({ now, before, ratio, q }) => {
    if (now + before < LEAST) return "too_few";
    if (q === null || q > SIGNIFICANT) return "same";
    return ratio === null || ratio > 1 ? "more" : "fewer";
  },
};

/** Return the class of a feature: one of the picture's looks. */
export function lookOf(picture, facts) {
  if (picture.looks.length === 1) return picture.looks[0];
  if (picture.rule) return picture.looks.find((one) => one[0] === RULES[picture.rule](facts)) ?? null;
  const kind = String(facts.class);
  const byClass = picture.column === "class" || kind === "small_number" || kind === "no_denominator";
  const value = byClass ? kind : String(facts[picture.column]);
  return picture.looks.find((one) => one[0] === value) ?? null;
}

/** Return what fills a shape of a look: its colour, or the pattern that carries its texture. */
export function fillOf([, colour, , texture, opacity]) {
  if (!texture) return { fill: colour, opacity };
  const id = `tx-${colour.slice(1)}-${texture}-${Math.round(opacity * 100)}`;
  if (!document.getElementById(id)) document.querySelector("svg defs").append(pattern(id, colour, texture, opacity));
  return { fill: `url(#${id})`, opacity: 1 };
}

const STROKES = {
  rise: ["M0,8 L8,0 M-2,2 L2,-2 M6,10 L10,6"], fall: ["M0,0 L8,8 M-2,6 L2,10 M6,-2 L10,2"],
  flat: ["M0,2 L8,2 M0,6 L8,6"], cross: ["M0,0 L8,8 M8,0 L0,8"],
};

function pattern(id, colour, texture, opacity) {
  const made = node("pattern", { id, width: 8, height: 8, patternUnits: "userSpaceOnUse" });
  const ink = light(colour) ? "#1d2b30" : "#fff";
  made.append(node("rect", { width: 8, height: 8, fill: colour, "fill-opacity": opacity }));
  const strength = { stroke: ink, "stroke-opacity": 0.6, "stroke-width": 1.1, fill: "none" };
  if (texture === "dots") for (const [cx, cy] of [[2, 2], [6, 6]]) made.append(node("circle", { cx, cy, r: 0.95, fill: ink, "fill-opacity": 0.65 }));
  else for (const d of STROKES[texture]) made.append(node("path", { d, ...strength }));
  return made;
}

function light(colour) {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return 0.299 * r + 0.587 * g + 0.114 * b > 140;
}

export function node(tag, attributes, ...kids) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...kids);
  return made;
}

export function swatch(look) {
  const { fill, opacity } = fillOf(look);
  const shape = node("rect", { width: 20, height: 14, fill, "fill-opacity": opacity, stroke: "#0003" });
  return node("svg", { width: 20, height: 14, class: "key", "aria-hidden": "true" }, shape);
}

/** Return the words for a class; a step of a ramp is told by its numbers. */
export function wordOf(picture, look, facts) {
  const place = Number(look[0]);
  const breaks = facts.breaks ?? [];
  if (!picture.ramp || !Number.isInteger(place) || place < 1) return t(look[2]);
  // Either each class begins at a break, or the first begins below the first.
  const before = breaks.length < picture.looks.filter((one) => Number(one[0]) >= 1).length ? 1 : 0;
  const [low, high] = [breaks[place - 1 - before], breaks[place - before]].map((one) => (one === undefined ? undefined : rounded(one)));
  if (low === undefined) return say("map_below_n", { high: high ?? 0 });
  return high === undefined ? say("map_from_n", { low }) : say("map_between", { low, high });
}

/** Return a number with two digits that count. */
export function rounded(value) {
  if (!value) return 0;
  return Number(value.toPrecision(value >= 100 ? 3 : 2));
}
