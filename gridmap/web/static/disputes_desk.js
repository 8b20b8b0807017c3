// The desk: what is new is told in a quiet bar and on the tab, and nothing moves until the reader asks for it.

import { mapBox, redraw } from "./disputes_box.js";
import { listen } from "./disputes_live.js";
import { sendForms } from "./disputes_send.js";

const page = JSON.parse(document.getElementById("page").textContent);
const $ = (selector) => document.querySelector(selector);
const t = (key) => page.words[key] ?? key;
const title = document.title;
const root = document.documentElement;
let newest = page.newest;

/** Put what waits for the reader on the browser's tab. */
function badge() {
  const waiting = Number.parseInt($('[data-due="waiting"]').textContent, 10) || 0;
  document.title = waiting ? `(${waiting}) ${title}` : title;
}

/** Ask what waits and what is new; counts change in place, the list stays as it is read. */
async function ask() {
  try {
    const reply = await fetch(`${page.news}&since=${page.newest}`, { credentials: "same-origin" });
    if (!reply.ok) return;
    const news = await reply.json();
    for (const [due, n] of Object.entries(news.dues)) {
      const told = $(`[data-due="${due}"]`);
      if (!told) continue;
      told.textContent = n < 1000 ? String(n) : "1000+";
      told.closest("li").classList.toggle("zero", n === 0);
    }
    newest = news.newest;
    $("#fresh").hidden = news.fresh === 0;
    $("#fresh-link").textContent = `${t("desk_news").replace("{n}", news.fresh)} · ${t("desk_show")}`;
    badge();
  } catch {
    // no signal: the stream says so
  }
}

/** Read the page anew and swap in what it says, when the reader wants to see what is new. */
async function show(event) {
  event?.preventDefault();
  try {
    const reply = await fetch(location.href, { credentials: "same-origin", headers: { Accept: "text/html" } });
    if (!reply.ok || new URL(reply.url).pathname !== location.pathname) throw new Error(`${reply.status}`);
    const fresh = new DOMParser().parseFromString(await reply.text(), "text/html");
    const before = new Set([...document.querySelectorAll("#list [data-id]")].map((one) => one.dataset.id));
    for (const name of ["list", "tabs"]) $(`#${name}`).replaceChildren(...document.importNode(fresh.getElementById(name), true).childNodes);
    for (const one of document.querySelectorAll("#list [data-id]")) one.classList.toggle("new", !before.has(one.dataset.id));
    const told = JSON.parse(fresh.getElementById("page").textContent);
    page.newest = newest = told.newest;
    page.points = told.points;
    redraw(page.points);
    $("#fresh").hidden = true;
    $("#list").focus?.();
    badge();
  } catch {
    location.reload();
  }
}

$("#fresh-link").addEventListener("click", show);
mapBox(page);
badge();
const mark = $("#live-mark");
listen(page.events, ask, (key, on) => {
  mark.hidden = false;
  mark.textContent = t(key);
  mark.classList.toggle("off", !on);
});
sendForms(page.words, page.who, () => ask());
