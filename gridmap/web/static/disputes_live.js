// What others do to disputes, heard as it happens: told once, quietly; nothing moves until the reader asks for it.

/** Steps that come together are told together [ms]. */
const TOGETHER = 800;
/** Where streams are refused the desk asks so often [ms]. */
const POLL = 60_000;

/** Listen to a station's stream; `onStep(told | null)` hears of each step, `onState(key, on)` of the connection. */
export function listen(url, onStep, onState) {
  const stream = new EventSource(url);
  const later = new Map();
  const soon = (told) => {
    clearTimeout(later.get(0));
    later.set(0, setTimeout(() => onStep(told), TOGETHER));
  };
  stream.addEventListener("open", () => {
    onState("desk_live", true);
    document.documentElement.dataset.live = "on";
  });
  stream.addEventListener("dispute", (event) => soon(JSON.parse(event.data)));
  stream.addEventListener("end", () => {
    stream.close();
    onState("desk_ended", false);
  });
  stream.addEventListener("error", () => {
    onState("desk_not_live", false);
    if (stream.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    setInterval(() => onStep(null), POLL);
  });
  addEventListener("pagehide", () => stream.close());
  addEventListener("pageshow", (event) => event.persisted && location.reload());
}
