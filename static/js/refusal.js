// The one place by the composer where a kind refusal is shown and heard.
import htmx from "../vendor/htmx.esm.min.js";

const PLACE = "#refusal";
const place = () => document.querySelector(PLACE);
const STRANGE = "That did not work, and the server gave no reason. Your words are kept here; please try again.";
const GONE = "This conversation was deleted. Your words are kept here; copy them into a new chat.";

/** Show the server's own sentence, or ours when it had none. */
export async function refuseWith({ html, status, signedOut }) {
  // The socket may have been quicker with the same news; what is said twice is heard twice.
  if (status === 402 && place().querySelector("[data-over-budget]")) return;
  if (signedOut) return refuse("You have been signed out. Your words are kept here.", signIn());
  if (status === 404) return refuse(GONE);
  if (status === 403) return refuse("This page is from before you signed in or out. Your words are kept here.", signIn());
  await htmx.swap({ sourceElement: document.body, target: PLACE, swap: "innerHTML", select: ".refusal", text: html });
  if (!place().textContent.trim()) refuse(STRANGE);
}

export function refuse(...words) {
  const line = document.createElement("p");
  line.className = "refusal";
  line.append(...words.flatMap((part) => [part, " "]));
  forgive();
  place().append(line);
}

/** Take away what was said, but not a limit that still stands. */
export function forgive() {
  const stands = document.getElementById("spent")?.dataset.room === "none";
  for (const item of [...place().children]) if (!stands || !("overBudget" in item.dataset)) item.remove();
}

export function signIn() {
  const link = document.createElement("a");
  link.href = `/accounts/login/?next=${encodeURIComponent(location.pathname)}`;
  link.textContent = "Sign in again";
  return link;
}

document.addEventListener("htmx:error", ({ detail }) => {
  if (detail.ctx?.request?.method === "POST") refuse("That did not reach the server. Please try again.");
});
document.addEventListener("htmx:before:request", ({ detail }) => {
  if (detail.ctx.request.method === "POST") forgive();
});
document.addEventListener("htmx:response:error", ({ detail }) => {
  if (detail.ctx.response.status >= 500) refuse("Something broke on our side. Please try again in a moment.");
});
