// Features of decoded tiles: looked at one by one, found under a place.

import { POINT, POLYGON } from "./tile_data.js";

/** One feature of a decoded layer: {layer, id, properties, type, centre}; made when looked at, not kept. */
export class Feature {
  constructor(layer, index, place) {
    this.from = layer;
    this.index = index;
    this.place = place;
  }

  get layer() {
    return this.from.name;
  }

  get id() {
    return this.from.ids[this.index];
  }

  get type() {
    return this.from.types[this.index];
  }

  get properties() {
    const { keys, values, tags, tagAt } = this.from;
    const found = {};
    for (let i = tagAt[this.index]; i < tagAt[this.index + 1]; i += 2) found[keys[tags[i]]] = values[tags[i + 1]];
    return found;
  }

  /** The middle of the box around what of it lies in the tile: {lat, lng}. */
  get centre() {
    const [west, north, east, south] = this.from.boxes.subarray(4 * this.index, 4 * this.index + 4);
    return this.place((west + east) / 2 / this.from.extent, (north + south) / 2 / this.from.extent);
  }
}

/** Return the index of the feature under x, y [units of the tile], the one drawn last; -1 for none. Points answer within `near`. */
export function hit(layer, x, y, near, shown) {
  let [best, closest] = [-1, near];
  for (let i = layer.count - 1; i >= 0; i -= 1) {
    const at = 4 * i;
    const reach = layer.types[i] === POLYGON ? 0 : near;
    if (x < layer.boxes[at] - reach || x > layer.boxes[at + 2] + reach || y < layer.boxes[at + 1] - reach || y > layer.boxes[at + 3] + reach) continue;
    if (layer.types[i] === POLYGON) {
      if (inside(layer, i, x, y) && shown(i)) return best >= 0 ? best : i;
    } else if (layer.types[i] === POINT) {
      for (let p = layer.pointAt[layer.partAt[i]]; p < layer.pointAt[layer.partAt[i + 1]]; p += 1) {
        const away = Math.hypot(layer.xy[2 * p] - x, layer.xy[2 * p + 1] - y);
        if (away < closest && shown(i)) [best, closest] = [i, away];
      }
    }
  }
  return best;
}

function inside({ xy, partAt, pointAt }, i, x, y) {
  let odd = false;
  for (let part = partAt[i]; part < partAt[i + 1]; part += 1) {
    const last = pointAt[part + 1] - 1;
    for (let a = pointAt[part], b = last; a <= last; b = a, a += 1) {
      const [ax, ay, bx, by] = [xy[2 * a], xy[2 * a + 1], xy[2 * b], xy[2 * b + 1]];
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
    }
  }
  return odd;
}
