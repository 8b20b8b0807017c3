// One dispute: its small forms are sent by script and their answer is swapped in; what others do is told, never swapped.

import { listen } from "./disputes_live.js";
import { sendForms } from "./disputes_send.js";

let page = JSON.parse(document.getElementById("page").textContent);
const here = () => `/desk/${page.dispute}`;

/** Put the page that came back in the place of this one, as if it had been opened. */
function swap({ text, url, from }) {
  const target = new URL(url, location.href);
  if (target.pathname !== location.pathname && new URL(from, location.href).pathname !== location.pathname) return; // sent from another page
  const fresh = new DOMParser().parseFromString(text, "text/html");
  const main = fresh.getElementById("main");
  if (!main || !fresh.getElementById("acts")) {
    location.assign(target);
    return;
  }
  const said = document.getElementById("unsent").textContent;
  document.title = fresh.title;
  const old = document.getElementById("main");
  const box = document.getElementById("unsent"); // the scripts hold on to it
  old.replaceChildren(...document.importNode(main, true).childNodes);
  document.getElementById("unsent").replaceWith(box);
  page = JSON.parse(document.getElementById("page").textContent);
  history.replaceState(null, "", target);
  const message = old.querySelector("[role=alert], .message:not([hidden])");
  if (message && said) box.hidden = true; // the page says it itself
  (message ?? old).scrollIntoView({ block: "center" });
  if (message) message.tabIndex = -1;
  (message ?? old).focus({ preventScroll: true }); // a screen reader goes on from here
  const open = old.querySelector("details[open] textarea");
  if (open && old.querySelector("[role=alert]")) open.focus();
}

// The first field of a form is at hand as soon as it is opened.
document.addEventListener("toggle", (event) => {
  const form = event.target.matches?.("details.act[open]") ? event.target.querySelector("form") : null;
  if (form) event.target.scrollIntoView({ block: "nearest" });
}, true);

function heard(told) {
  if (told && told.dispute !== page.dispute) return;
  fetch(`${here()}/version${location.search}`, { credentials: "same-origin" })
    .then((reply) => (reply.ok ? reply.json() : null))
    .then((now) => {
      if (now && now.version > page.version) document.getElementById("moved").hidden = false;
    })
    .catch(() => {});
}

listen(page.events, heard, () => {});
sendForms(page.words, page.who, swap);
