// A Leaflet layer of vector tiles, drawn on canvases: each tile is fetched and decoded once, drawn anew for free.
// Tiles are always those of the WGS 84 web Mercator world; where the base map is shifted (GCJ-02), each is put where
// its corners belong.

import { erase, show } from "./tile_canvas.js";
import { clicks, featureAt } from "./tile_click.js";
import { Feature } from "./tile_feature.js";
import { SIDE, inView, makeTile, put } from "./tile_place.js";
import { Source } from "./tile_source.js";

const L = window.L;
/** How long drawing may hold up a frame [ms]. */
const SLICE = 12;

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
    this._source = new Source((at) => this.options.url(at), this._arrived.bind(this));
    this._waiting = new Set();
    this._levels = [];
    this._frame = null;
  },

  getEvents() {
    return { moveend: this._update, move: L.Util.throttle(this._moved, 150, this), zoom: this._follow, zoomanim: this._fly, viewreset: this._update };
  },

  onAdd(map) {
    this._busy = null;
    this._update();
    if (this.options.onClick) clicks(map).add(this);
  },

  onRemove(map) {
    clicks(map).remove(this);
    this._source.stop();
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
    this._source.forget();
    this._waiting.clear();
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
    const wanted = inView(map, level.z);
    for (const [key, tile] of level.tiles) if (!wanted.has(key)) this._discard(level, key, tile);
    this._source.stop((key) => !wanted.has(key));
    for (const [key, at] of wanted) {
      let tile = level.tiles.get(key);
      if (!tile) level.tiles.set(key, (tile = makeTile(map, level, key, at)));
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

  _fill(tile) {
    tile.layers = this._source.take(tile.key, tile.at);
    if (tile.layers) this._waiting.add(tile);
  },

  _arrived(key, layers, reason) {
    const tile = this._level?.tiles.get(key);
    if (tile && layers) {
      tile.layers = layers;
      this._waiting.add(tile);
    } else if (tile) tile.failed = true;
    if (!layers) this._reason = reason;
    this._draw();
    this._told();
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
        if (tile.layers) show(tile, this.options.style);
        if (performance.now() > until) break;
      }
      this._draw();
      this._told();
    });
  },

  /** Say whether the layer is busy, and drop the former zoom once this one is drawn. */
  _told() {
    const busy = this._source.busy || this._waiting.size > 0;
    if (!busy) this._drop((level) => level !== this._level);
    if (busy === this._busy) return;
    this._busy = busy;
    const failed = [...(this._level?.tiles.values() ?? [])].filter((tile) => tile.failed).length;
    if (!busy && failed) this.fire("failed", { tiles: failed, reason: this._reason });
    this.fire(busy ? "loading" : "load");
  },

  /** Return the topmost feature drawn at a place, or null. */
  featureAt(where) {
    return this._level && featureAt(this._level, where, this.options.style);
  },
});
