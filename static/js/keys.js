// Shortcuts. Single keys count only outside fields, and only while the person has not switched them off.
import { preference } from "./preferences.js";
import { latest, leave } from "./scroll.js";
import { stop } from "./stop.js";
import { running } from "./turns.js";

const box = () => document.getElementById("question");
const turns = () => [...document.querySelectorAll("#turns > [data-turn]")];

const KEYS = {
  "?": () => document.getElementById("preferences").showModal(),
  "/": () => search(),
  n: () => document.querySelector("[data-new-chat]").click(),
  m: () => box().focus(),
  j: () => go(1),
  k: () => go(-1),
  l: () => latest(),
  s: () => stop(),
  c: () => press("[data-copy-answer]"),
  r: () => press("[data-retry]"),
  e: () => press("[data-edit]"),
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open], :popover-open")) return;
  if (event.key === "Escape") return escape(event);
  if (event.target.closest("input, textarea, select, [contenteditable]") || !preference("keys") || !KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
});

function escape({ target }) {
  if (target.closest("input, .editing")) return; // there it means something else
  if (running()) document.getElementById("send").click();
  else if (target === box()) box().blur();
}

function search() {
  const field = document.getElementById("search");
  if (!field.checkVisibility()) document.getElementById("rail").showPopover();
  field.focus();
}

/** The turn the reader is in: where the focus is, or the last one. */
const current = () => document.activeElement.closest("#turns > [data-turn]") ?? turns().at(-1);
const press = (selector) => current()?.querySelector(selector)?.click();

function go(step) {
  const all = turns();
  const inside = document.activeElement.closest("#turns > [data-turn]");
  const next = inside ? all[all.indexOf(inside) + step] : all.at(-1);
  if (!next) return;
  leave();
  const heading = next.querySelector(".speaker");
  heading.focus({ preventScroll: true });
  heading.scrollIntoView({ block: "start", behavior: "instant" });
}
