// Ground that needs no zone (a lake, a barracks): on the map, in a list, allowed and no longer allowed.

import { $, el, group, map, nameOf, page, tell } from "./core.js";
import { call, refresh, tellProblem } from "./draw_api.js";
import { button, fill } from "./draw_form.js";
import { say, state } from "./draw_state.js";

const L = window.L;
let shapes = [];

/** Fetch what is allowed, and show it. */
export async function fetchGaps() {
  const reply = await call("GET", page.gaps);
  if (!reply.ok) return tellProblem(reply);
  for (const shape of shapes) group("ground").removeLayer(shape);
  const gaps = reply.data.features;
  shapes = gaps.map((one) => L.geoJSON(one.geometry, {
    pane: "ground", interactive: false, pmIgnore: true,
    style: { color: "#6f8a94", weight: 1.5, dashArray: "2 4", fillColor: "#cfdde2", fillOpacity: 0.8 },
  }));
  for (const shape of shapes) group("ground").addLayer(shape);
  const rows = gaps.map((one, n) => el("li", { class: "pair" },
    button(nameOf(one.properties) || String(one.id), () => map.fitBounds(shapes[n].getBounds(), { maxZoom: 16, animate: false }), "link"),
    state.editable ? button(say("draw_gap_drop"), () => drop(one), "quiet small", { "aria-label": `${say("draw_gap_drop")} ${nameOf(one.properties)}` }) : null));
  $("#draw-gaps-count").textContent = String(gaps.length);
  return fill($("#draw-gaps"), "gaps", ...(rows.length ? rows : [el("li", { class: "soft pair" }, say("draw_gaps_none"))]));
}

async function after(reply, words) {
  if (!reply.ok) return tellProblem(reply);
  tell(words);
  await Promise.all([fetchGaps(), refresh()]);
  return null;
}

export const addGap = async (gap) => after(await call("POST", page.gaps, gap), say("draw_gap_added"));
const drop = async (one) => after(await call("DELETE", `${page.gaps}/${one.id}`), say("draw_gap_dropped"));
