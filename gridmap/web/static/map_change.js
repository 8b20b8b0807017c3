// Change: two spans compared, as a whole, by category and by zone; what is more than chance is marked.

import { el, nameOf, number, t } from "./core.js";
import { ask } from "./map_ask.js";
import { chance, row, showZone } from "./map_clicked.js";
import { goToFeature } from "./map_cells.js";
import { rounded } from "./map_looks.js";
import { say } from "./map_state.js";
import { howOf, showOptions } from "./map_where.js";

const MOST = 15;

/** Build the panel. */
export async function show(box) {
  box.replaceChildren(el("div", { id: "options", class: "row" }), el("div", { id: "change" }, el("p", { class: "soft" }, t("map_working"))));
  showOptions("change");
  const inner = box.querySelector("#change");
  const found = await ask("change");
  if (!inner.isConnected) return;
  if (!found.answer) {
    inner.replaceChildren(el("p", { class: "wrong" }, found.why));
    return;
  }
  const { facts, tables } = found.answer;
  const [since, until] = facts.span_before ?? [];
  const whole = table([{ ...facts, q: facts.p, name_zh: "", code: t("map_change_all") }], "");
  const click = (one) => {
    goToFeature("code", one.code, 14);
    if (facts.shape) showZone(facts.shape, one);
  };
  inner.replaceChildren(
    el("p", { class: "soft" }, say("map_span_before", { since, until })), whole,
    ...part("map_per_category", tables.categories), ...part("map_per_zone", tables.zones, click),
    ...(facts.days === facts.days_before ? [] : [el("p", { class: "soft" }, say("map_change_days", facts))]),
    ...howOf("change", found.answer).map((words) => el("p", { class: "soft" }, words)),
  );
}

function part(title, list, click) {
  if (!list?.length) return [];
  const rest = list.length > MOST ? [el("p", { class: "soft" }, say("map_more_rows", { n: list.length - MOST }))] : [];
  return [table(list.slice(0, MOST), t(title), click), ...rest];
}

function table(list, title, click) {
  const body = el("tbody");
  for (const one of list) {
    const clear = (one.q ?? one.p) <= 0.05;
    const up = one.ratio === null || one.ratio > 1;
    const ratio = one.before ? `× ${number(rounded(one.ratio))}` : "–";
    const sign = clear ? (up ? "▲ " : "▼ ") : "";
    const line = row("td", nameOf(one), number(one.now), number(one.before), `${sign}${ratio}`, chance(one.q ?? one.p));
    if (clear) line.classList.add(up ? "more" : "fewer");
    if (click) {
      const name = el("button", { type: "button", class: "plain" }, nameOf(one));
      name.addEventListener("click", () => click(one));
      line.cells[0].replaceChildren(name);
    }
    body.append(line);
  }
  const head = el("thead", {}, row("th", title, t("map_now"), t("map_before"), t("map_ratio"), "q"));
  return el("div", { class: "tablebox" }, el("table", { class: "figures" }, head, body));
}
