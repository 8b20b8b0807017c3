// Placeholder of the panel.

import { el, t } from "./core.js";

export async function show(box) {
  box.replaceChildren(el("p", { class: "soft" }, t("map_not_available")));
}
