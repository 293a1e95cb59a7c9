// What a screen reader is told: state words, failures, and whole sentences for those who asked for them. Never tokens.
import { running } from "./turns.js";
import { preference } from "./preferences.js";

const WORDS = {
  sending: "Sending",
  accepted: "Sent. Waiting for the first word",
  queued: "Waiting in line",
  thinking: "Claude is thinking",
  streaming: "Claude is answering",
  retrying: "Trying again",
  answered: "Claude has answered",
  truncated: "The answer reached its length limit",
  stopped: "Stopped",
  refused: "Claude declined to answer",
  over_budget: "Over budget",
  failed: "The answer failed",
  interrupted: "The answer was interrupted",
};
const WAITED = new Set(["queued", "retrying"]);
const ALARMS = new Set(["failed", "over_budget", "interrupted"]);

let heldUntil = 0;

/** Put words where they are seen and, politely, heard; for as long as they are held, nothing is merely mentioned over them. */
export function say(words, tone = "", holdMs = 0) {
  const status = document.getElementById("status");
  heldUntil = performance.now() + holdMs;
  if (!status || status.textContent === words) return;
  status.dataset.tone = tone;
  status.textContent = words;
}

/** Say it unless something more important stands there. */
export function mention(words, tone) {
  if (performance.now() >= heldUntil) say(words, tone);
}

const foot = (turn, selector) => turn.querySelector(`.foot ${selector}`)?.textContent ?? "";
// Every new try is news, but not every second until then.
const tried = (turn) => turn.querySelector("[data-until]")?.dataset.until ?? "";
const look = (turn) => ({ state: turn.dataset.state, tried: tried(turn), warning: foot(turn, ".warning") });

const known = new WeakMap();
for (const turn of document.querySelectorAll("#turns > [data-turn]")) known.set(turn, look(turn));

document.addEventListener("turns:moved", () => {
  const turn = document.querySelector("#turns > [data-turn]:last-child");
  if (!turn) return;
  const [before, now] = [known.get(turn), look(turn)];
  known.set(turn, now);
  const changed = now.state !== before?.state || (now.tried && now.tried !== before.tried);
  const news = [changed && stateOf(turn, before), before && now.warning !== before.warning && now.warning];
  if (news.some(Boolean)) say(news.filter(Boolean).join(". "));
  if (now.state === before?.state) return;
  // Where the composer shows the same limit, it says so itself.
  if (ALARMS.has(now.state) && !document.querySelector("#refusal [data-over-budget]"))
    document.getElementById("alarm").textContent = foot(turn, ".notice") || foot(turn, ".reason");
});

function stateOf(turn, before) {
  const { state } = turn.dataset;
  if ("putOff" in turn.dataset) return foot(turn, ".working");
  if (state === "accepted" && WAITED.has(before?.state)) return turn.querySelector("[data-working]").textContent;
  const own = (state === "truncated" && foot(turn, ".notice")) || (state === "retrying" && withoutCountdown(turn));
  return own || (WORDS[state] ?? "");
}

function withoutCountdown(turn) {
  const words = turn.querySelector("[data-working]").cloneNode(true);
  words.querySelector("[data-until]")?.remove();
  return words.textContent.replace(/\s+/g, " ").trim();
}

let read = { id: "", upTo: 0 };
setInterval(() => {
  if (!preference("sentences")) return;
  const turn = document.querySelector("#turns > [data-turn]:last-child");
  const text = turn?.querySelector("[data-answer]")?.innerText ?? "";
  if (turn?.id !== read.id) read = { id: turn?.id ?? "", upTo: running() ? 0 : text.length };
  const end = "final" in (turn?.dataset ?? {}) ? text.length : lastSentenceEnd(text);
  if (end <= read.upTo) return;
  document.getElementById("sentences").textContent = text.slice(read.upTo, end);
  read.upTo = end;
}, 1000);

const lastSentenceEnd = (text) => Math.max(...[". ", "! ", "? ", "\n", "。"].map((mark) => text.lastIndexOf(mark) + 1));
