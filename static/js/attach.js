// Files beside a question: chosen, pasted or dropped; each is looked at by the server before it is asked with.
import { say } from "./announce.js";
import { keep, recall } from "./drafts.js";
import { forgive, refuse } from "./refusal.js";

const MOST = 5;
const READING_MS = 4000;
const FAILED = "That file could not be attached. Please try once more.";
const OFFLINE = "You are offline, so that file could not be attached.";
const known = new WeakMap(); // what the server said of a file, by its chip
const list = () => document.getElementById("chips");
const form = () => document.getElementById("composer");
const conversation = () => document.querySelector(".chat")?.dataset.conversation ?? "";
const token = () => document.querySelector("#act [name=csrfmiddlewaretoken]").value;
const attached = () => [...list().children].map((chip) => known.get(chip)).filter(Boolean);

/** Whether a file is still on its way. */
export const isAttaching = () => Boolean(list().querySelector("[data-waits]"));

/** What is attached, taken off the composer. */
export function take() {
  const files = attached();
  list().replaceChildren();
  remember();
  return files;
}

/** Put files back, because their question was not accepted, or the page was left. */
export function putBack(files = []) {
  list().prepend(...files.map(shown));
  remember();
}

const remember = () => keep(conversation(), { files: attached() });

async function attach(files) {
  forgive();
  for (const file of files) {
    if (list().children.length >= MOST) return refuse(`At most ${MOST} files go with one question.`);
    await send(file);
  }
}

async function send(file) {
  const chip = waiting(file.name || "a picture");
  list().append(chip);
  const body = new FormData();
  body.append("file", file, file.name || "picture");
  body.append("csrfmiddlewaretoken", token());
  const response = await fetch("/attachments/", { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
  const said = response ? await response.json().catch(() => ({})) : { message: OFFLINE };
  if (response?.ok && said.key) {
    chip.replaceWith(shown(said));
    say(`${said.name} is attached`, "", READING_MS);
  } else {
    chip.remove();
    refuse(said.message ?? (response?.status === 413 ? "That file is larger than 10 MB. A smaller picture, or a part of it, will do." : FAILED));
  }
  remember();
}

function waiting(name) {
  const chip = document.createElement("li");
  chip.className = "chip";
  chip.dataset.waits = "";
  chip.append(span("name", name), span("hint", "…"));
  return chip;
}

function shown(said) {
  const { key, name, kind, words } = said;
  const chip = document.createElement("li");
  chip.className = "chip";
  chip.dataset.file = key;
  const picture = () => Object.assign(document.createElement("img"), { src: `/attachments/${key}/`, alt: "" });
  const button = Object.assign(document.createElement("button"), { type: "button", className: "quiet only-icon" });
  button.dataset.removeFile = `/attachments/${key}/remove/`;
  button.setAttribute("aria-label", `Remove ${name}`);
  button.append(span("icon icon-close", ""));
  chip.append(kind === "image" ? picture() : span("icon icon-file", ""), span("name", name), span("hint", words), button);
  known.set(chip, { key, name, kind, words });
  return chip;
}

function span(className, text) {
  return Object.assign(document.createElement("span"), { className, textContent: text });
}

document.addEventListener("change", ({ target }) => {
  if (target.id !== "files") return;
  const files = [...target.files];
  target.value = "";
  attach(files);
});

document.addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])];
  if (event.target.id !== "question" || !files.length) return;
  event.preventDefault();
  attach(files);
});

for (const name of ["dragover", "drop", "dragleave"]) {
  document.addEventListener(name, (event) => {
    if (!event.dataTransfer?.types.includes("Files") || !form()) return;
    event.preventDefault();
    form().toggleAttribute("data-over", name === "dragover");
    if (name === "drop") attach([...event.dataTransfer.files]);
  });
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-remove-file]");
  if (!button) return;
  const body = new URLSearchParams({ csrfmiddlewaretoken: token() });
  fetch(button.dataset.removeFile, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
  button.closest(".chip").remove();
  remember();
  document.getElementById("question").focus();
});

if (list()) putBack(recall(conversation()).files);
