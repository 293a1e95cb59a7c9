// Counts down to the next try, where a turn says when that will be, and holds the page still when it begins anew.
import { isFollowing } from "./scroll.js";
const LONGEST_S = 600;

function count() {
  for (const clock of document.querySelectorAll("[data-until]")) {
    const seconds = Math.ceil((Date.parse(clock.dataset.until) - Date.now()) / 1000);
    // A device whose clock is far behind says nothing rather than something wrong.
    const words = seconds > LONGEST_S ? "" : seconds > 0 ? `in ${seconds} s` : "now";
    if (clock.textContent !== words) clock.textContent = words;
  }
}

setInterval(count, 250);
// What was just drawn is told before it is painted.
document.addEventListener("htmx:after:swap", count);
document.addEventListener("turns:moved", count);
count();

// Another answer begins with a word where a whole page stood: whoever reads further up is not moved by that.
let held = null;
document.addEventListener("htmx:before:swap", () => {
  held = document.querySelector("#turns > [data-again]") && document.getElementById("turns").offsetHeight;
});
document.addEventListener("htmx:after:swap", () => {
  const turns = document.getElementById("turns");
  if (held && !isFollowing() && turns.offsetHeight < held) turns.style.minBlockSize = `${held}px`;
  held = null;
});
