// The thinking block: timed while it runs, its own scroll at its own end, and folding it moves nothing that is read.
import { leave } from "./scroll.js";

setInterval(() => {
  for (const clock of document.querySelectorAll("[data-since]")) {
    clock.firstSeen ??= Date.now();
    const since = Date.parse(clock.dataset.since);
    // A device whose clock is wrong counts from when it first saw the block.
    const from = since <= clock.firstSeen && clock.firstSeen - since < 600_000 ? since : clock.firstSeen;
    const seconds = Math.floor((Date.now() - from) / 1000);
    if (seconds > 0) clock.textContent = `${seconds} s`;
  }
}, 500);

document.addEventListener("htmx:after:settle", ({ target }) => {
  if (!target.id?.startsWith("thinking-")) return;
  if (target.scrollHeight - target.clientHeight - target.scrollTop < 48) target.scrollTop = target.scrollHeight;
});

// Folding: the summary stays where it is if it can be seen, else the answer below it does.
document.addEventListener("click", ({ target }) => {
  const summary = target.closest?.(".thinking summary");
  if (!summary) return;
  const seen = summary.getBoundingClientRect().bottom > 0;
  if (!seen) leave();
  const fixed = seen ? summary : summary.closest("[data-turn]").querySelector("[data-answer]");
  const top = fixed.getBoundingClientRect().top;
  const turns = document.getElementById("turns");
  const height = turns.offsetHeight;
  requestAnimationFrame(() => {
    // At the end of the page there must be something left to scroll by.
    if (turns.offsetHeight < height) turns.style.minBlockSize = `${height}px`;
    scrollBy({ top: fixed.getBoundingClientRect().top - top, behavior: "instant" });
  });
});
// The next question scrolls to the end anyway; before that, taking the room away could move the text.
document.addEventListener("turns:moved", () => {
  if (document.querySelector("#turns > [data-pending]")) document.getElementById("turns").style.removeProperty("min-block-size");
});
