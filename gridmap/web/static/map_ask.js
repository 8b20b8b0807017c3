// Ask an analysis: a few answers are kept, an answer nobody waits for any more is dropped.

import { page, t, tell } from "./core.js";
import { askUrl, say } from "./map_state.js";

const MOST = 8;
const kept = new Map();
let waiting = 0;

/** Return {answer} of an analysis about the view, or {why} in words where there is none. */
export function ask(name) {
  if (!page.there.includes(name)) return Promise.resolve({ why: t("map_not_available"), missing: true });
  const url = askUrl(name);
  if (!kept.has(url)) {
    kept.set(url, fetched(url));
    if (kept.size > MOST) kept.delete(kept.keys().next().value);
  }
  return kept.get(url);
}

async function fetched(url) {
  waiting += 1;
  tell(t("map_working"));
  try {
    const reply = await fetch(url, { credentials: "same-origin", headers: { Accept: "application/json" } });
    if (reply.ok) return { answer: await reply.json() };
    kept.delete(url);
    const problem = await reply.json().catch(() => ({}));
    if (problem.type?.endsWith("analysis-not-found")) return { why: t("map_not_available"), missing: true };
    return { why: say("map_failed", { why: problem.detail ?? problem.title ?? reply.status }) };
  } catch (error) {
    kept.delete(url);
    return { why: say("map_failed", { why: error.message }) };
  } finally {
    waiting -= 1;
    if (!waiting) tell("");
  }
}
