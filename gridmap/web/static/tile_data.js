// Vector tiles decoded into flat arrays: 70,000 cells are a few megabytes instead of hundreds.
// Mapbox Vector Tile Specification 2.1; protocol buffers, encoding (varint, zigzag, packed).

export const POINT = 1;
export const LINE = 2;
export const POLYGON = 3;

const text = new TextDecoder();

/** Reads protocol buffer fields from bytes. */
class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = 0;
  }

  varint() {
    const { bytes } = this;
    let byte = bytes[this.at++];
    if (byte < 0x80) return byte;
    let [value, times] = [byte & 0x7f, 128];
    do {
      byte = bytes[this.at++];
      value += (byte & 0x7f) * times;
      times *= 128;
    } while (byte >= 0x80);
    return value;
  }

  signed() {
    const value = this.varint();
    return value % 2 ? -(value + 1) / 2 : value / 2;
  }

  /** Return where the field of known length that begins here ends. */
  end() {
    const length = this.varint();
    return this.at + length;
  }

  string() {
    const end = this.end();
    const found = text.decode(this.bytes.subarray(this.at, end));
    this.at = end;
    return found;
  }

  skip(wire) {
    if (wire === 0) this.varint();
    else if (wire === 1) this.at += 8;
    else if (wire === 2) this.at = this.end();
    else if (wire === 5) this.at += 4;
    else throw new Error(`tile: wire type ${wire}`);
  }
}

/** Return the layers of a tile. */
export function decode(buffer) {
  const reader = new Reader(new Uint8Array(buffer));
  const layers = [];
  while (reader.at < reader.bytes.length) {
    const tag = reader.varint();
    if (tag === 26) layers.push(readLayer(reader, reader.end()));
    else reader.skip(tag & 7);
  }
  return layers;
}

function readLayer(reader, end) {
  const layer = { name: "", extent: 4096, keys: [], values: [] };
  const starts = [];
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag === 10) layer.name = reader.string();
    else if (tag === 26) layer.keys.push(reader.string());
    else if (tag === 34) layer.values.push(readValue(reader, reader.end()));
    else if (tag === 40) layer.extent = reader.varint();
    else if (tag === 18) {
      starts.push(reader.at);
      reader.at = reader.end();
    } else reader.skip(tag & 7);
  }
  const features = readFeatures(reader, starts, end);
  reader.at = end;
  return Object.assign(layer, features);
}

function readValue(reader, end) {
  let value = null;
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag === 10) value = reader.string();
    else if (tag === 21) value = reader.view.getFloat32((reader.at += 4) - 4, true);
    else if (tag === 25) value = reader.view.getFloat64((reader.at += 8) - 8, true);
    else if (tag === 32 || tag === 40) value = reader.varint();
    else if (tag === 48) value = reader.signed();
    else if (tag === 56) value = reader.varint() !== 0;
    else reader.skip(tag & 7);
  }
  return value;
}

/** Return the features as columns; feature i has parts `partAt[i]` up to `partAt[i + 1]`, part p points `pointAt[p]` up to. */
function readFeatures(reader, starts, layerEnd) {
  const n = starts.length;
  const most = n ? layerEnd - starts[0] : 0;
  const made = {
    count: n, ids: new Float64Array(n), types: new Uint8Array(n), boxes: new Int16Array(4 * n),
    partAt: new Uint32Array(n + 1), tagAt: new Uint32Array(n + 1),
  };
  // A coordinate takes a byte at least, a part three, a tag one.
  const into = { xy: new Int16Array(most + 2), pointAt: new Uint32Array(Math.ceil(most / 3) + n + 2), tags: new Uint32Array(most), points: 0, parts: 0 };
  let tagged = 0;
  starts.forEach((start, i) => {
    reader.at = start;
    const end = reader.end();
    let geometry = -1;
    while (reader.at < end) {
      const tag = reader.varint();
      if (tag === 8) made.ids[i] = reader.varint();
      else if (tag === 18) for (const last = reader.end(); reader.at < last; ) into.tags[tagged++] = reader.varint();
      else if (tag === 24) made.types[i] = reader.varint();
      else if (tag === 34) {
        geometry = reader.at;
        reader.at = reader.end();
      } else reader.skip(tag & 7);
    }
    if (geometry >= 0) {
      reader.at = geometry;
      readGeometry(reader, reader.end(), into, made.types[i] === POINT, made.boxes.subarray(4 * i, 4 * i + 4));
    }
    reader.at = end;
    made.partAt[i + 1] = into.parts;
    made.tagAt[i + 1] = tagged;
  });
  into.pointAt[into.parts] = into.points;
  return { ...made, xy: into.xy.slice(0, 2 * into.points), pointAt: into.pointAt.slice(0, into.parts + 1), tags: into.tags.slice(0, tagged) };
}

function readGeometry(reader, end, into, single, box) {
  let [x, y, command, left] = [0, 0, 0, 0];
  let [west, north, east, south] = [32767, 32767, -32768, -32768];
  if (single) into.pointAt[into.parts++] = into.points;
  while (reader.at < end) {
    if (left === 0) {
      const head = reader.varint();
      command = head & 7;
      left = head >> 3;
      if (command === 7) {
        left = 0;
        continue;
      }
    }
    left -= 1;
    x += reader.signed();
    y += reader.signed();
    if (command === 1 && !single) into.pointAt[into.parts++] = into.points;
    into.xy[2 * into.points] = x;
    into.xy[2 * into.points + 1] = y;
    into.points += 1;
    if (x < west) west = x;
    if (x > east) east = x;
    if (y < north) north = y;
    if (y > south) south = y;
  }
  box.set([west, north, east, south]);
}
