// Who else has the draft open and where; when somebody changed it, the page follows and says who changed what.

import { $, el, map, page, tell } from "./core.js";
import { ofDraft, refresh } from "./draw_api.js";
import { fill } from "./draw_form.js";
import { told } from "./draw_history.js";
import { choose, first, on, say, setLayer, state, takePeople } from "./draw_state.js";
import { shapeOf } from "./draw_shapes.js";

const EVERY = 5_000; // ms
let saving = false;

/** Say that we are here and hear who else is; fetch the draft where it has moved on. */
export async function look() {
  const body = first() ? { kind: state.layer, code: first() } : {};
  const reply = await ofDraft("POST", "/presence", body);
  $("#draw-offline").hidden = reply.ok;
  $("#draw-offline").textContent = say(reply.status === 401 ? "draw_logged_out" : "draw_offline");
  if (!reply.ok) return;
  const { version, present, locks, editable } = reply.data;
  takePeople({ present, locks });
  if (version > state.version && !saving) await follow();
  else if (editable !== state.editable && !saving) await refresh(); // handed in, published, or given back
}

async function follow() {
  const seen = state.version;
  const [, reply] = await Promise.all([refresh(), ofDraft("GET", "/events?limit=20")]);
  const fresh = (reply.data?.items ?? []).filter((one) => one.seq > seen && one.by !== page.me);
  if (!fresh.length) return;
  const { what, zones } = told(fresh[0]);
  const others = fresh.length > 1 ? say("draw_and_more", { n: fresh.length - 1 }) : "";
  const words = say("draw_somebody", { who: nameOfLogin(fresh[0].by), what: `${what} ${zones}` }) + others;
  tell(words);
  $("#draw-news").textContent = words;
}

export const nameOfLogin = (login) => (login === page.me ? say("draw_you") : state.people.find((one) => one.login === login)?.name ?? login);

function draw() {
  const chips = state.people.map((one) => {
    const where = one.code ? ` · ${one.code}` : "";
    const chip = el("button", { type: "button", class: "chip person", "data-keep": `who-${one.login}` }, el("span", { class: "dot", "aria-hidden": "true" }), `${one.name}${where}`);
    chip.addEventListener("click", () => {
      if (!one.code) return;
      setLayer(one.kind);
      choose([one.code]);
      const shape = shapeOf(one.kind, one.code);
      if (shape) map.fitBounds(shape.getBounds(), { maxZoom: 15.5, animate: false });
    });
    return el("li", {}, chip);
  });
  fill($("#draw-people"), "people", ...(chips.length ? chips : [el("li", { class: "soft" }, say("draw_alone"))]));
}

let timer = 0;
/** Look every few seconds while the page is seen, and at once when it is seen again or a zone is chosen. */
export function keepLooking() {
  const tick = async () => {
    clearTimeout(timer);
    if (!document.hidden) await look();
    timer = setTimeout(tick, EVERY);
  };
  document.addEventListener("visibilitychange", () => !document.hidden && tick());
  tick();
}

on("people", draw);
on("saving", (busy) => { saving = busy; });
