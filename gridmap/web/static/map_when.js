// When: hours of the week as a chart that filters the map.

import { $, el, page, t } from "./core.js";
import { ask } from "./map_ask.js";
import { button } from "./map_clicked.js";
import { node, rounded } from "./map_looks.js";
import { festivals, months } from "./map_seasons.js";
import { askUrl, change, onChange, panel, say, state } from "./map_state.js";
import { howOf } from "./map_where.js";

const [LEFT, TOP, W, H] = [44, 16, 14, 18];
let chart = null;
let from = null;
let hours = [];

onChange((names) => names.some((name) => name === "hours" || name === "weekday") && chart?.isConnected && paintChosen());

let turn = 0;

/** Build the panel. */
export async function show(box) {
  turn += 1;
  const mine = turn;
  // The chart shows all hours: it is what one chooses from.
  const found = await ask("when");
  if (mine !== turn || panel() !== "when") return; // another view or panel was chosen meanwhile
  if (!found.answer) {
    box.replaceChildren(el("p", { class: "wrong" }, found.why));
    return;
  }
  const { facts, tables } = found.answer;
  hours = Array.from({ length: 7 }, () => Array(24).fill(0));
  for (const one of tables.hours) hours[one.weekday][one.hour] = one.weight;
  const said = [el("p", { class: "soft keys" }, t("map_when_help"))];
  if (facts.peak) said.push(el("p", {}, say("map_when_peak", { day: page.weekdays[facts.peak.weekday], hour: facts.peak.hour })));
  if (facts.spans) said.push(el("p", { class: "soft" }, say("map_when_spans", { n: facts.spans })));
  const clear = button(t("map_when_clear"), () => change({ hours: null, weekday: null }));
  clear.id = "when-clear";
  const how = howOf("when", found.answer).map((words) => el("p", { class: "soft" }, words));
  how.push(el("p", {}, el("a", { class: "button quiet", href: askUrl("when", { form: "csv" }) }, "CSV")));
  box.replaceChildren(draw(), el("p", { class: "reading soft", id: "when-read", role: "status" }, t("map_when_chart")), clear, ...said, months(tables.months), festivals(tables.festivals), ...how);
  paintChosen();
}

function draw() {
  const most = Math.max(...hours.flat(), 1e-9);
  chart = node("svg", { class: "week", viewBox: `0 0 ${LEFT + 24 * W} ${TOP + 7 * H}`, role: "grid", "aria-label": t("map_when_chart") });
  for (let hour = 0; hour < 24; hour += 1) {
    const head = node("g", { class: "head", role: "columnheader", "data-hour": hour });
    head.append(node("rect", { x: LEFT + hour * W, y: 0, width: W, height: TOP, class: "hit" }));
    if (hour % 3 === 0) head.append(words(LEFT + hour * W + W / 2, TOP - 4, String(hour), "middle"));
    chart.append(head);
  }
  hours.forEach((list, day) => {
    const line = node("g", { role: "row" });
    const head = node("g", { class: "head", role: "rowheader", "data-day": day });
    head.append(node("rect", { x: 0, y: TOP + day * H, width: LEFT, height: H, class: "hit" }), words(2, TOP + day * H + 13, page.weekdays[day], "start"));
    line.append(head);
    list.forEach((weight, hour) => {
      const level = weight ? Math.ceil((5 * weight) / most) : 0;
      const told = say("map_hour_of_day", { day: page.weekdays[day], hour, n: rounded(weight) });
      const cell = node("rect", { class: `q${level}`, x: LEFT + hour * W, y: TOP + day * H, width: W - 1, height: H - 1, role: "gridcell", tabindex: day || hour ? -1 : 0, "data-day": day, "data-hour": hour, "aria-label": told });
      line.append(cell);
    });
    chart.append(line);
  });
  chart.append(node("rect", { class: "block", rx: 2 }));
  chart.addEventListener("pointerdown", begin);
  chart.addEventListener("pointermove", move);
  chart.addEventListener("pointerup", end);
  chart.addEventListener("pointercancel", () => cancel());
  chart.addEventListener("keydown", keys);
  chart.addEventListener("focusin", (event) => read(event.target));
  return chart;
}

function words(x, y, text, anchor) {
  const made = node("text", { x, y, "text-anchor": anchor });
  made.textContent = text;
  return made;
}

