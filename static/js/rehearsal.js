// The rehearsal's numbers anew every two seconds while they may change, and what the chosen fault means.
const EVERY_MS = 2000;
const figures = document.getElementById("figures");
const word = document.getElementById("word");
const fault = document.getElementById("id_fault");

const board = () => figures.querySelector("[data-board]");
const is = (name) => board()?.dataset[name] === "yes";

async function look() {
  if (!document.hidden) await redraw().catch(() => say("The numbers could not be fetched; they are asked for again."));
  if (is("live")) setTimeout(look, EVERY_MS);
}

async function redraw() {
  const answer = await fetch(figures.dataset.address, { credentials: "same-origin" });
  // Signed out, or no simulation any more: the page itself knows what to say.
  if (answer.redirected || [403, 404].includes(answer.status)) return location.reload();
  if (!answer.ok) throw new Error(answer.statusText);
  const ran = is("running");
  figures.innerHTML = await answer.text();
  // With its end the form comes back.
  if (ran && !is("running")) return location.reload();
  say("");
}

function say(words) {
  if (word.textContent === words) return;
  word.textContent = words;
  word.classList.toggle("visually-hidden", !words);
}

function explain() {
  const chosen = fault.selectedOptions[0];
  document.getElementById("meaning").textContent = chosen?.dataset.meaning ?? "";
  const when = document.querySelector("[data-field=retry_after]");
  when.hidden = !("maySayWhen" in (chosen?.dataset ?? {})) && !when.classList.contains("errors");
  if (when.hidden) when.querySelector("input").value = "";
}

if (is("live")) setTimeout(look, EVERY_MS);
if (fault) {
  fault.addEventListener("change", explain);
  explain();
}
