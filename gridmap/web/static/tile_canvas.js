// The canvas of a tile: made when there is something to draw, gone when there is not.

import { paint } from "./tile_paint.js";

const L = window.L;
/** How far a dot may reach over the edge of its tile [pixels]. */
const MARGIN = 14;

/** Draw a tile anew. */
export function show(tile, style) {
  const { from, to, level } = tile;
  const ratio = Math.min(2, window.devicePixelRatio || 1);
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
    tile.ratio = ratio;
  }
  paint(tile.canvas, tile.layers, { style, ratio: tile.ratio, margin: MARGIN * tile.ratio, place: tile.place });
}

/** Take a tile off the screen; a canvas without a size gives its memory back at once. */
export function erase(tile) {
  if (!tile.canvas) return;
  tile.canvas.width = tile.canvas.height = 0;
  tile.canvas.remove();
  tile.canvas = null;
}
