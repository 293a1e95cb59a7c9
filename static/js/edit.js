// Edit a question where it stands; asking again makes a branch and keeps the old one.
import htmx from "../vendor/htmx.esm.min.js";
import { deliver, freshId } from "./ask.js";
import { add } from "./composer.js";
import { keepEdit, recall } from "./drafts.js";
import { forgive, refuse, refuseWith } from "./refusal.js";

const MOVED = "The question you were editing was changed from another page. Your words are in the box below.";
const edits = new Map(); // every open form, and the question it began with
const conversation = () => document.querySelector(".chat")?.dataset.conversation ?? "";

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-edit]");
  if (button) open(button)?.focus();
  else if (target.closest?.("[data-edit-cancel]")) close(target.closest("[data-turn]"));
});

document.addEventListener("submit", (event) => {
  if (!event.target.matches(".editing")) return;
  event.preventDefault();
  save(event.target);
});

document.addEventListener("input", ({ target }) => {
  const form = target.closest?.(".editing");
  if (form) keepEdit(conversation(), form.dataset.of, target.value);
});

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.(".editing");
  if (!form || event.isComposing) return;
  if (event.key === "Escape") close(form.closest("[data-turn]"));
  else if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); form.requestSubmit(); }
});

// Another tab may show another branch at any moment; what was typed here goes on in the composer.
document.addEventListener("turns:moved", () => edits.forEach((_, form) => rescue(form)));

function rescue(form) {
  if (form.isConnected || isSending(form)) return;
  const text = form.querySelector("textarea").value;
  if (text.trim() && text !== edits.get(form)) {
    add(text);
    refuse(MOVED);
  }
  forget(form);
}

function forget(form) {
  edits.delete(form);
  keepEdit(conversation(), form.dataset.of);
}

const isSending = (form) => form.querySelector("[type=submit]").disabled;

/** The box of the form beside a button, opened if it is not yet. */
function open(button) {
  const turn = button.closest("[data-turn]");
  const before = turn.querySelector(".editing textarea");
  if (before) return before;
  const form = document.getElementById("edit-turn").content.firstElementChild.cloneNode(true);
  form.action = button.dataset.edit;
  form.dataset.askId = freshId();
  form.dataset.of = turn.dataset.turn;
  const box = form.querySelector("textarea");
  box.value = turn.querySelector("[data-question]").textContent;
  edits.set(form, box.value);
  turn.dataset.editing = "";
  turn.querySelector(".asked").append(form);
  box.setSelectionRange(box.value.length, box.value.length);
  return box;
}

function close(turn) {
  delete turn.dataset.editing;
  const form = turn.querySelector(".editing");
  forget(form);
  form.remove();
  turn.querySelector("[data-edit]").focus();
}

async function save(form) {
  const question = form.querySelector("textarea").value;
  const submit = form.querySelector("[type=submit]");
  if (!question.trim() || isSending(form)) return;
  forgive();
  submit.disabled = true;
  submit.textContent = "Sending…";
  const answer = await deliver(form.action, { id: form.dataset.askId, question }, { onWait() {}, signal: new AbortController().signal });
  if (answer.accepted) {
    forget(form);
    document.getElementById("question").focus({ preventScroll: true });
    return htmx.swap({ sourceElement: document.body, target: "#turns", swap: "none", text: answer.html });
  }
  submit.disabled = false;
  submit.textContent = "Ask again";
  form.dataset.askId = freshId();
  await refuseWith(answer);
  if (!form.isConnected) rescue(form);
}

// What was open before a reload is open again; where its question is shown no more, the words go on in the composer.
for (const [turn, words] of Object.entries(recall(conversation()).edits)) {
  const button = document.querySelector(`[data-turn="${CSS.escape(turn)}"] [data-edit]`);
  if (button) open(button).value = words;
  else {
    keepEdit(conversation(), turn);
    add(words);
    refuse(MOVED);
  }
}