const at = (target) => ({ day: Number(target.dataset.day), hour: Number(target.dataset.hour) });
const read = (target) => target.getAttribute("aria-label") && ($("#when-read").textContent = target.getAttribute("aria-label"));

function spot(event) {
  const box = chart.getBoundingClientRect();
  const scale = (LEFT + 24 * W) / box.width;
  const [x, y] = [(event.clientX - box.left) * scale - LEFT, (event.clientY - box.top) * scale - TOP];
  return { hour: Math.min(23, Math.max(0, Math.floor(x / W))), day: Math.min(6, Math.max(0, Math.floor(y / H))), left: x < 0, above: y < 0 };
}

function begin(event) {
  const here = spot(event);
  if (here.left && here.above) return;
  event.preventDefault();
  chart.setPointerCapture(event.pointerId);
  from = here;
  block(here, here);
}

function move(event) {
  const here = spot(event);
  if (from) block(from, here);
  else if (!here.left && !here.above) read(chart.querySelector(`rect[data-day="${here.day}"][data-hour="${here.hour}"]`));
}

function end(event) {
  if (!from) return;
  const to = spot(event);
  const first = from;
  from = null;
  choose(first, to);
}

function cancel() {
  from = null;
  paintChosen();
}

/** Filter by the block between two spots; beside the hours a whole weekday, above them a whole hour. */
function choose(a, b) {
  const days = [Math.min(a.day, b.day), Math.max(a.day, b.day)];
  const span = [Math.min(a.hour, b.hour), Math.max(a.hour, b.hour) + 1];
  const wanted = {
    hours: a.left || (span[0] === 0 && span[1] === 24) ? null : `${span[0]}-${span[1]}`,
    weekday: a.above || (days[0] === 0 && days[1] === 6) ? null : Array.from({ length: days[1] - days[0] + 1 }, (_, i) => String(days[0] + i + 1)),
  };
  const same = (state.get("hours") ?? "") === (wanted.hours ?? "") && state.getAll("weekday").join() === (wanted.weekday ?? []).join();
  change(same ? { hours: null, weekday: null } : wanted);
}

/** Show the block between two spots while it is drawn. */
function block(a, b) {
  const whole = { left: a.left, above: a.above };
  const days = whole.above ? [0, 6] : [Math.min(a.day, b.day), Math.max(a.day, b.day)];
  const span = whole.left ? [0, 23] : [Math.min(a.hour, b.hour), Math.max(a.hour, b.hour)];
  const shape = $(".block", chart);
  const sizes = { x: LEFT + span[0] * W - 1, y: TOP + days[0] * H - 1, width: (span[1] - span[0] + 1) * W + 1, height: (days[1] - days[0] + 1) * H + 1 };
  for (const [name, value] of Object.entries(sizes)) shape.setAttribute(name, value);
  shape.classList.add("on");
}

/** Mark the hours and weekdays the view is narrowed to. */
function paintChosen() {
  const days = state.getAll("weekday").map((day) => Number(day) - 1);
  const [first, last] = (state.get("hours") ?? "").split("-").map(Number);
  const inside = (hour) => Number.isNaN(last) || last === undefined || (first < last ? hour >= first && hour < last : hour >= first || hour < last);
  const narrowed = days.length > 0 || Boolean(state.get("hours"));
  for (const cell of chart.querySelectorAll("[role=gridcell]")) {
    const { day, hour } = at(cell);
    const on = (!days.length || days.includes(day)) && inside(hour);
    cell.classList.toggle("out", narrowed && !on);
    cell.setAttribute("aria-selected", String(narrowed && on));
  }
  $(".block", chart).classList.remove("on");
  $("#when-clear").hidden = !narrowed;
}

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
let anchor = null;

function keys(event) {
  const here = at(event.target);
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    choose(anchor ?? here, here);
    anchor = null;
    return;
  }
  const step = STEPS[event.key];
  if (!step) return;
  event.preventDefault();
  anchor = event.shiftKey ? anchor ?? here : null;
  const next = chart.querySelector(`rect[data-day="${here.day + step[0]}"][data-hour="${here.hour + step[1]}"]`);
  if (!next) return;
  event.target.setAttribute("tabindex", -1);
  next.setAttribute("tabindex", 0);
  next.focus();
  if (anchor) block(anchor, at(next));
  else $(".block", chart).classList.remove("on");
}
