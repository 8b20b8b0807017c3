// The quiet ground under the zones: jurisdiction, roads, villages and their names.

import { colour, group, nameOf } from "./core.js";
import { addLabel, placeLabels } from "./labels.js";

const L = window.L;
const ROADS = {
  river: { color: "#c3d7dd", weight: 4 },
  main: { weight: 2.6, main: true },
  ring: { weight: 2.6, main: true },
  street: { weight: 1.3 },
  village_road: { weight: 1.2 },
};
const LANE = { weight: 0.7 };

export function drawGround(ground) {
  const land = L.geoJSON(ground.jurisdiction, {
    pane: "ground", interactive: false,
    style: { stroke: true, color: "#9a9483", weight: 1, fillColor: colour("ground"), fillOpacity: ground.tiles ? 0 : 1 },
  });
  group("ground").addLayer(land);
  const canvas = L.canvas({ pane: "roads", padding: 0.3 });
  for (const [kind, geometry] of Object.entries(ground.roads)) {
    const look = ROADS[kind] ?? LANE;
    const color = look.color ?? colour(look.main ? "road-main" : "road");
    group("roads").addLayer(
      L.geoJSON(geometry, { renderer: canvas, interactive: false, style: { color, weight: look.weight, opacity: 1 } }),
    );
  }
  for (const place of ground.places) {
    if (place.geometry) {
      const style = { color: "#a9a08a", weight: 1, dashArray: "1 5", lineCap: "round", fill: false };
      group("ground").addLayer(L.geoJSON(place.geometry, { pane: "ground", interactive: false, style }));
    }
    const rank = { town: 0, village: 2, group: 4 }[place.kind] ?? 5;
    const from = { town: 0, village: 11, group: 15 }[place.kind] ?? 16;
    addLabel({ lat: place.lat, lon: place.lon, text: nameOf(place), css: `place-name ${place.kind}`, rank, from, owner: "places" });
  }
  placeLabels();
}
