// A Leaflet layer of vector tiles, drawn on canvases: each tile is fetched and decoded once, drawn anew for free.
// Tiles are always those of the WGS 84 web Mercator world; where the base map is shifted (GCJ-02), each is put where
// its corners belong.

import { Feature, POINT, decode, hit } from "./tile_data.js";
import { paint } from "./tile_paint.js";

const L = window.L;
/** Pixels of a tile at its own zoom: a quarter of the requests that 256 would make. */
const SIDE = 512;
/** How far a dot may reach over the edge of its tile, and how near to a dot a click counts [pixels]. */
const MARGIN = 14;
const NEAR = matchMedia("(pointer: coarse)").matches ? 14 : 6;
/** Decoded bytes kept for each layer, and how long drawing may hold up a frame [ms]. */
const KEPT = 24 << 20;
const SLICE = 12;
const AROUND = [[0, 0], [-1, 0], [1, 0], [0, -1], [0, 1], [-1, -1], [1, -1], [-1, 1], [1, 1]];
const WORLD = 85.0511287798066;

/**
 * Return a layer of vector tiles.
 *
 * url({z, x, y}) says where a tile is; style(feature) how it is drawn ({fill, stroke, width, radius, dash}), null for not;
 * onClick(feature, latlng) is told the feature clicked, the topmost of all layers of the map; the event of the browser has
 * `told` then, so that whatever listens to clicks on the ground can leave it alone. A feature has layer, id,
 * properties, type (1 point, 2 line, 3 polygon) and centre ({lat, lng}). The layer fires `loading` and `load`, and `failed`
 * ({tiles, reason}) where tiles did not come; they are asked for again when the map moves. `minZoom` and `maxZoom` are the map's.
 */
export function tileLayer(map, options) {
  return new Tiles(map, options);
}

