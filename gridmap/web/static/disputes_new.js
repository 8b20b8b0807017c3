// Taking in: the phone says where it is when asked, and what was entered is kept until it has arrived.

import { sendForms } from "./disputes_send.js";
import { shower } from "./disputes_show.js";

const page = JSON.parse(document.getElementById("page").textContent);
const WAIT_MS = 10_000;

/** Ask the phone where it is, then look for the doors around. */
function ask() {
  const told = document.getElementById("here-told");
  const form = document.querySelector("form[data-send]");
  told.textContent = page.words.desk_new_here_wait;
  const wishes = { enableHighAccuracy: true, timeout: WAIT_MS, maximumAge: 30_000 };
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      form.elements.lon.value = coords.longitude.toFixed(6);
      form.elements.lat.value = coords.latitude.toFixed(6);
      form.elements.find.value = "";
      form.requestSubmit(form.querySelector("button[data-plain]"));
    },
    () => {
      told.textContent = page.words.desk_new_here_none;
    },
    wishes,
  );
}

function offer() {
  const button = document.getElementById("here");
  if (!button || !navigator.geolocation) return;
  button.hidden = false;
  button.addEventListener("click", ask);
}

offer();
sendForms(page.words, page.who, shower(offer));
