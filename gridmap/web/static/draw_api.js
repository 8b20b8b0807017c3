// Everything the page asks of the draft's interface: one change at a time, each on the version the page has seen.

import { page, tell } from "./core.js";
import { reason } from "./draw_reasons.js";
import { emit, say, sayOr, state, takeAll, takeChange } from "./draw_state.js";

const DRAFT = `${page.api}/draft`;

/** Ask our own server; returns {status, ok, data}, with status 0 where nobody answered. */
export async function call(method, url, body) {
  const headers = { Accept: "application/json", "X-CSRF-Token": page.csrf };
  const isForm = body instanceof FormData; // the browser writes its boundary into the header itself
  if (body !== undefined && !isForm) headers["Content-Type"] = "application/json";
  try {
    const sent = body === undefined || isForm ? body : JSON.stringify(body);
    const reply = await fetch(url, { method, headers, body: sent, credentials: "same-origin" });
    const text = await reply.text();
    return { status: reply.status, ok: reply.ok, data: text ? JSON.parse(text) : null };
  } catch {
    return { status: 0, ok: false, data: null };
  }
}

export const ofDraft = (method, path, body) => call(method, `${DRAFT}${path}`, body);

const titleOf = (reply) => sayOr(`draw_problem_${(reply.data?.type?.split("/").pop() ?? "").replaceAll("-", "_")}`, reply.data?.title);

/** Return why something did not happen, in the page's own words where it has any. */
export function problemWords(reply) {
  if (reply.status === 0) return say("draw_offline");
  return `${titleOf(reply) ?? say("draw_failed")}${reply.data?.detail ? ` ${reason(reply.data.detail)}` : ""}`;
}

/** Say why something did not happen, and let the map show where. */
export function tellProblem(reply) {
  const words = titleOf(reply);
  tell(problemWords(reply));
  emit("problem", { at: reply.data?.at ?? null, words: words ?? "", detail: reply.data?.detail ?? "" });
}

/** Fetch the whole draft and take it. */
export async function fetchAll() {
  const reply = await ofDraft("GET", "");
  if (reply.ok) {
    takeAll(reply.data);
    document.documentElement.dataset.drawVersion = String(state.version);
  } else tellProblem(reply);
  return reply.ok;
}

let waiting = Promise.resolve();
let inFlight = 0;
/** Do `work` after everything asked before is answered. */
function inTurn(work) {
  inFlight += 1;
  emit("saving", true);
  waiting = waiting.then(work).finally(() => {
    inFlight -= 1;
    if (!inFlight) emit("saving", false);
  });
  return waiting;
}

async function change(path, body, wish) {
  state.askedAt = performance.now();
  const reply = await call("POST", path.startsWith("/api/") ? path : DRAFT + path, { version: state.version, ...body });
  if (reply.ok) {
    state.answeredAt = performance.now();
    takeChange(reply.data);
    emit("done", { event: reply.data.event, wish });
    measure();
    return reply.data;
  }
  if (reply.status === 412 && !wish?.look) emit("conflict", { path, body, wish, facts: reply.data });
  else {
    tellProblem(reply);
    if (wish?.moved || reply.status === 412 || reply.data?.state) await fetchAll();
    else emit("undone", wish);
  }
  return null;
}

/** Leave the time from the wish (a mouse released) to everything shown where tests and people with a stop-watch find it. */
function measure() {
  const root = document.documentElement;
  const { askedAt, answeredAt } = state;
  requestAnimationFrame(() => {
    root.dataset.drawMs = (performance.now() - askedAt).toFixed(1);
    root.dataset.drawPageMs = (performance.now() - answeredAt).toFixed(1);
    root.dataset.drawVersion = String(state.version);
  });
}

/**
 * Change the draft. `wish`: {words, shapes} for showing what was wanted, {moved} where the page has moved already, {look}
 * where what was wanted must be looked at anew once the draft is another.
 */
export const edit = (body, wish = {}) => inTurn(() => change("/edits", body, wish));
export const undo = () => inTurn(() => (state.canUndo ? change("/undo", {}, {}) : null));
export const redo = () => inTurn(() => (state.canRedo ? change("/redo", {}, {}) : null));
export const rollBack = (seq) => inTurn(() => change("/roll-back", { to: seq }, {}));
export const accept = (body) => inTurn(() => change(`${page.api}/repairs`, body, { look: true }));
export const again = ({ path, body, wish }) => inTurn(() => change(path, body, wish));
/** Look again at the whole draft, after whatever is under way. */
export const refresh = () => inTurn(fetchAll);
