// A page with a form or two and nothing else that moves: what is sent arrives once, however bad the line is.

import { sendForms } from "./disputes_send.js";
import { shower } from "./disputes_show.js";

const page = JSON.parse(document.getElementById("page").textContent);
sendForms(page.words, page.who, shower());
