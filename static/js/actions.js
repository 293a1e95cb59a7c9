// The actions under an answer: one press is one ask, however often it is sent, and the focus does not fall off the page.
import { freshId } from "./ask.js";

const ids = new WeakMap();
let chosen = null; // the turn that a version button leads to

document.addEventListener("htmx:config:request", ({ target, detail: { ctx } }) => {
  const button = ctx.request.submitter;
  if (target.id !== "act" || !button) return;
  if (!ids.has(button)) ids.set(button, freshId());
  ctx.request.body.set("ask_id", ids.get(button));
  chosen = { turn: ctx.request.action.match(/(\d+)\/select\//)?.[1], label: button.getAttribute("aria-label") };
});

document.addEventListener("htmx:finally:request", ({ target }) => {
  if (target.id !== "act" || document.activeElement !== document.body) return;
  const arrows = [...document.querySelectorAll(`#turn-${chosen?.turn} .branches button:enabled`)];
  const next = arrows.find((arrow) => arrow.getAttribute("aria-label") === chosen.label) ?? arrows[0];
  (next ?? document.getElementById("question")).focus({ preventScroll: true });
});
