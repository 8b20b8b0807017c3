// The answer to a form that was sent by script: another page, or this one again with what it lacks.

/** Go where the answer leads, or show this page as it came back; `again` is run on what was swapped in. */
export function shower(again = () => {}) {
  return ({ text, url, ok }) => {
    const target = new URL(url, location.href);
    if (ok && target.pathname !== location.pathname) {
      location.assign(target);
      return;
    }
    const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("main");
    const box = document.getElementById("unsent"); // the scripts hold on to it
    document.getElementById("main").replaceChildren(...document.importNode(fresh, true).childNodes);
    document.getElementById("unsent").replaceWith(box);
    again();
    document.querySelector("[role=alert]")?.scrollIntoView({ block: "center" });
  };
}
