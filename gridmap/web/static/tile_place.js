// Where tiles lie: columns and rows of the world, what is in view, where a zoom's canvases belong.

const L = window.L;
/** Pixels of a tile at its own zoom: a quarter of the requests that 256 would make. */
export const SIDE = 512;
const WORLD = 85.0511287798066;

/** Return column and row of a place, with fractions, at a zoom of tiles. */
export function column({ lat, lng }, z) {
  const south = (Math.max(-WORLD, Math.min(WORLD, lat)) * Math.PI) / 180;
  return [((lng + 180) / 360) * 2 ** z, ((1 - Math.asinh(Math.tan(south)) / Math.PI) / 2) * 2 ** z];
}

function latlng(x, y, z) {
  const lat = (Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / 2 ** z))) * 180) / Math.PI;
  return L.latLng(lat, (x / 2 ** z) * 360 - 180);
}

/** Return the tiles in view and a little around, key -> place, the middle ones first. */
export function inView(map, z) {
  const size = map.getSize();
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
}

/** Put the canvases of a level where the map is, or will be. */
export function put(level, map, zoom, origin) {
  const scale = map.getZoomScale(zoom, level.zoom);
  L.DomUtil.setTransform(level.box, level.origin.multiplyBy(scale).subtract(origin).round(), scale);
}

/** Return a tile of a level with nothing in it yet. */
export function makeTile(map, level, key, at) {
  const place = (right, down) => latlng(at.x + right, at.y + down, at.z);
  const spot = (right, down) => map.project(place(right, down), level.zoom).subtract(level.origin)._round();
  const [from, to] = [spot(0, 0), spot(1, 1)];
  return { key, at, place, from, to, level, canvas: null, layers: null, failed: false };
}
