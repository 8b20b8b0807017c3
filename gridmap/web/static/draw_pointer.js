// A drag over the map that belongs to a tool and not to the map: mouse, pen or finger.

import { map } from "./core.js";

/** Return {start, stop} of a tool; `down(at, event)` says whether the drag is its own, `hover` sees the free pointer. */
export function pointerTool({ down, move, up, cancel = () => {}, hover = () => {} }) {
  const box = map.getContainer();
  let held = null;
  const place = (event) => {
    const at = map.mouseEventToLatLng(event);
    return { lon: Number(at.lng.toFixed(7)), lat: Number(at.lat.toFixed(7)), point: map.mouseEventToContainerPoint(event) };
  };
  const onDown = (event) => {
    if (event.button !== 0 || !event.isPrimary || event.target.closest(".leaflet-control, .leaflet-popup")) return;
    if (!down(place(event), event)) return;
    held = event.pointerId;
    map.dragging.disable();
  };
  const onMove = (event) => {
    if (held === event.pointerId) move(place(event), event);
    else if (held === null && event.pointerType === "mouse") hover(place(event), event);
  };
  const finish = (event, end) => {
    if (held !== event.pointerId) return;
    held = null;
    map.dragging.enable();
    end(place(event), event);
  };
  const onUp = (event) => finish(event, up);
  const onCancel = (event) => finish(event, cancel);
  return {
    start() {
      box.classList.add("draw-own-drag");
      box.addEventListener("pointerdown", onDown, true);
      window.addEventListener("pointermove", onMove);
      window.addEventListener("pointerup", onUp);
      window.addEventListener("pointercancel", onCancel);
    },
    stop() {
      box.classList.remove("draw-own-drag");
      box.removeEventListener("pointerdown", onDown, true);
      window.removeEventListener("pointermove", onMove);
      window.removeEventListener("pointerup", onUp);
      window.removeEventListener("pointercancel", onCancel);
      if (held !== null) map.dragging.enable();
      held = null;
    },
  };
}
