// What the map pages share: the map Folium made, the page's facts, and elements whose text is always text.

const L = window.L;
export const map = window.map_main;
export const page = JSON.parse(document.getElementById("page").textContent);

export const group = (id) => window[`feature_group_${id}`];
export const t = (key) => page.words[key] ?? key;
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

const format = new Intl.NumberFormat(page.tag, { maximumFractionDigits: 2 });
export const number = (value) => format.format(value);

/** Return a new element; strings among `kids` become text nodes, never markup. */
export function el(tag, attributes = {}, ...kids) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...kids.filter((kid) => kid !== null && kid !== undefined));
  return made;
}

/** Return the name of a zone, place or category in the page's language. */
export function nameOf(thing) {
  const [zh, en] = [thing.name_zh || "", thing.name_en || ""];
  return (page.lang === "en" ? en || zh : zh || en) || thing.code || "";
}

/** Return JSON from our own server, or null after telling the reader that it did not come. */
export async function load(url) {
  try {
    const reply = await fetch(url, { credentials: "same-origin", headers: { Accept: "application/json" } });
    if (!reply.ok) throw new Error(`${reply.status}`);
    return await reply.json();
  } catch (error) {
    tell(`${t("not_loaded")} (${error.message})`);
    return null;
  }
}

/** Say something short above the map; read out by screen readers. */
export function tell(words) {
  $("#live").textContent = words;
}

/** Return the body of a popup: a heading and pairs of name and value. */
export function card(title, pairs) {
  const list = el("dl");
  for (const [key, value] of pairs) {
    if (value === null || value === undefined || value === "") continue;
    list.append(el("dt", {}, key), el("dd", {}, String(value)));
  }
  return el("div", { class: "popup" }, el("h3", {}, title), list);
}

export function openPopup(latlng, body) {
  L.popup({ maxWidth: 280, autoPanPadding: [30, 30] }).setLatLng(latlng).setContent(body).openOn(map);
}

/** Put the map where the station is, with a scale, and words on its buttons. */
export function start() {
  const [west, south, east, north] = page.bbox;
  const over = $(".overlay");
  const left = over && getComputedStyle(over).position === "absolute" ? over.offsetWidth + 24 : 12;
  const edges = { animate: false, paddingTopLeft: [left, 12], paddingBottomRight: [12, 12] };
  const whole = () => map.fitBounds([[south, west], [north, east]], edges);
  whole();
  const small = matchMedia("(max-width: 48rem)").matches;
  L.control.scale({ imperial: false, position: small ? "topleft" : "bottomleft" }).addTo(map);
  for (const [css, key] of [[".leaflet-control-zoom-in", "zoom_in"], [".leaflet-control-zoom-out", "zoom_out"]]) {
    const button = $(css);
    button.title = t(key);
    button.setAttribute("aria-label", t(key));
  }
  const box = map.getContainer();
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", t("map_label"));
  for (const button of $$("[data-whole]")) button.addEventListener("click", whole);
  document.documentElement.dataset.map = "started";
}

/** Say that everything asked for is drawn; tests and benchmarks wait for it. */
export function done() {
  document.documentElement.dataset.map = "ready";
}

/** Fly nowhere: go to `bounds` at once, no closer than `zoom`. */
export function goTo(bounds, zoom = 17) {
  map.fitBounds(bounds, { maxZoom: zoom, padding: [50, 50], animate: false });
}
