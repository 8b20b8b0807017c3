// A boundary file brought into the draft: read on trial first, then kept as one change that can be undone.

import { el, page, tell } from "./core.js";
import { call, problemWords, refresh, tellProblem } from "./draw_api.js";
import { choice, field, form } from "./draw_form.js";
import { reason } from "./draw_reasons.js";
import { say, state } from "./draw_state.js";

const SYSTEMS = [["EPSG:4490", "CGCS2000 (EPSG:4490)"], ["EPSG:4326", "WGS 84 (EPSG:4326)"], ["EPSG:4547", "CGCS2000 / 114E (EPSG:4547)"], ["gcj02", "GCJ-02"], ["bd09", "BD-09"]];
const TOLD = 20;

function report(told) {
  const { faults, faults_left: left } = told;
  const rejected = told.rejected.slice(0, TOLD).map((one) => el("li", {}, `${say("import_line", { line: one.line })}: ${reason(one.reason)} ${one.value}`));
  const count = faults.length + left;
  return [
    el("p", {}, say("import_read", { beats: told.beats, cells: told.cells, added: told.added, updated: told.updated, refused: told.refused })),
    rejected.length ? el("ul", { class: "plain" }, ...rejected) : null,
    ...told.warnings.map((words) => el("p", { class: "soft" }, reason(words))),
    count ? el("p", {}, say("import_faults", { n: count })) : el("p", { class: "soft" }, say("no_faults")),
  ].filter(Boolean);
}

/** Put the form into `box`. */
export function wireImport(box) {
  const file = el("input", { type: "file", name: "file", required: "", accept: ".gpkg,.zip,.geojson,.json,.kml,.fgb,.parquet" });
  const said = el("div", { class: "stack tight", "aria-live": "polite" });
  const keep = el("button", { type: "button", class: "quiet", disabled: "" }, say("import_keep"));
  const send = async (trial) => {
    const body = new FormData(made);
    body.set("version", String(state.version));
    body.set("dry_run", String(trial));
    keep.disabled = true;
    const reply = await call("POST", `${page.api}/import`, body);
    if (!reply.ok) {
      said.replaceChildren(el("p", { class: "message bad" }, problemWords(reply)));
      tellProblem(reply);
      if (reply.status === 412) await refresh();
      return;
    }
    said.replaceChildren(...report(reply.data));
    keep.disabled = !trial;
    if (!trial) {
      tell(say("import_done"));
      await refresh();
    }
  };
  const made = form("import", () => send(true),
    field(say("import_choose"), file),
    field(say("import_kind"), choice("kind", [["", say("import_kind_auto")], ["beat", say("beats")], ["grid_cell", say("grid_cells")]], "")),
    field(say("import_crs"), choice("crs", [["", say("import_crs_auto")], ...SYSTEMS], "")),
    el("div", { class: "inline" }, el("button", {}, say("import_trial")), keep));
  keep.addEventListener("click", () => send(false));
  for (const one of made.querySelectorAll("input, select")) one.addEventListener("change", () => { keep.disabled = true; });
  const details = el("details", { "data-open": "import" }, el("summary", {}, say("import_file")), el("p", { class: "soft" }, say("import_why")), made, said);
  box.replaceChildren(...(state.editable ? [details] : []));
}
