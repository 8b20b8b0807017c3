// Saved, version, and the history: who changed what when, with the way back to any of it.

import { $, el, page, tell } from "./core.js";
import { ofDraft, rollBack, tellProblem } from "./draw_api.js";
import { button, fill } from "./draw_form.js";
import { emit, on, say, sayOr, state } from "./draw_state.js";

const box = $("#draw-history");
const clock = new Intl.DateTimeFormat(page.tag, { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" });
let events = [];
let next = null;

/** Return what an event did, in words. */
export function told(event) {
  const what = sayOr(`draw_did_${event.action.replaceAll(/[ -]/g, "_")}`, event.action);
  const zones = event.zones.length > 6 ? `${event.zones.slice(0, 6).join(", ")} … (${event.zones.length})` : event.zones.join(", ");
  return { what, zones };
}
export const when = (event) => clock.format(new Date(event.at));

function row(event, n) {
  const { what, zones } = told(event);
  const present = n === 0;
  const back = present || !state.editable ? null
    : button(say("draw_back_here"), () => rollBack(event.state), "quiet small", { "aria-label": `${say("draw_back_here")}: ${when(event)} ${what} ${zones}` });
  return el("li", event.undone ? { class: "undone" } : {},
    el("div", {}, el("strong", {}, what), ` ${zones}`, event.note ? el("span", { class: "soft" }, ` ${event.note}`) : null, event.undone ? el("span", { class: "tag" }, say("draw_undone")) : null),
    el("div", { class: "pair" }, el("span", { class: "soft" }, `${when(event)} · ${event.by}`), back));
}

function draw() {
  const opened = el("li", {}, el("div", { class: "pair" }, el("span", {}, say("draw_did_opened")),
    events.length && state.editable ? button(say("draw_back_here"), () => rollBack(0), "quiet small", { "aria-label": `${say("draw_back_here")}: ${say("draw_did_opened")}` }) : null));
  const more = next ? el("li", {}, button(say("draw_older"), () => fetchEvents(events.at(-1).seq), "quiet small")) : null;
  fill($("ol", box), "events", ...events.map(row), more, next ? null : opened);
}

async function fetchEvents(after = null) {
  const reply = await ofDraft("GET", `/events?limit=50${after ? `&after=${after}` : ""}`);
  if (!reply.ok) return tellProblem(reply);
  events = after ? [...events, ...reply.data.items] : reply.data.items;
  next = reply.data.next;
  return draw();
}

let due = 0;
/** Fetch the list again a moment later, when it is looked at; the change itself does not wait for it. */
function soon() {
  clearTimeout(due);
  due = setTimeout(() => box.open && fetchEvents(), 120);
}

box.addEventListener("toggle", () => box.open && fetchEvents());
on("version", (event) => {
  $("#draw-version").textContent = say("draw_version", { n: state.version });
  if (event) {
    const { what, zones } = told(event);
    tell(`${what} ${zones}`);
  }
  soon();
});
on("saving", (busy) => {
  $("#draw-saved").textContent = say(busy ? "draw_saving" : "draw_saved");
  $("#draw-saved").classList.toggle("busy", busy);
});
emit("saving", false);
