// Stop: said at once, done through the same door as without scripts.
import { say } from "./announce.js";
import { running } from "./turns.js";

export function stop() {
  const turn = running();
  const button = turn?.querySelector("[data-stop]");
  if (!button || "stopping" in turn.dataset) return;
  turn.dataset.stopping = "";
  turn.querySelector("[data-working]").textContent = "Stopping…";
  say("Stopping…");
  document.getElementById("act").requestSubmit(button);
}

// Where a turn waits, the way out stands beside its words, too.
document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-stop]")) return;
  event.preventDefault();
  stop();
});

// A Stop that did not arrive may be asked for again.
for (const name of ["htmx:error", "htmx:response:error"]) {
  document.addEventListener(name, () => running()?.removeAttribute("data-stopping"));
}
