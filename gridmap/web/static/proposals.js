// The page of proposals: the same beat is marked in every drawing and in the table; the form says that it works.

const all = (selector, root = document) => [...root.querySelectorAll(selector)];

/** Mark one beat everywhere, or none. */
function mark(code) {
  for (const edge of all(".division .edge")) {
    const on = code !== null && edge.dataset.code === code;
    edge.classList.toggle("on", on);
    if (on) edge.parentNode.append(edge); // above its neighbours' lines
  }
  for (const row of all(".by-beat tr[data-code]")) row.classList.toggle("over", row.dataset.code === code);
}

for (const one of all(".division path[data-code], .by-beat tr[data-code]")) {
  one.addEventListener("mouseenter", () => mark(one.dataset.code));
  one.addEventListener("mouseleave", () => mark(null));
}
for (const path of all(".division.large path[data-code]")) {
  path.addEventListener("click", () => {
    all(".by-beat tr[data-code]").find((row) => row.dataset.code === path.dataset.code)?.scrollIntoView({ block: "center" });
    mark(path.dataset.code);
  });
}

for (const slide of all(".slide")) {
  const [input, output] = [slide.querySelector("input"), slide.querySelector("output")];
  const tell = () => { output.textContent = `${input.value}`; };
  input.addEventListener("input", tell);
  tell();
}

const form = document.getElementById("wishes");
form?.addEventListener("submit", () => {
  document.getElementById("working").textContent = form.dataset.working;
  form.querySelector(".go button").disabled = true;
});
addEventListener("pageshow", () => {
  const button = form?.querySelector(".go button");
  if (button) button.disabled = false;
});
document.querySelector("[aria-invalid=true]")?.focus();
// where there is room the form stands open beside the answers
const fold = document.querySelector(".fold");
if (fold && matchMedia("(min-width: 60.01rem)").matches) fold.open = true;
