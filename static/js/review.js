// The review desk by keyboard: J and K go on and back, numbers answer the marked question; and the replay of an answer.
import { onArrival } from "./desk.js";

const fields = "input:not([type=radio]), textarea, select";
const link = (name) => document.querySelector(`a[data-${name}]`);
const criteria = () => [...document.querySelectorAll("[data-criterion]")];

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest(fields)) return;
  const act = KEYS[event.key.toLowerCase()] ?? (/^[1-9]$/.test(event.key) ? () => choose(Number(event.key)) : null);
  // Held down, a key leads no further and answers no more: every item that is shown is recorded as read.
  const held = event.repeat && link("next");
  if (act && (held || act(event) !== false)) event.preventDefault();
});

const KEYS = {
  j: () => go("next", 1),
  k: () => go("previous", -1),
  enter: ({ target }) => (target.closest("a, button, summary") ? false : keep()),
};

/** To the next item; in a list, to the next row. */
function go(way, step) {
  if (link(way)) return link(way).click();
  const rows = [...document.querySelectorAll("[data-row] th a")];
  const at = rows.indexOf(document.activeElement);
  rows[Math.min(Math.max(at + step, 0), rows.length - 1)]?.focus();
}

function choose(number) {
  const marked = document.querySelector("[data-criterion][data-marked]");
  const answer = marked?.querySelector(`input[value="${number}"]`);
  if (!answer) return false;
  answer.checked = true;
  mark(criteria()[criteria().indexOf(marked) + 1] ?? marked);
}

function keep() {
  const card = document.querySelector("form.card");
  if (!card?.querySelector("[data-criterion]")) return false;
  card.requestSubmit();
}

function mark(one) {
  for (const other of criteria()) other.toggleAttribute("data-marked", other === one);
}

document.addEventListener("focusin", ({ target }) => {
  const inside = target.closest("[data-criterion]");
  if (inside) mark(inside);
});
document.addEventListener("change", ({ target }) => {
  const inside = target.closest("[data-criterion]");
  if (inside) mark(criteria()[criteria().indexOf(inside) + 1] ?? inside);
});
function begin() {
  mark(criteria().find((one) => !one.querySelector(":checked")) ?? criteria()[0]);
}
begin();
onArrival(begin);

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-replay]");
  if (button) replay(button.closest("[data-pace]"));
});

/** Shows the text step by step, each when it came. */
function replay(stage) {
  const numbers = stage.dataset.pace.split(" ").map(Number);
  const words = stage.querySelector("[data-words]").content.textContent;
  const film = stage.querySelector("[data-film]");
  const clock = stage.querySelector("[data-clock]");
  const run = (stage.run = {});
  const began = performance.now();
  film.hidden = false;
  const draw = () => {
    if (stage.run !== run) return;
    const now = performance.now() - began;
    let shown = 0;
    for (let at = 0; at < numbers.length && numbers[at] <= now; at += 2) shown = numbers[at + 1];
    film.textContent = words.slice(0, Math.ceil((words.length * shown) / 1000));
    clock.textContent = `${Math.min(now, numbers.at(-2)) / 1000 | 0} s`;
    if (now < numbers.at(-2)) requestAnimationFrame(draw);
  };
  draw();
}
