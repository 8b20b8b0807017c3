// The full list: the map stands beside it.

import { mapBox } from "./disputes_box.js";

mapBox(JSON.parse(document.getElementById("page").textContent));
