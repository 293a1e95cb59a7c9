// Times as their reader's own clock and language tell them; without scripts the page names the time zone.
const FORMAT = new Intl.DateTimeFormat(navigator.language, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

/** Tell every time inside an element, itself included, in the reader's own. */
export function localise(root) {
  for (const time of root.querySelectorAll("time[data-local]")) {
    const words = FORMAT.format(new Date(time.dateTime));
    if (time.textContent !== words) time.textContent = words;
  }
}

localise(document);
document.addEventListener("htmx:after:settle", ({ target }) => {
  if (target.matches?.("#turns, #main, #refusal, #older")) localise(target.isConnected ? target : document);
});
