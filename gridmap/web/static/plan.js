// The planner's page: zones coloured by a figure, and the table that answers to the map.

import { $, card, colour, done, el, goTo, load, number, openPopup, page, start, tell } from "./core.js";
import { classify } from "./classes.js";
import { drawGround } from "./ground.js";
import { drawPins } from "./pins.js";
import { column, mark, wire } from "./table.js";
import { choose, drawBefore, drawZones, hover, paint } from "./zones.js";

const table = $("#figures");
const by = $("#colour-by");
start();

function over(code, on) {
  hover(page.kind, code, on);
  mark(table, code, "over", on);
}

function pick(code, at = null) {
  const bounds = choose(page.kind, code);
  mark(table, code, "on", true, { scroll: at !== null });
  const row = [...table.tBodies[0].rows].find((one) => one.dataset.code === code);
  if (!bounds || !row) return;
  if (at === null) goTo(bounds, 15.5);
  const heads = [...table.tHead.rows[0].cells].slice(1);
  const pairs = heads.map((head, i) => [head.textContent.trim(), row.cells[i + 1].textContent.trim()]);
  openPopup(at ?? bounds.getCenter(), card(row.cells[0].textContent.trim(), pairs));
  tell(row.cells[0].textContent.trim());
}

function recolour() {
  const head = $(`th[data-figure="${by.value}"]`, table);
  const values = column(table, head.cellIndex);
  const { breaks, names, counts, place } = classify(values, by.value === "load");
  paint(page.kind, (code) => (values.has(code) ? colour(names[place(values.get(code))]) : null));
  const edges = [null, ...breaks, null];
  const items = names.map((name, i) => {
    const [from, to] = [edges[i], edges[i + 1]];
    const words = from === null ? `< ${number(to)}` : to === null ? `≥ ${number(from)}` : `${number(from)} – ${number(to)}`;
    const css = by.value === "load" ? `d${i + 1}` : `r${i + 1}`;
    return el("li", {}, el("span", { class: `swatch ${css}` }), el("span", {}, words), el("span", {}, String(counts[i])));
  });
  $("#classes").replaceChildren(...items);
  $("#legend-title").textContent = head.textContent.trim();
  const address = new URL(location.href);
  address.searchParams.set("by", by.value);
  history.replaceState(null, "", address);
}

const [zones, ground, before] = await Promise.all([
  load(page.zones), load(page.ground), page.before ? load(page.before) : null,
]);
if (ground) drawGround(ground);
if (zones) {
  drawZones(zones, page.kind, { fill: () => colour("mid"), onOver: over, onPick: pick });
  wire(table, { onOver: over, onPick: (code) => pick(code) });
  by.addEventListener("change", recolour);
  recolour();
}
if (before && zones) drawBefore(before, zones);
if (page.pins.length) drawPins(page.pins, "issues", $("#faults"));
if (zones && ground) tell("");
done();
