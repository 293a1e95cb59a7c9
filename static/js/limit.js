// Over a limit Send waits, typing does not; when there is room again the page says so and goes on.
import { say } from "./announce.js";
import { running } from "./turns.js";

const AGAIN = "You can send again.";
const spent = () => document.getElementById("spent");
const button = () => document.getElementById("send");
const receipt = () => document.querySelector("#refusal [data-over-budget]");

/** Whether no limit leaves room for a question. */
export const isLocked = () => spent()?.dataset.room === "none";

/** Say once more why a message stays here. */
export const explain = () => say(receipt()?.querySelector(".reason").textContent ?? "Over budget. Your message is kept.", "warn");

let wasLocked = isLocked();

function look() {
  if (wasLocked && !isLocked()) {
    receipt()?.remove();
    say(AGAIN);
  }
  wasLocked = isLocked();
  mark();
}

function mark() {
  const waits = isLocked() && !running();
  if (!waits) return ["aria-disabled", "aria-describedby"].forEach((name) => button().removeAttribute(name));
  button().setAttribute("aria-disabled", "true");
  button().setAttribute("aria-describedby", "over-budget");
}

mark();
document.addEventListener("turns:moved", mark);
document.addEventListener("htmx:after:settle", ({ target }) => {
  if (target.matches?.("#spent, #main")) look();
});
