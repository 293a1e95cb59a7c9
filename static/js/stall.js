// Says so when an answer has been silent for a while.
import { running } from "./turns.js";

const SILENCE_S = 10;
let last = performance.now();
let words = null;

document.addEventListener("turns:moved", () => { last = performance.now(); words = null; });
document.addEventListener("htmx:after:settle", ({ target }) => {
  if (target.closest?.("[data-answer], .thinking")) last = performance.now();
});

// In line, and until the next try begins, the page knows that nothing will come.
function isToldToWait(turn) {
  if (turn.dataset.state === "queued") return true;
  if (turn.dataset.state !== "retrying") return false;
  const until = Date.parse(turn.querySelector("[data-until]")?.dataset.until);
  if (until > Date.now()) last = performance.now();
  return until > Date.now();
}

setInterval(() => {
  const turn = running();
  if (!turn || isToldToWait(turn) || "putOff" in turn.dataset || "stopping" in turn.dataset) return;
  const sign = turn.querySelector("[data-working]");
  const seconds = Math.floor((performance.now() - last) / 1000);
  if (seconds >= SILENCE_S) {
    words ??= sign.textContent;
    sign.textContent = `Still working, ${seconds} s`;
  } else if (words !== null) {
    sign.textContent = words;
    words = null;
  }
}, 500);
