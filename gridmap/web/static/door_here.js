// The door page: before a step of the plate is sent, the phone is asked where it is. Without an answer it is sent as it is.

const WAIT_MS = 10_000;
const FRESH_MS = 20_000;

/** Return where the phone is, or null when it does not say. */
function whereAmI() {
  if (!navigator.geolocation) return Promise.resolve(null);
  const wishes = { enableHighAccuracy: true, timeout: WAIT_MS, maximumAge: FRESH_MS };
  return new Promise((resolve) => {
    navigator.geolocation.getCurrentPosition((found) => resolve(found.coords), () => resolve(null), wishes);
  });
}

/** Put the position into the form's fields; those that stay disabled are not sent. */
function fill(form, coords) {
  const values = { lon: coords.longitude, lat: coords.latitude, accuracy: coords.accuracy };
  for (const [name, value] of Object.entries(values)) {
    if (!Number.isFinite(value)) continue;
    form.elements[name].value = String(value);
    form.elements[name].disabled = false;
  }
}

function clear(form) {
  delete form.dataset.sending;
  form.querySelector(".told").textContent = "";
  for (const name of ["lon", "lat", "accuracy"]) form.elements[name].disabled = true;
}

async function send(form, button) {
  const told = form.querySelector(".told");
  told.textContent = form.dataset.locating;
  const coords = await whereAmI();
  if (coords) fill(form, coords);
  else told.textContent = form.dataset.noPosition;
  form.dataset.sending = "now";
  form.requestSubmit(button);
}

for (const form of document.querySelectorAll("form[data-locating]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sending === "now" || !form.querySelector("[data-position]").checked) return;
    event.preventDefault();
    if (form.dataset.sending) return; // a second tap while the phone looks for itself
    form.dataset.sending = "soon";
    send(form, event.submitter);
  });
  addEventListener("pageshow", () => clear(form)); // shown again by the back button
}
