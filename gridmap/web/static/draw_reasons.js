// Why something was not possible, in the page's language; a sentence nobody has translated is shown as it came.

import { page } from "./core.js";

const escape = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const known = Object.entries(page.reasons).map(([sentence, words]) => {
  const names = [...sentence.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  const pattern = sentence.split(/\{\w+\}/).map(escape).join("(.+?)");
  return { pattern: new RegExp(`^${pattern}$`), names, words };
});
const zones = (text) => page.lang !== "zh" ? text : text.replace(/\b[Bb]eats? /g, "警格 ").replace(/\b(grid )?[Cc]ells? /g, "网格 ").replace(/ and /g, "、").replace(/ m2$/, " m²");

export function reason(detail) {
  for (const { pattern, names, words } of known) {
    const found = pattern.exec(detail);
    if (found) return names.reduce((told, name, i) => told.replaceAll(`{${name}}`, zones(reason(found[i + 1]))), words);
  }
  return detail;
}
