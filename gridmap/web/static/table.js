// Tables that sort by a heading and move by arrow keys; they answer through two calls.

import { $, $$ } from "./core.js";

/** Wire a table whose rows carry `data-code`; `onOver(code, on)` and `onPick(code)` tell what the reader does. */
export function wire(table, { onOver, onPick }) {
  for (const head of $$("thead th", table)) {
    const button = $("button", head);
    if (button) button.addEventListener("click", () => sort(table, head));
  }
  const rows = $$("tbody tr", table);
  for (const row of rows) {
    const code = row.dataset.code;
    row.addEventListener("mouseenter", () => onOver(code, true));
    row.addEventListener("mouseleave", () => onOver(code, false));
    row.addEventListener("click", () => onPick(code));
    const button = $("button", row);
    button.addEventListener("focus", () => onOver(code, true));
    button.addEventListener("blur", () => onOver(code, false));
    button.addEventListener("keydown", (event) => step(event, table, row));
  }
}

/** Mark the row of `code`, and bring it into view when asked. */
export function mark(table, code, css, on, { scroll = false } = {}) {
  for (const row of $$(`tr.${css}`, table)) if (!on || row.dataset.code !== code) row.classList.remove(css);
  const row = $$("tbody tr", table).find((one) => one.dataset.code === code);
  if (!row) return;
  row.classList.toggle(css, on);
  if (css === "on") for (const one of $$("tbody button", table)) one.removeAttribute("aria-pressed");
  if (css === "on" && on) $("button", row).setAttribute("aria-pressed", "true");
  if (scroll && on) row.scrollIntoView({ block: "nearest" });
}

/** Return column `index` of a table as a map from code to number. */
export function column(table, index) {
  return new Map($$("tbody tr", table).map((row) => [row.dataset.code, Number(row.cells[index].dataset.value)]));
}

function sort(table, head) {
  const index = head.cellIndex;
  const numeric = head.classList.contains("number");
  const first = numeric ? "descending" : "ascending";
  const second = numeric ? "ascending" : "descending";
  const order = head.getAttribute("aria-sort") === first ? second : first;
  for (const other of $$("thead th", table)) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", order);
  const value = (row) => (numeric ? Number(row.cells[index].dataset.value) : row.cells[index].textContent.trim());
  const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });
  const compare = numeric ? (a, b) => value(a) - value(b) : (a, b) => collator.compare(value(a), value(b));
  const rows = $$("tbody tr", table).sort((a, b) => (order === "ascending" ? compare(a, b) : compare(b, a)));
  $("tbody", table).append(...rows);
}

function step(event, table, row) {
  const rows = $$("tbody tr", table);
  const at = rows.indexOf(row);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
  if (next === undefined || !rows[next]) return;
  event.preventDefault();
  $("button", rows[next]).focus();
}
