// Copies an answer as the markdown it was written in, and code exactly as it stands.
import { say } from "./announce.js";

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.(".code [data-copy], [data-copy-answer]");
  if (!button) return;
  const text = "copyAnswer" in button.dataset ? answer(button) : code(button);
  write(text).then(() => thank(button), () => say("Copying is not allowed here", "warn"));
});

const code = (button) => Promise.resolve(button.closest(".code").querySelector("code").textContent);

async function answer(button) {
  const response = await fetch(button.dataset.copyAnswer).catch(() => null);
  return response?.ok && !response.redirected ? response.text() : button.closest("[data-turn]").querySelector("[data-answer]").innerText;
}

async function write(text) {
  if (!navigator.clipboard) return writeTheOldWay(await text);
  // A promise inside the item keeps the click's permission alive while the text is fetched.
  const blob = text.then((words) => new Blob([words], { type: "text/plain" }));
  return navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
}

// On plain http other than localhost there is no clipboard, only this.
function writeTheOldWay(text) {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "sr";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (!done) throw new Error("not allowed");
}

function thank(button) {
  say("Copied");
  button.dataset.copied = "";
  setTimeout(() => delete button.dataset.copied, 1500);
}
