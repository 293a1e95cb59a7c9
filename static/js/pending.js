// The turn as it looks between Send and the server's answer.
import { moved } from "./turns.js";

export function paint(question) {
  const turn = document.getElementById("pending-turn").content.firstElementChild.cloneNode(true);
  turn.id = "turn-pending";
  turn.dataset.pending = "";
  turn.dataset.state = "sending";
  turn.querySelector("[data-question]").textContent = question;
  for (const part of turn.querySelectorAll("[data-answer]")) part.removeAttribute("id");
  document.querySelector(".chat").removeAttribute("data-empty");
  document.getElementById("turns").append(turn);
  moved();
  return turn;
}

export const pending = () => document.querySelector("#turns > [data-pending]");

/** Take it back: the question was not accepted. */
export function erase() {
  pending()?.remove();
  const chat = document.querySelector(".chat");
  chat.toggleAttribute("data-empty", !chat.dataset.conversation && !document.querySelector("#turns > [data-turn]"));
  moved();
}
