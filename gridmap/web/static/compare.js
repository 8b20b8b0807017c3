// The page that compares two editions: two layers on the map, the tables that answer to it, and paper.

import { $, card, done, goTo, group, load, map, openPopup, page, start, tell } from "./core.js";
import { boundsOf, drawSide, highlight } from "./compare_zones.js";
import { drawLand, refit, wireViews } from "./compare_view.js";
import { drawGround } from "./ground.js";
import { dropLabels } from "./labels.js";
import { drawPins } from "./pins.js";
import { mark, wire } from "./table.js";

const table = $("#zone-table");
let chosen = null;
start();

function over(code, on) {
  if (code === chosen) return;
  highlight(code, on);
  if (table) mark(table, code, "over", on);
}

function pick(code, at = null) {
  if (chosen) highlight(chosen, false);
  chosen = code;
  highlight(code, true, true);
  if (!table) return;
  mark(table, code, "on", true, { scroll: at !== null });
  const row = [...table.tBodies[0].rows].find((one) => one.dataset.code === code);
  const bounds = boundsOf(code);
  if (!row || !bounds) return;
  if (at === null) goTo(bounds, 15);
  const heads = [...table.tHead.rows[0].cells].slice(1);
  const pairs = heads.map((head, i) => [head.textContent.trim(), row.cells[i + 1].textContent.replace(/\s+/g, " ").trim()]);
  openPopup(at ?? bounds.getCenter(), card(row.cells[0].textContent.trim(), pairs));
  tell(row.cells[0].textContent.trim());
}

const [before, after, ground] = await Promise.all([load(page.before), load(page.after), load(page.ground)]);
if (ground) drawGround(ground);
dropLabels("places"); // two editions of zone names are enough
if (before && after) {
  const hooks = { onOver: over, onPick: pick };
  drawSide(map, "before", before, hooks);
  drawSide(map, "after", after, hooks);
  wireViews((second) => {
    if (ground) drawLand(second, ground);
    drawSide(second, "before", before, hooks);
  });
  if (table) wire(table, { onOver: over, onPick: (code) => pick(code) });
}
if (page.pins.length) drawPins(page.pins, "pieces", $("#ground"));
$("#show-pieces")?.addEventListener("change", (event) => {
  if (event.target.checked) map.addLayer(group("pieces"));
  else map.removeLayer(group("pieces"));
});
for (const [event, on] of [["beforeprint", true], ["afterprint", false]]) {
  window.addEventListener(event, () => {
    document.body.classList.toggle("for-paper", on);
    refit();
  });
}
$("#print")?.addEventListener("click", () => window.print());
if (before && after && ground) tell("");
done();
