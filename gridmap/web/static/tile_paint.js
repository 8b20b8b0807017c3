// Features of a decoded tile on a canvas: one path for each style, one stamp for each kind of dot.

import { POINT, POLYGON } from "./tile_data.js";
import { Feature } from "./tile_feature.js";

/** Features to a path: longer ones cost a software renderer more than they save. */
const AT_ONCE = 250;
const stamps = new Map();

/**
 * Draw the layers of a tile on `canvas`, `ratio` device pixels to a pixel, as `style(feature)` says.
 * The tile lies `margin` device pixels inside: dots may reach over its edge, areas and lines are cut there.
 */
export function paint(canvas, layers, { style, ratio, margin, place }) {
  const pen = canvas.getContext("2d");
  const [width, height] = [canvas.width - 2 * margin, canvas.height - 2 * margin];
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.setTransform(1, 0, 0, 1, margin, margin);
  for (const layer of layers) {
    const scale = [width / layer.extent, height / layer.extent];
    const bunches = [...bunch(layer, style, place).values()];
    pen.save();
    pen.beginPath();
    pen.rect(0, 0, width, height);
    pen.clip();
    for (const { look, members } of bunches) if (look.fill) drawShapes(pen, layer, members, scale, look, ratio, false);
    for (const { look, members } of bunches) if (look.stroke) drawShapes(pen, layer, members, scale, look, ratio, true);
    pen.restore();
    for (const { look, members } of bunches) drawDots(pen, layer, members, scale, look, ratio);
  }
}

/** Return the features of each look; a style of null is not drawn. */
function bunch(layer, style, place) {
  const found = new Map();
  for (let i = 0; i < layer.count; i += 1) {
    const look = style(new Feature(layer, i, place));
    if (!look) continue;
    const key = `${look.fill}|${look.stroke}|${look.width}|${look.radius}|${look.dash}|${layer.types[i]}`;
    let held = found.get(key);
    if (!held) found.set(key, (held = { look, members: [] }));
    held.members.push(i);
  }
  return found;
}

function drawShapes(pen, layer, members, [sx, sy], look, ratio, line) {
  const kind = layer.types[members[0]];
  if (kind === POINT || (!line && kind !== POLYGON)) return;
  if (line) {
    pen.strokeStyle = look.stroke;
    pen.lineWidth = (look.width ?? 1) * ratio;
    pen.lineJoin = pen.lineCap = "round";
    pen.setLineDash((look.dash ?? []).map((length) => length * ratio));
  } else pen.fillStyle = look.fill;
  const { xy, partAt, pointAt } = layer;
  for (let from = 0; from < members.length; from += AT_ONCE) {
    pen.beginPath();
    for (const i of members.slice(from, from + AT_ONCE)) {
      for (let part = partAt[i]; part < partAt[i + 1]; part += 1) {
        const [first, end] = [pointAt[part], pointAt[part + 1]];
        pen.moveTo(xy[2 * first] * sx, xy[2 * first + 1] * sy);
        for (let p = first + 1; p < end; p += 1) pen.lineTo(xy[2 * p] * sx, xy[2 * p + 1] * sy);
        if (kind === POLYGON) pen.closePath();
      }
    }
    if (line) pen.stroke();
    else pen.fill("evenodd");
  }
}

function drawDots(pen, layer, members, [sx, sy], look, ratio) {
  if (layer.types[members[0]] !== POINT) return;
  const dot = stamp(look, ratio);
  const half = dot.width / 2;
  const { xy, partAt, pointAt } = layer;
  for (const i of members) {
    for (let p = pointAt[partAt[i]]; p < pointAt[partAt[i + 1]]; p += 1) {
      pen.drawImage(dot, Math.round(xy[2 * p] * sx - half), Math.round(xy[2 * p + 1] * sy - half));
    }
  }
}

/** Return a dot of a look, drawn once. */
function stamp(look, ratio) {
  const [radius, width] = [(look.radius ?? 4) * ratio, look.stroke ? (look.width ?? 1) * ratio : 0];
  const key = `${look.fill}|${look.stroke}|${radius}|${width}`;
  if (stamps.has(key)) return stamps.get(key);
  if (stamps.size > 500) stamps.clear();
  const dot = document.createElement("canvas");
  dot.width = dot.height = 2 * Math.ceil(radius + width / 2 + 1);
  const pen = dot.getContext("2d");
  pen.arc(dot.width / 2, dot.width / 2, radius, 0, 2 * Math.PI);
  if (look.fill) {
    pen.fillStyle = look.fill;
    pen.fill();
  }
  if (width) {
    pen.strokeStyle = look.stroke;
    pen.lineWidth = width;
    pen.stroke();
  }
  stamps.set(key, dot);
  return dot;
}
