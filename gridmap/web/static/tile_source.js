// Where decoded tiles come from: kept up to a number of bytes, asked for once, given up when nobody waits any more.

import { decode } from "./tile_data.js";

/** Decoded bytes kept for each layer. */
const KEPT = 24 << 20;

export class Source {
  /** url(at) says where a tile is; arrived(key, layers, reason) is told of each that was asked for, layers null where it did not come. */
  constructor(url, arrived) {
    this._url = url;
    this._arrived = arrived;
    this._kept = new Map();
    this._size = 0;
    this._asked = new Map();
  }

  get busy() {
    return this._asked.size > 0;
  }

  /** Return the layers of a tile where they are kept; else null, and ask for them. */
  take(key, at) {
    const held = this._kept.get(key);
    if (!held) {
      if (!this._asked.has(key)) this._ask(key, at);
      return null;
    }
    this._kept.delete(key); // set again: the one used last stands last
    this._kept.set(key, held);
    return held.layers;
  }

  /** Give up what was asked for, or the keys for which `which` holds. */
  stop(which = () => true) {
    for (const [key, one] of this._asked) {
      if (!which(key)) continue;
      one.abort();
      this._asked.delete(key);
    }
  }

  /** Give up and keep nothing: tiles come from elsewhere now. */
  forget() {
    this.stop();
    this._kept.clear();
    this._size = 0;
  }

  async _ask(key, at) {
    const stop = new AbortController();
    this._asked.set(key, stop);
    let [layers, reason] = [null, ""];
    try {
      const reply = await fetch(this._url(at), { credentials: "same-origin", signal: stop.signal });
      if (!reply.ok) throw new Error(`${reply.status}`);
      layers = decode(await reply.arrayBuffer());
    } catch (error) {
      reason = error.message;
    }
    if (this._asked.get(key) !== stop) return;
    this._asked.delete(key);
    if (layers) this._keep(key, layers);
    this._arrived(key, layers, reason);
  }

  _keep(key, layers) {
    this._kept.set(key, { layers, size: sizeOf(layers) });
    this._size += sizeOf(layers);
    for (const [old, { size }] of this._kept) {
      if (this._size <= KEPT) break;
      this._kept.delete(old);
      this._size -= size;
    }
  }
}

function sizeOf(layers) {
  return layers.reduce((sum, layer) => sum + layer.xy.byteLength + layer.tags.byteLength + layer.count * 40 + layer.values.length * 60, 0);
}
