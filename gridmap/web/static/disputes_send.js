// A step is sent by script and kept until it is answered: with one bar of signal nothing is lost and nothing done twice.
// What is kept is the form itself with its key: the server does it once, however often it is sent.

const KEPT = "desk-unsent";
/** Waits between two tries [s]; the last one is kept. */
const WAITS = [2, 4, 8, 15, 30, 60];
/** A reply that takes longer than this is no longer waited for [ms]. */
const PATIENCE = 20_000;
/** After so long without an answer the person is told that the line is slow [ms]. */
const SLOW = 4_000;
const box = document.getElementById("unsent");
let words = {};
let who = "";
let show = () => {};
let timer = 0;
let slow = 0;
let tries = 0;
let sending = false;

const t = (key, facts = {}) => Object.entries(facts).reduce((said, [name, value]) => said.replace(`{${name}}`, value), words[key] ?? key);

/** Return what is not answered yet; what somebody else left in this window is nobody's to send. */
function kept() {
  try {
    const one = JSON.parse(sessionStorage.getItem(KEPT));
    if (one && one.who !== who) keep(null);
    return one?.who === who ? one : null;
  } catch {
    return null;
  }
}

function keep(one) {
  try {
    if (one) sessionStorage.setItem(KEPT, JSON.stringify(one));
    else sessionStorage.removeItem(KEPT);
  } catch {
    // without storage the form is still sent; only a reload would lose it
  }
}

/** Say that it is taking long: a person who hears nothing taps again. */
function patience() {
  clearTimeout(slow);
  slow = setTimeout(() => sending && tell(t("desk_waiting_reply")), SLOW);
}

/** Say how it stands; `buttons` lets the person send at once or give up. */
function tell(text, buttons = false) {
  box.replaceChildren(text);
  box.hidden = !text;
  if (!buttons) return;
  for (const [key, act] of [["desk_try_now", () => attempt()], ["desk_discard", discard]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.textContent = t(key);
    button.addEventListener("click", act);
    box.append(" ", button);
  }
}

function discard() {
  clearTimeout(timer);
  keep(null);
  tries = 0;
  tell("");
  free();
}

function free() {
  for (const button of document.querySelectorAll("form[data-send] button")) button.disabled = false;
}

function later() {
  const wait = WAITS[Math.min(tries, WAITS.length - 1)];
  tries += 1;
  tell(navigator.onLine ? t("desk_kept", { n: wait }) : t("desk_waiting_line"), true);
  clearTimeout(timer);
  timer = setTimeout(attempt, wait * 1000);
}

/** Return the body with the form token of today: after a new log-in the old one is worth nothing. */
function signed(body) {
  const token = document.querySelector("input[name=csrf_token]")?.value;
  const fields = new URLSearchParams(body);
  if (token) fields.set("csrf_token", token);
  return fields.toString();
}

/** Send what is kept once; show the page that comes back, whatever it says. */
async function attempt() {
  const one = kept();
  if (!one || sending) return;
  clearTimeout(timer);
  sending = true;
  tell(t("desk_sending"));
  patience();
  try {
    const reply = await fetch(one.url, {
      method: "POST", credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE),
      headers: { "Content-Type": "application/x-www-form-urlencoded", Accept: "text/html" }, body: signed(one.body),
    });
    if ([429, 502, 503, 504].includes(reply.status)) throw new Error(`${reply.status}`);
    const text = await reply.text();
    if (new URL(reply.url).pathname === "/log-in" || reply.status === 401) {
      tell(t("desk_kept_log_in"), true);
      return;
    }
    keep(null);
    tries = 0;
    tell(reply.ok ? t("desk_sent", { what: one.what }) : "");
    show({ text, url: reply.redirected ? reply.url : one.from, ok: reply.ok, from: one.from });
  } catch {
    later();
  } finally {
    sending = false;
    clearTimeout(slow);
  }
}

/** Take over the forms of a page that `login` reads. `onReply({text, url, ok, from})` shows what came back. */
export function sendForms(told, login, onReply) {
  words = told;
  who = login;
  show = onReply;
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-send]");
    if (event.submitter?.dataset.plain !== undefined) return; // looks something up, and may be lost
    if (!form || kept()) {
      if (form) event.preventDefault(); // one at a time: the one before is not answered yet
      return;
    }
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form, event.submitter)).toString();
    keep({ who, url: form.action, body, what: form.dataset.send, from: location.pathname + location.search });
    for (const button of form.querySelectorAll("button")) button.disabled = true;
    if (kept()) attempt();
    else form.submit();
  });
  // A line that is back sends what is kept; one that went tells so, unless something better is being told.
  addEventListener("online", () => (kept() ? attempt() : tell("")));
  addEventListener("offline", () => tell(t(kept() ? "desk_waiting_line" : "desk_no_line"), Boolean(kept())));
  if (kept()) attempt();
}
