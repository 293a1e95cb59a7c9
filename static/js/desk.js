// The desk without a new page for every step: the next item, a label, a note are put in place of what stood there.
import "./markup.js";

const KEPT = "What you entered is still here.";
const WHY = {
  403: `This page is from before you signed in or out. ${KEPT} Reload to go on.`,
  404: `This is not there any more; it was deleted. ${KEPT}`,
};

/** Calls back whenever another item stands there. */
export function onArrival(act) {
  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    if (ctx.select !== "#desk") return hold(ctx.select);
    act();
    document.querySelector("#desk h1").focus({ preventScroll: true });
    scrollTo({ top: 0, behavior: "instant" });
  });
}

// Whoever put on a label by a button that is gone now is still at the labels.
function hold(turn) {
  if (document.activeElement === document.body) document.querySelector(`${turn} .labels input[name=name]`)?.focus();
}

// What is no page of the desk is none of ours: the browser goes there itself, unless something entered would be lost.
document.addEventListener("htmx:before:response", (event) => {
  const { request, response } = event.detail.ctx;
  const signedOut = !new URL(response.raw.url).pathname.startsWith("/review/");
  if (!signedOut && (response.raw.ok || response.status === 400)) return;
  event.preventDefault();
  if (request.method === "GET") return location.assign(request.action);
  if (signedOut) return say(`You have been signed out. ${KEPT}`, signIn());
  say(WHY[response.status] ?? `Something broke on our side. ${KEPT} Please try again in a moment.`);
});
document.addEventListener("htmx:error", () => say(`That did not reach the server. ${KEPT} Please try again.`));

function say(...words) {
  const line = document.createElement("li");
  line.className = "error";
  line.append(...words.flatMap((part) => [part, " "]));
  document.getElementById("said").replaceChildren(line);
  line.scrollIntoView({ block: "nearest" });
}

function signIn() {
  const link = document.createElement("a");
  Object.assign(link, { href: `/accounts/login/?next=${location.pathname}`, textContent: "Sign in again" });
  return link;
}
