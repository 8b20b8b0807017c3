// The list's filters: cells and people are many and come when the filters are opened, so that the list is there first.

const filter = document.getElementById("filter");
const link = document.getElementById("all-choices");
const told = document.getElementById("choices-told");
let asked = false;

/** Put the whole choice in the place of the short one; what was picked meanwhile stays. */
async function come() {
  if (asked) return;
  asked = true;
  link.hidden = true; // without a script it leads to the same choices
  told.textContent = link.dataset.come;
  try {
    const reply = await fetch(link.href, { credentials: "same-origin", headers: { Accept: "text/html" } });
    if (!reply.ok) throw new Error(`${reply.status}`);
    const whole = new DOMParser().parseFromString(await reply.text(), "text/html");
    for (const name of ["cell", "holder"]) {
      const here = filter.querySelector(`select[name=${name}]`);
      const picked = here.value;
      here.replaceChildren(...document.importNode(whole.querySelector(`#filter select[name=${name}]`), true).childNodes);
      here.value = picked;
    }
  } catch {
    asked = false;
    link.hidden = false; // no signal: tap to try again
  }
  told.textContent = "";
}

if (link) {
  filter.addEventListener("toggle", () => filter.open && come());
  link.addEventListener("click", (event) => {
    event.preventDefault();
    come();
  });
  if (filter.open) come();
}
