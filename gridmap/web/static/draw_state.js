// The draft as the page holds it: zones, figures, who is there; modules listen to what changes and never to each other.

import { page } from "./core.js";

export const KINDS = ["beat", "grid_cell"];
export const state = {
  version: -1, canUndo: false, canRedo: false, editable: false,
  layer: "beat", tool: "select", chosen: [], colourBy: "load",
  zones: { beat: new Map(), grid_cell: new Map() },
  figures: { beat: new Map(), grid_cell: new Map() },
  faults: [], faultsLeft: 0, orphans: {}, stops: false, year: null,
  locks: new Map(), people: [],
};

const ears = new Map();
/** Call `hear` whenever `name` happens: loaded, changed, live, chosen, tool, layer, people, version, colour, conflict. */
export function on(name, hear) {
  if (!ears.has(name)) ears.set(name, []);
  ears.get(name).push(hear);
}
export function emit(name, detail = null) {
  for (const hear of ears.get(name) ?? []) hear(detail);
}

/** Return the page's words for `key` with facts filled in. */
export function say(key, facts = {}) {
  return (page.words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => facts[name] ?? whole);
}
/** Return the words for `key`, or `other` where there are none. */
export const sayOr = (key, other) => page.words[key] ?? other;

export const feature = (kind, code) => state.zones[kind].get(code);
export const figure = (kind, code) => state.figures[kind].get(code);
export const first = () => state.chosen[0] ?? null;
export const lockOf = (kind, code) => state.locks.get(`${kind}/${code}`) ?? null;
export const lockedForMe = (kind, code) => (lockOf(kind, code)?.by ?? page.me) !== page.me;
export const codesOf = (kind) => [...state.zones[kind].keys()].sort(collator.compare);
export const collator = new Intl.Collator(page.tag, { numeric: true });

/** Take the whole draft, as GET gives it. */
export function takeAll(told) {
  for (const [kind, name] of [["beat", "beats"], ["grid_cell", "cells"]]) {
    state.zones[kind] = new Map(told[name].features.map((one) => [one.properties.code, one]));
    state.figures[kind] = new Map(told.live.zones.filter((one) => one.kind === kind).map((one) => [one.code, one]));
  }
  state.editable = told.editable;
  state.chosen = state.chosen.filter((code) => state.zones[state.layer].has(code));
  takeMeta(told);
  takeFaults(told.live);
  takePeople(told);
  emit("loaded");
  emit("chosen", state.chosen);
}

/** Take what one change did: only the zones that changed, only the figures that changed. */
export function takeChange(told) {
  const changed = [], gone = [];
  for (const [kind, name] of [["beat", "beats"], ["grid_cell", "cells"]]) {
    for (const code of told.gone[name]) {
      state.zones[kind].delete(code);
      state.figures[kind].delete(code);
      gone.push([kind, code]);
    }
    for (const one of told.changed[name]) {
      state.zones[kind].set(one.properties.code, one);
      changed.push([kind, one.properties.code]);
    }
  }
  const rows = told.live.zones.map((one) => [one.kind, one.code]);
  for (const one of told.live.zones) state.figures[one.kind].set(one.code, one);
  const kept = state.chosen.filter((code) => state.zones[state.layer].has(code));
  state.chosen = kept;
  takeMeta(told);
  takeFaults(told.live);
  emit("changed", { changed, gone });
  emit("live", { rows, gone });
  emit("chosen", state.chosen);
}

export function takePeople(told) {
  state.locks = new Map((told.locks ?? []).map((one) => [`${one.kind}/${one.code}`, one]));
  state.people = (told.present ?? []).filter((one) => one.login !== page.me);
  emit("people");
}

function takeMeta(told) {
  state.version = told.version;
  state.canUndo = told.can_undo;
  state.canRedo = told.can_redo;
  emit("version", told.event ?? null);
}

function takeFaults(live) {
  if (!live.faults) return;
  Object.assign(state, { faults: live.faults, faultsLeft: live.faults_left ?? 0, orphans: live.orphan_doors ?? {}, stops: live.stops });
  state.year = live.year ?? state.year;
  emit("faults");
}

/** Choose zones of the layer in hand; `add` keeps the ones chosen before and takes a chosen one away again. */
export function choose(codes, { add = false } = {}) {
  const wanted = codes.filter((code) => state.zones[state.layer].has(code));
  const before = add ? state.chosen : [];
  state.chosen = add
    ? [...before.filter((code) => !wanted.includes(code)), ...wanted.filter((code) => !before.includes(code))]
    : wanted;
  emit("chosen", state.chosen);
}

export function setLayer(kind) {
  if (state.layer === kind) return;
  state.layer = kind;
  state.chosen = [];
  emit("layer", kind);
  emit("chosen", []);
}
