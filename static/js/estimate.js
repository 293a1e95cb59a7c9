// Under the composer: what the question being typed may cost at most, and what is left.
import { say } from "./announce.js";
import { isLocked } from "./limit.js";
import { preference } from "./preferences.js";
import { running } from "./turns.js";

const UTF8 = new TextEncoder();
const place = () => document.getElementById("estimate");
const box = () => document.getElementById("question");

let worst = null; // what the server last said, or a promise of it; null when it has to be asked again

function show() {
  const text = box().value;
  if (!place()) return;
  if (!text.trim() || isLocked() || !preference("estimate")) return place().replaceChildren();
  if (worst === null) return ask();
  if (worst.base_usd) place().textContent = words(UTF8.encode(text).length);
}

async function ask() {
  const asked = (worst = {});
  const response = await fetch(place().dataset.estimate, { headers: { Accept: "application/json" } }).catch(() => null);
  const said = response?.ok && !response.redirected ? await response.json().catch(() => ({})) : {};
  // A turn may have ended meanwhile, and then this is yesterday's news.
  if (worst !== asked) return;
  worst = said;
  show();
}

function words(bytes) {
  const most = Number(worst.base_usd) + bytes * Number(worst.byte_usd);
  if (worst.left_usd === null) return `At most ${dollars(most, Math.ceil)}`;
  const left = Number(worst.left_usd);
  // An answer is cut to what is left, so no question can cost more.
  return `At most ${most < left ? dollars(most, Math.ceil) : dollars(left, Math.floor)} · ${dollars(left, Math.floor)} left`;
}

/** A float's last digit is no reason for another cent. */
function dollars(amount, round) {
  const digits = amount >= 0.01 ? 2 : 4;
  return `$${(round((amount * 10 ** digits).toFixed(6)) / 10 ** digits).toFixed(digits)}`;
}

function forget() {
  worst = null;
  if (box().value.trim()) show();
}

document.addEventListener("input", ({ target }) => {
  if (target !== box()) return;
  // What was said of the last answer makes room for the next question.
  if (!running() && !document.getElementById("status").dataset.tone) say("");
  show();
});
document.addEventListener("change", ({ target }) => { if (target.dataset.preference === "estimate") show(); });
document.addEventListener("htmx:after:settle", ({ target }) => {
  if (target.matches?.("#spent, #main")) forget();
});
document.addEventListener("composer:written", show);
show();
