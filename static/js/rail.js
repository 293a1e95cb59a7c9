// The rail and the header: which conversation runs, what it is called, renaming in place.
import { running } from "./turns.js";

const here = () => document.querySelector(".chat")?.dataset.conversation;

document.addEventListener("turns:moved", () => {
  const turn = running();
  document.getElementById(`rail-${here()}`)?.toggleAttribute("data-running", Boolean(turn) && !("putOff" in turn.dataset));
  for (const link of document.querySelectorAll("#rail-list [aria-current]")) link.removeAttribute("aria-current");
  document.querySelector(`#rail-${CSS.escape(here() ?? "none")} a`)?.setAttribute("aria-current", "page");
});

document.addEventListener("htmx:after:settle", ({ target }) => {
  if (target.id === "conversation-title") document.title = `${target.textContent} · Chat`;
});

document.addEventListener("click", ({ target }) => {
  if (!target.closest?.("[data-rename]")) return;
  document.getElementById("menu").hidePopover();
  rename(true);
  const field = document.getElementById("new-title");
  field.value = document.getElementById("conversation-title").textContent;
  field.select();
});
document.addEventListener("keydown", (event) => {
  if (event.target.id === "new-title" && event.key === "Escape") rename(false);
});
document.addEventListener("focusout", ({ target, relatedTarget }) => {
  if (target.closest?.("#rename") && !relatedTarget?.closest?.("#rename")) rename(false);
});

function rename(open) {
  document.getElementById("rename").hidden = !open;
  document.getElementById("conversation-title").hidden = open;
}
