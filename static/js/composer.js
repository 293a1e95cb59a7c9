// The composer: typing is never blocked, nothing typed is ever lost, Send and Stop are one button.
import htmx from "../vendor/htmx.esm.min.js";
import { say } from "./announce.js";
import { isAttaching, putBack, take } from "./attach.js";
import { deliver, freshId } from "./ask.js";
import { keep, recall } from "./drafts.js";
import { erase, paint, pending } from "./pending.js";
import { explain, isLocked } from "./limit.js";
import { forgive, refuseWith } from "./refusal.js";
import { stop } from "./stop.js";
import { running } from "./turns.js";

const GIVE_UP_RESENDING_MS = 600_000;
const READING_MS = 4000;
const form = () => document.getElementById("composer");
const box = () => document.getElementById("question");
const conversation = () => document.querySelector(".chat")?.dataset.conversation ?? "";

let sending = null; // {ask, controller, stopWanted} while a question is on its way

document.addEventListener("submit", (event) => {
  if (event.target !== form()) return;
  event.preventDefault();
  if (running()) halt();
  else send();
});

document.addEventListener("keydown", (event) => {
  if (event.target !== box() || event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  if (!running()) send();
  else if (box().value.trim()) say("Claude is still answering. Press Esc to stop, or wait a moment");
});

document.addEventListener("input", ({ target }) => {
  if (target !== box()) return;
  keep(conversation(), { text: target.value });
  grow();
});

document.addEventListener("click", (event) => {
  // The second half of a double click on Send must not stop what the first half began.
  if (event.detail > 1 && event.target.closest?.("#send") && running()) event.preventDefault();
  const starter = event.target.closest?.("[data-starter]");
  if (starter) write(starter.textContent);
});

document.addEventListener("turns:moved", label);

function label() {
  const button = document.getElementById("send");
  const turn = running();
  const words = turn ? turn.querySelector("[data-stop]")?.textContent || "Stop" : "Send";
  button.dataset.mode = turn ? "stop" : "send";
  if (button.textContent.trim() !== words) button.querySelector(".sr").textContent = words;
}

function send() {
  const question = box().value;
  if (!question.trim()) return box().focus();
  if (isLocked()) return explain();
  if (isAttaching()) return say("A file is still on its way. It will be a moment", "warn", READING_MS);
  const ask = { id: freshId(), question, files: take(), model: form().elements.model?.value ?? "", at: Date.now() };
  keep(conversation(), { text: "", ask });
  box().value = "";
  grow();
  document.dispatchEvent(new Event("composer:written"));
  carry(ask);
}

async function carry(ask) {
  const from = conversation();
  forgive();
  paint(ask.question);
  sending = { ask, controller: new AbortController(), stopWanted: false };
  const onWait = () => say(navigator.onLine ? "Not sent yet. Trying again…" : "You are offline. Your message will be sent when you are back", "warn", Infinity);
  try {
    const answer = await deliver(form().action, ask, { onWait, signal: sending.controller.signal });
    if (answer.accepted) await accept(from, answer);
    else await giveBack(from, ask, answer);
  } catch (error) {
    if (error.name !== "AbortError") throw error;
    await giveBack(from, ask, null);
  }
}

async function accept(from, { html, url }) {
  const { stopWanted } = sending;
  sending = null;
  const begins = !from;
  const turn = begins && html.match(/<article[^>]* id="(turn-\d+)"/)?.[1];
  if (turn) pending().id = turn;
  const typed = recall(from).text;
  keep(from, { text: "", ask: null, files: [] });
  await htmx.swap({ sourceElement: form(), target: "#main", swap: begins ? "innerMorph" : "none", push: url ?? "false", text: html });
  pending()?.remove(); // only if the server answered without the turn; the socket brings it
  keep(conversation(), { text: typed });
  if (stopWanted) stop();
}

async function giveBack(from, ask, answer) {
  sending = null;
  const typed = recall(from).text;
  erase();
  keep(from, { text: [ask.question, typed].filter(Boolean).join("\n\n"), ask: null });
  write(recall(from).text);
  putBack(ask.files);
  say(answer ? "Not sent" : "Taken back", "", READING_MS);
  if (answer) await refuseWith(answer);
}

function halt() {
  if (!sending || !pending()) return stop();
  // Nobody knows yet whether it arrived: stop it as soon as it has, or take it back if it never left.
  sending.stopWanted = true;
  if (navigator.onLine) pending().dataset.stopping = "";
  else sending.controller.abort();
}

function write(text) {
  box().value = text;
  keep(conversation(), { text });
  grow();
  document.dispatchEvent(new Event("composer:written"));
  box().focus();
}

/** Put words that came from elsewhere behind what is in the box. */
export const add = (text) => write([box().value, text].filter(Boolean).join("\n\n"));

// For browsers that cannot size a field by its content.
function grow() {
  if (CSS.supports("field-sizing", "content")) return;
  box().style.blockSize = "auto";
  box().style.blockSize = `${box().scrollHeight}px`;
}

label();
const { text, ask } = recall(conversation());
if (text && !box().value) box().value = text;
if (ask && Date.now() - ask.at < GIVE_UP_RESENDING_MS) carry(ask);
else if (ask) {
  keep(conversation(), { text: [ask.question, text].filter(Boolean).join("\n\n"), ask: null });
  putBack(ask.files);
}
grow();
