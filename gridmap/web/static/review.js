// The page on which an edition is reviewed: what it changes, its faults, and what is said of it, on the map.

import { $, card, done, load, nameOf, openPopup, page, start, t, tell } from "./core.js";
import { drawGround } from "./ground.js";
import { dropLabels } from "./labels.js";
import { drawPins } from "./pins.js";
import { drawNotes, isPicking } from "./review_notes.js";
import { drawBefore, drawZones, hover } from "./zones.js";

start();
document.documentElement.classList.add("has-script");

const [zones, ground, before] = await Promise.all([load(page.zones), load(page.ground), page.before ? load(page.before) : null]);
if (ground) drawGround(ground);
dropLabels("places");
if (zones) {
  const names = new Map(zones.beats.features.map((one) => [one.properties.code, nameOf(one.properties)]));
  drawZones(zones, "beat", {
    fill: (code) => `url(#c-${page.changes[code]?.[0] ?? "kept"})`,
    onOver: (code, on) => hover("beat", code, on),
    onPick: (code, at) => {
      if (!isPicking() && at) openPopup(at, card(names.get(code), [[t("change"), page.changes[code]?.[1]]]));
    },
  });
}
if (before && zones) drawBefore(before, zones);
drawPins(page.pins, "issues", $("#faults") ?? document.body);
drawNotes();
if (zones && ground) tell("");
done();