const Tiles = L.Layer.extend({
  options: { pane: "overlayPane", url: null, style: () => null, minZoom: 0, maxZoom: 24, onClick: null },

  initialize(_, options) {
    L.setOptions(this, options);
    this._kept = new Map();
    this._keptSize = 0;
    this._asked = new Map();
    this._waiting = new Set();
    this._levels = [];
    this._frame = null;
  },

  getEvents() {
    return { moveend: this._update, move: L.Util.throttle(this._moved, 150, this), zoom: this._follow, zoomanim: this._fly, viewreset: this._update };
  },

  onAdd(map) {
    this._busy = null;
    this._ratio = Math.min(2, window.devicePixelRatio || 1);
    this._update();
    if (this.options.onClick) clicks(map).add(this);
  },

  onRemove(map) {
    clicks(map).remove(this);
    for (const one of this._asked.values()) one.abort();
    this._asked.clear();
    this._waiting.clear();
    this._drop(() => true);
    this._level = null;
  },

  /** Draw everything again: the style says something else now. */
  restyle() {
    for (const level of this._levels) for (const tile of level.tiles.values()) if (tile.layers) this._waiting.add(tile);
    this._draw();
    return this;
  },

  /** Read the tiles from elsewhere; what is shown stays until the new ones are there. */
  setUrl(url) {
    this.options.url = url;
    for (const one of this._asked.values()) one.abort();
    this._asked.clear();
    this._waiting.clear();
    this._kept.clear();
    this._keptSize = 0;
    for (const level of this._levels) for (const tile of level.tiles.values()) tile.layers = null;
    if (this._map) this._update();
    return this;
  },

  /** Call visit(feature) for every feature of the tiles in view; one that lies in two tiles is told twice. */
  eachFeature(visit) {
    for (const tile of this._level?.tiles.values() ?? []) {
      for (const layer of tile.layers ?? []) for (let i = 0; i < layer.count; i += 1) visit(new Feature(layer, i, tile.place));
    }
  },

  /** While the map is drawn along tiles come; while it is zoomed they wait for the end. */
  _moved() {
    if (this._map && this._level?.zoom === this._map.getZoom()) this._update();
  },

  _update() {
    const map = this._map;
    if (!map?._loaded) return;
    const zoom = map.getZoom();
    if (zoom < this.options.minZoom || zoom > this.options.maxZoom) {
      this._drop(() => true);
      this._level = null;
      this._told();
      return;
    }
    if (this._level?.zoom !== zoom) this._level = this._open(zoom);
    this._follow();
    const level = this._level;
    const wanted = this._inView(level.z);
    for (const [key, tile] of level.tiles) if (!wanted.has(key)) this._discard(level, key, tile);
    for (const one of this._asked.keys()) if (!wanted.has(one)) this._cancel(one);
    for (const [key, at] of wanted) {
      let tile = level.tiles.get(key);
      if (!tile) level.tiles.set(key, (tile = this._make(level, key, at)));
      tile.failed = false;
      if (!tile.layers) this._fill(tile);
    }
    this._draw();
    this._told();
  },

  /** Begin a set of canvases for a zoom; the former ones stay beneath until it is drawn. */
  _open(zoom) {
    const z = Math.max(0, Math.round(zoom - Math.log2(SIDE / 256)));
    const box = L.DomUtil.create("div", "leaflet-zoom-animated gridmap-tiles", this.getPane());
    box.style.pointerEvents = "none";
    const level = { zoom, z, box, origin: this._map.getPixelOrigin(), tiles: new Map() };
    this._levels.push(level);
    return level;
  },

  /** Put every level where the map is now. */
  _follow() {
    for (const level of this._levels) put(level, this._map, this._map.getZoom(), this._map.getPixelOrigin());
  },

  /** Put every level where the map will be at the end of a zoom; the style sheet moves them there. */
  _fly({ center, zoom }) {
    const map = this._map;
    const pane = L.DomUtil.getPosition(map.getPane("mapPane"));
    const origin = map.project(center, zoom).subtract(map.getSize().divideBy(2)).add(pane).round();
    for (const level of this._levels) put(level, map, zoom, origin);
  },

  /** Return the tiles in view and a little around, key -> place, the middle ones first. */
  _inView(z) {
    const [map, size] = [this._map, this._map.getSize()];
    const edge = 48;
    const corners = [[-edge, -edge], [size.x + edge, -edge], [-edge, size.y + edge], [size.x + edge, size.y + edge]];
    const spots = corners.map((corner) => column(map.containerPointToLatLng(corner), z));
    const last = 2 ** z - 1;
    const range = (axis) => {
      const all = spots.map((spot) => Math.floor(spot[axis]));
      return [Math.max(0, Math.min(...all)), Math.min(last, Math.max(...all))];
    };
    const [[west, east], [north, south]] = [range(0), range(1)];
    const middle = [(west + east) / 2, (north + south) / 2];
    const found = [];
    for (let x = west; x <= east; x += 1) for (let y = north; y <= south; y += 1) found.push({ z, x, y });
    const away = ({ x, y }) => Math.hypot(x - middle[0], y - middle[1]);
    found.sort((a, b) => away(a) - away(b));
    return new Map(found.map((at) => [`${at.z}/${at.x}/${at.y}`, at]));
  },

  _make(level, key, at) {
    const place = (right, down) => latlng(at.x + right, at.y + down, at.z);
    const spot = (right, down) => this._map.project(place(right, down), level.zoom).subtract(level.origin)._round();
    const [from, to] = [spot(0, 0), spot(1, 1)];
    return { key, at, place, from, to, level, canvas: null, layers: null, failed: false };
  },

  async _fill(tile) {
    const { key } = tile;
    if (this._kept.has(key)) {
      tile.layers = this._kept.get(key).layers;
      this._kept.delete(key); // set again: the one used last stands last
      this._kept.set(key, { layers: tile.layers, size: sizeOf(tile.layers) });
      this._waiting.add(tile);
      return;
    }
    if (this._asked.has(key)) return;
    const stop = new AbortController();
    this._asked.set(key, stop);
    try {
      const reply = await fetch(this.options.url(tile.at), { credentials: "same-origin", signal: stop.signal });
      if (!reply.ok) throw new Error(`${reply.status}`);
      const layers = decode(await reply.arrayBuffer());
      if (this._asked.get(key) !== stop) return;
      this._keep(key, layers);
      const now = this._level?.tiles.get(key);
      if (now) {
        now.layers = layers;
        this._waiting.add(now);
      }
    } catch (error) {
      if (this._asked.get(key) !== stop) return;
      this._reason = error.message;
      const now = this._level?.tiles.get(key);
      if (now) now.failed = true;
    }
    this._asked.delete(key);
    this._draw();
    this._told();
  },

  _keep(key, layers) {
    this._kept.set(key, { layers, size: sizeOf(layers) });
    this._keptSize += sizeOf(layers);
    for (const [old, { size }] of this._kept) {
      if (this._keptSize <= KEPT) break;
      this._kept.delete(old);
      this._keptSize -= size;
    }
  },

  _cancel(key) {
    this._asked.get(key)?.abort();
    this._asked.delete(key);
  },

  _discard(level, key, tile) {
    erase(tile);
    this._waiting.delete(tile);
    level.tiles.delete(key);
  },

  _drop(which) {
    for (const level of this._levels.filter(which)) {
      for (const tile of level.tiles.values()) {
        this._waiting.delete(tile);
        erase(tile);
      }
      level.box.remove();
    }
    this._levels = this._levels.filter((level) => !which(level));
  },

  /** Draw what waits, a slice of time each frame. */
  _draw() {
    if (this._frame !== null || !this._waiting.size) return;
    this._frame = requestAnimationFrame(() => {
      this._frame = null;
      const until = performance.now() + SLICE;
      for (const tile of this._waiting) {
        this._waiting.delete(tile);
        if (tile.layers) this._paint(tile);
        if (performance.now() > until) break;
      }
      this._draw();
      this._told();
    });
  },

  _paint(tile) {
    const { from, to, level } = tile;
    const ratio = this._ratio;
    if (!tile.layers.some((layer) => layer.count)) {
      erase(tile);
      return;
    }
    if (!tile.canvas) {
      const canvas = (tile.canvas = document.createElement("canvas"));
      canvas.width = (to.x - from.x + 2 * MARGIN) * ratio;
      canvas.height = (to.y - from.y + 2 * MARGIN) * ratio;
      canvas.style.cssText = `position:absolute;width:${canvas.width / ratio}px;height:${canvas.height / ratio}px`;
      L.DomUtil.setPosition(canvas, L.point(from.x - MARGIN, from.y - MARGIN));
      level.box.append(canvas);
    }
    paint(tile.canvas, tile.layers, { style: this.options.style, ratio, margin: MARGIN * ratio, place: tile.place });
  },

  /** Say whether the layer is busy, and drop the former zoom once this one is drawn. */
  _told() {
    const busy = this._asked.size > 0 || this._waiting.size > 0;
    if (!busy) this._drop((level) => level !== this._level);
    if (busy === this._busy) return;
    this._busy = busy;
    const failed = [...(this._level?.tiles.values() ?? [])].filter((tile) => tile.failed).length;
    if (!busy && failed) this.fire("failed", { tiles: failed, reason: this._reason });
    this.fire(busy ? "loading" : "load");
  },

  /** Return the topmost feature drawn at a place, or null. */
  _at(where) {
    const level = this._level;
    if (!level) return null;
    const spot = column(where, level.z);
    const [x, y] = spot.map(Math.floor);
    for (const [right, down] of AROUND) {
      const tile = level.tiles.get(`${level.z}/${x + right}/${y + down}`);
      for (const layer of [...(tile?.layers ?? [])].reverse()) {
        // A dot may reach over from the next tile, an area does not.
        if ((right || down) && !layer.types.includes(POINT)) continue;
        const [left, top] = [spot[0] - x - right, spot[1] - y - down];
        const near = (NEAR * layer.extent) / (tile.to.x - tile.from.x);
        const feature = (i) => new Feature(layer, i, tile.place);
        const i = hit(layer, left * layer.extent, top * layer.extent, near, (one) => this.options.style(feature(one)) !== null);
        if (i >= 0) return feature(i);
      }
    }
    return null;
  },
});

