// The map beside a list of disputes: its files are loaded when there is room for it, or when it is asked for.

const root = document.documentElement;
const box = document.getElementById("mapbox");
const button = document.getElementById("map-switch");
let drawn = null;

/** A phone with one bar of signal never asks for what the map is made of. */
async function open(page) {
  box.hidden = false;
  root.classList.add("with-map");
  button.textContent = page.words.desk_hide_map;
  if (drawn) {
    drawn.fit();
    return;
  }
  for (const url of page.styles) document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: url }));
  for (const url of page.scripts) {
    await new Promise((loaded, failed) => {
      document.head.append(Object.assign(document.createElement("script"), { src: url, onload: loaded, onerror: failed }));
    });
  }
  drawn = await import("./disputes_map.js");
  await drawn.draw(page);
}

function close(page) {
  box.hidden = true;
  root.classList.remove("with-map");
  button.textContent = page.words.desk_map;
}

/** Draw other points, once there is a map. */
export function redraw(points) {
  drawn?.redraw(points);
}

/** Offer the map; on a wide screen it is there from the beginning. */
export function mapBox(page) {
  button.hidden = false;
  button.addEventListener("click", () => (box.hidden ? open(page).then(() => box.scrollIntoView({ block: "nearest" })) : close(page)));
  if (matchMedia("(min-width: 64rem)").matches) open(page);
}
