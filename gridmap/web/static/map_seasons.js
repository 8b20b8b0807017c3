// Months and festivals, below the hours of the week.

import { el, nameOf, number, t } from "./core.js";
import { chance, row } from "./map_clicked.js";
import { node, rounded } from "./map_looks.js";

/** Return the months of a view as bars. */
export function months(list) {
  if (!list?.length) return "";
  const most = Math.max(...list.map((one) => one.per_day), 1e-9);
  const bars = node("svg", { class: "months", viewBox: `0 0 ${list.length * 10} 50`, preserveAspectRatio: "none", role: "img", "aria-label": t("map_by_month") });
  list.forEach((one, i) => {
    const height = (48 * one.per_day) / most;
    const bar = node("rect", { x: i * 10 + 1, y: 50 - height, width: 8, height });
    const title = node("title", {});
    title.textContent = `${one.month}: ${number(one.per_day)}`;
    bar.append(title);
    bars.append(bar);
  });
  const ends = el("p", { class: "ends soft" }, el("span", {}, list[0].month), el("span", {}, list.at(-1).month));
  return el("div", {}, el("h3", {}, t("map_by_month")), bars, ends);
}

/** Return what festivals did, as a table. */
export function festivals(list) {
  const shown = (list ?? []).filter((one) => one.phase === "during" && one.ratio !== null);
  if (!shown.length) return el("p", { class: "soft" }, t("map_no_festival"));
  const table = el("table", { class: "figures" }, el("thead", {}, row("th", t("map_festival"), t("map_count"), t("map_would"), t("map_ratio"), "p")));
  const body = el("tbody");
  for (const one of shown) {
    const ratio = `× ${number(rounded(one.ratio))} (${number(rounded(one.low))}–${number(rounded(one.high))})`;
    body.append(row("td", nameOf(one), number(one.events), number(rounded(one.expected)), ratio, chance(one.p)));
  }
  table.append(body);
  return el("div", { class: "tablebox" }, el("h3", {}, t("map_festivals")), table);
}
