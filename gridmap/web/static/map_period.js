// The period: presets, and a slider with two handles over the months on record, each a bar as high as its incidents.

import { $, el, load, page, t } from "./core.js";
import { node } from "./map_looks.js";
import { change, onChange, say, state } from "./map_state.js";

const DAY = 86_400_000;
const box = $("#slider");
let months = [];

/** Build presets and slider; without two months on record there is nothing to slide. */
export async function wirePeriod() {
  const found = await load(`/map/months.json?${new URLSearchParams({ station: page.station })}`);
  months = found?.months ?? [];
  presets();
  if (months.length > 1) slider();
  onChange((names) => names.some((name) => name === "since" || name === "until") && place());
}

const iso = (at) => at.toISOString().slice(0, 10);
const firstDay = (month) => `${month}-01`;
const lastDay = (month) => iso(new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 0)));

function presets() {
  const last = months.length ? lastDay(months.at(-1)[0]) : state.get("until");
  const today = iso(new Date());
  const until = last < today ? last : today;
  const spans = [[30, say("days_n", { n: 30 })], [90, say("days_n", { n: 90 })], [182, t("map_half_year")], [365, t("one_year")], [1095, t("three_years")]];
  const buttons = spans.map(([days, words]) => preset(words, iso(new Date(Date.parse(until) - (days - 1) * DAY)), until));
  if (months.length) buttons.push(preset(t("map_all_time"), firstDay(months[0][0]), until));
  $("#presets").replaceChildren(...buttons);
  mark();
}

function preset(words, since, until) {
  const made = el("button", { type: "button", class: "quiet", "data-since": since, "data-until": until }, words);
  made.addEventListener("click", () => change({ since, until }));
  return made;
}

function mark() {
  for (const one of $("#presets").children) one.setAttribute("aria-pressed", String(one.dataset.since === state.get("since") && one.dataset.until === state.get("until")));
}

function slider() {
  const most = Math.max(...months.map(([, count]) => count), 1);
  const bars = node("svg", { viewBox: `0 0 ${months.length * 10} 40`, preserveAspectRatio: "none", role: "img", "aria-label": t("map_months_on_record") });
  months.forEach(([, count, disputes], i) => {
    const [all, some] = [count, disputes].map((value) => (36 * value) / most);
    bars.append(node("rect", { class: "all", x: i * 10 + 1, y: 40 - all, width: 8, height: all }), node("rect", { class: "some", x: i * 10 + 1, y: 40 - some, width: 8, height: some }));
  });
  const handles = [handle("map_first_month", 0), handle("map_last_month", months.length - 1)];
  const ends = el("p", { class: "ends soft" }, el("span", {}, months[0][0]), el("span", {}, months.at(-1)[0]));
  box.replaceChildren(bars, el("span", { class: "between" }), ...handles, ends);
  box.hidden = false;
  for (const [i, one] of handles.entries()) {
    one.addEventListener("input", () => {
      const [a, b] = handles.map((each) => Number(each.value));
      if (i === 0 && a > b) one.value = b;
      if (i === 1 && b < a) one.value = a;
      paint();
    });
    one.addEventListener("change", apply);
  }
  place();
}

function handle(word, value) {
  return el("input", { type: "range", min: 0, max: months.length - 1, step: 1, value, "aria-label": t(word) });
}

/** Put the handles where the view is. */
function place() {
  mark();
  if (box.hidden) return;
  const at = (day) => Math.min(months.length - 1, Math.max(0, months.findLastIndex(([month]) => month <= day.slice(0, 7))));
  const [first, last] = box.querySelectorAll("input");
  first.value = at(state.get("since"));
  last.value = at(state.get("until"));
  paint();
}

function paint() {
  const inputs = [...box.querySelectorAll("input")];
  const [a, b] = inputs.map((one) => Number(one.value));
  for (const one of inputs) one.setAttribute("aria-valuetext", months[Number(one.value)][0]);
  box.querySelectorAll("rect").forEach((bar, i) => bar.classList.toggle("in", i / 2 >= a && Math.floor(i / 2) <= b));
  const between = $(".between", box);
  between.style.left = `${(100 * a) / months.length}%`;
  between.style.right = `${100 - (100 * (b + 1)) / months.length}%`;
  const [from, to] = [$("input[name=since]"), $("input[name=until]")];
  if (document.activeElement?.type === "range") [from.value, to.value] = [firstDay(months[a][0]), lastDay(months[b][0])];
}

function apply() {
  const [a, b] = [...box.querySelectorAll("input")].map((one) => Number(one.value));
  change({ since: firstDay(months[a][0]), until: lastDay(months[b][0]) });
}
