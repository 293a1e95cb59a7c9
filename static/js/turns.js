// How turns enter the page: htmx's swap styles "turn" and "state", and what stays as it is while a turn is morphed.
import htmx from "../vendor/htmx.esm.min.js";
import { localise } from "./when.js";

let api;

htmx.registerExtension("turns", {
  init(internals) {
    api = internals;
  },

  // An answer to a POST may come later than the socket's news of the same turn.
  htmx_before_swap(element, { tasks }) {
    if (element.id === "wire") return;
    for (const task of tasks) if (task.swapSpec?.style === "turn") task.swapSpec.late = true;
  },

  handle_swap(style, target, fragment, { late }) {
    if (style === "turn") return [...fragment.children].map((item) => place(target, item, late)).filter(Boolean);
    if (style !== "state") return false;
    target.dataset.state = fragment.textContent.trim();
    return [];
  },

  // A thinking block stays as its reader left it.
  htmx_before_morph_attr(element, { attrName }) {
    return !(attrName === "open" && element.localName === "details");
  },

  // htmx would replace a text node's whole value, and a selection inside would collapse; we change only what differs.
  // What was appended piece by piece is made one text first, so that like is compared with like.
  htmx_before_morph_node(_, { oldNode, newNode }) {
    oldNode.normalize();
    if (newNode.localName === "time") localise(newNode.parentNode);
    if (oldNode.closest("[data-answer]")) reorder(oldNode, newNode);
    const pairs = Math.min(oldNode.childNodes.length, newNode.childNodes.length);
    for (let i = 0; i < pairs; i++) {
      const [before, after] = [oldNode.childNodes[i], newNode.childNodes[i]];
      if (before.nodeType !== after.nodeType) return;
      if (before.nodeType === Node.TEXT_NODE) rewrite(before, after.data);
    }
  },
});

// An attribute that came later stands where a reload would put it: what streamed is what is drawn, to the letter.
function reorder(node, like) {
  const [have, want] = [node.getAttributeNames(), like.getAttributeNames()];
  if (have.join() !== want.join()) for (const name of have) node.removeAttribute(name);
}

function rewrite(node, text) {
  let same = 0;
  while (same < node.length && node.data.charCodeAt(same) === text.charCodeAt(same)) same++;
  if (same < node.length || same < text.length) node.replaceData(same, node.length - same, text.slice(same));
}

function place(list, item, late) {
  const shown = document.getElementById(item.id) ?? adopt(list, item);
  if (!shown) return insert(list, item);
  if (isOlder(item, shown, late)) return null;
  const fragment = document.createDocumentFragment();
  fragment.append(item);
  api.morph(shown, fragment, false);
  return shown;
}

// The turn that was painted before the server had answered becomes the real one.
function adopt(list, item) {
  const pending = list.querySelector("[data-pending]");
  if (!pending || question(pending) !== question(item)) return null;
  pending.id = item.id;
  return pending;
}

const question = (turn) => turn.querySelector("[data-question]")?.textContent.trim();

function isOlder(item, shown, late) {
  const [coming, here] = [Number(item.dataset.version), Number(shown.dataset.version)];
  return coming < here || (late && coming === here && !("pending" in shown.dataset));
}

function insert(list, item) {
  if (list.id === "turns") {
    const number = Number(item.dataset.turn);
    const others = [...list.querySelectorAll(":scope > [data-turn]")];
    const next = others.find((other) => Number(other.dataset.turn) > number);
    // Whatever changed above what was loaded comes with it, when it is asked for.
    if (next === others[0] && next && document.getElementById("older")) return null;
    next ? next.before(item) : list.append(item);
  } else {
    list.querySelector("ul").prepend(item);
  }
  return item;
}

/** The turn whose answer is still on its way, or null. */
export const running = () => document.querySelector("#turns > [data-turn]:not([data-final])");

/** Tell the other modules that a turn came, went or changed its state. */
export const moved = () => document.dispatchEvent(new Event("turns:moved"));

document.addEventListener("htmx:after:settle", ({ target, detail }) => {
  if (target.matches?.("#turns, #main") || detail.task.swapSpec.style === "state") moved();
});