/** Take a tile off the screen; a canvas without a size gives its memory back at once. */
function erase(tile) {
  if (!tile.canvas) return;
  tile.canvas.width = tile.canvas.height = 0;
  tile.canvas.remove();
  tile.canvas = null;
}

function put(level, map, zoom, origin) {
  const scale = map.getZoomScale(zoom, level.zoom);
  L.DomUtil.setTransform(level.box, level.origin.multiplyBy(scale).subtract(origin).round(), scale);
}

const listeners = new WeakMap();

/** Return what listens to clicks on a map for all its tile layers: the topmost feature of the topmost pane is told. */
function clicks(map) {
  if (listeners.has(map)) return listeners.get(map);
  const layers = new Set();
  const height = (layer) => Number(getComputedStyle(layer.getPane()).zIndex) || 0;
  const find = (where) => {
    for (const layer of [...layers].reverse().sort((a, b) => height(b) - height(a))) {
      const feature = layer._at(where);
      if (feature) return [layer, feature];
    }
    return null;
  };
  // Before anybody else hears of the click, it is marked as told: the ground beneath need not answer.
  map.getContainer().addEventListener("click", (event) => (event.told ||= Boolean(find(map.mouseEventToLatLng(event)))), true);
  map.on("click", (event) => {
    const found = find(event.latlng);
    if (found) found[0].options.onClick(found[1], event.latlng);
  });
  let frame = null;
  map.on("mousemove", (event) => {
    frame ??= requestAnimationFrame(() => {
      frame = null;
      map.getContainer().style.cursor = layers.size && find(event.latlng) ? "pointer" : "";
    });
  });
  const made = { add: (layer) => layers.add(layer), remove: (layer) => layers.delete(layer) };
  listeners.set(map, made);
  return made;
}

/** Return column and row of a place, with fractions, at a zoom of tiles. */
function column({ lat, lng }, z) {
  const south = (Math.max(-WORLD, Math.min(WORLD, lat)) * Math.PI) / 180;
  return [((lng + 180) / 360) * 2 ** z, ((1 - Math.asinh(Math.tan(south)) / Math.PI) / 2) * 2 ** z];
}

function latlng(x, y, z) {
  const lat = (Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / 2 ** z))) * 180) / Math.PI;
  return L.latLng(lat, (x / 2 ** z) * 360 - 180);
}

function sizeOf(layers) {
  return layers.reduce((sum, layer) => sum + layer.xy.byteLength + layer.tags.byteLength + layer.count * 40 + layer.values.length * 60, 0);
}
