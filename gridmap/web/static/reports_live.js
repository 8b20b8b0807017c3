// Residents' reports as they come: the list is read anew and swapped in, and what is new is said aloud once.

const page = JSON.parse(document.getElementById("page").textContent);
const t = (key) => page.words[key] ?? key;
const $ = (selector) => document.querySelector(selector);
const list = $("#list");
/** Reads of the list follow one another no faster than this; where streams are refused it is read so often [ms]. */
const APART = 700;
const POLL = 15_000;
let reading = false;
let again = false;

function mark(text, on) {
  const box = $("#live-mark");
  if (!box) return;
  box.hidden = false;
  box.textContent = text;
  box.classList.toggle("off", !on);
}

/** Say what came, once; a screen reader reads it when it has time. */
function announce(told) {
  const where = page.names?.[told.beat] ?? told.beat ?? "–";
  const words = t(told.urgent ? "reports_new_urgent" : "reports_new");
  $("#news").textContent = words.replace("{kind}", t(`report_kind_${told.kind}`)).replace("{where}", where);
}

const ids = () => new Set([...list.querySelectorAll("[data-id]")].map((one) => one.dataset.id));

/** Read the page anew and swap in its list, its counts and its pages; the focus stays where it was. */
async function read() {
  if (reading) {
    again = true;
    return;
  }
  reading = true;
  try {
    const reply = await fetch(location.href, { credentials: "same-origin", headers: { Accept: "text/html" } });
    if (!reply.ok) throw new Error(`${reply.status}`);
    const fresh = new DOMParser().parseFromString(await reply.text(), "text/html");
    const before = ids();
    const held = document.activeElement?.closest?.("#list [data-id]")?.dataset.id;
    for (const name of ["list", "counts", "pages"]) {
      const part = fresh.getElementById(name);
      if (part) document.getElementById(name).replaceChildren(...document.importNode(part, true).childNodes);
    }
    for (const one of list.querySelectorAll("[data-id]")) {
      one.classList.toggle("new", !before.has(one.dataset.id));
      if (one.dataset.id === held) one.querySelector("a").focus({ preventScroll: true });
    }
  } catch {
    mark(t("reports_not_live"), false);
  }
  setTimeout(() => {
    reading = false;
    if (again) {
      again = false;
      read();
    }
  }, APART);
}

const heard = new Set();

/** Take in one step of a report. */
function take(event) {
  const told = JSON.parse(event.data);
  if (heard.has(event.lastEventId)) return;
  heard.add(event.lastEventId);
  if (list) {
    const known = list.querySelector(`[data-id="${Number(told.report)}"]`);
    if (told.what === "received" && known) return; // it was there when the page was drawn
    if ((told.what === "received" && !told.held) || told.what === "released") announce(told);
    read();
  } else if (told.report === page.report && Number(event.lastEventId) > page.seen) {
    $("#moved").hidden = false;
  }
}

function listen() {
  const stream = new EventSource(page.events);
  stream.addEventListener("open", () => {
    mark(t("reports_live"), true);
    document.documentElement.dataset.live = "on";
  });
  stream.addEventListener("report", take);
  stream.addEventListener("end", () => {
    stream.close();
    mark(t("reports_ended"), false);
  });
  stream.addEventListener("error", () => {
    mark(t("reports_not_live"), false);
    if (stream.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    if (list) setInterval(read, POLL);
  });
  window.addEventListener("pagehide", () => stream.close());
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());
}

listen();
