// The desk without a new page for every step: the next item, a label, a note are put in place of what stood there.
import "./markup.js";

const KEPT = "What you entered is still here.";
const GONE = `This is not there any more; it was deleted. ${KEPT}`;
const BROKEN = `Something broke on our side. ${KEPT} Please try again in a moment.`;

/** Calls back whenever another item stands there. */
export function onArrival(act) {
  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    if (ctx.select !== "#desk") return hold(ctx.select);
    act();
    document.querySelector("#desk h1").focus({ preventScroll: true });
    scrollTo({ top: 0, behavior: "instant" });
  });
}

// Whoever pressed a button that is gone now is still at the labels, or at the notes; and sees what was said about it.
function hold(part) {
  const inside = document.querySelector(`${part} :is(input[name=name], summary)`);
  if (document.activeElement === document.body) inside?.focus();
  document.querySelector("#said li")?.scrollIntoView({ block: "nearest" });
}

// What is no page of the desk is none of ours: the browser goes there itself, unless something entered would be lost.
document.addEventListener("htmx:before:response", (event) => {
  const { ctx } = event.detail;
  const { request, response } = ctx;
  // Another answer may have been put there while this one was on its way.
  if (ctx.target?.isConnected === false) ctx.target = document.querySelector(ctx.select) ?? ctx.target;
  const signedOut = !new URL(response.raw.url).pathname.startsWith("/review/");
  if (!signedOut && (response.raw.ok || response.status === 400)) return;
  event.preventDefault();
  if (signedOut && request.method !== "GET") return say(`You have been signed out. ${KEPT}`, signIn());
  giveUp(ctx);
});
// What has nothing to put in place, whoever sent it, must not leave an empty page.
document.addEventListener("htmx:before:swap", (event) => {
  const { ctx, tasks } = event.detail;
  if (tasks.some(({ type, fragment }) => type === "main" && fragment.childElementCount)) return;
  event.preventDefault();
  giveUp(ctx);
});

function giveUp({ request, response }) {
  if (request.method === "GET") return location.assign(request.action);
  if (response.status === 403) return renew();
  say(response.status === 404 ? GONE : BROKEN);
}
document.addEventListener("htmx:error", () => say(`That did not reach the server. ${KEPT} Please try again.`));

// Whoever has signed in anew has another token since. A page on which nobody's words stand tells which.
async function renew() {
  const page = await fetch("/accounts/logout/").then((answer) => answer.text(), () => "");
  const token = page.match(/name="csrfmiddlewaretoken" value="(\w+)"/)?.[1];
  for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = token ?? field.value;
  say(`This page is from before you signed in or out. ${KEPT} ${token ? "Please send it once more." : "Reload to go on."}`);
}

function say(...words) {
  const line = document.createElement("li");
  line.className = "error";
  line.append(...words.flatMap((part) => [part, " "]));
  document.getElementById("said").replaceChildren(line);
  line.scrollIntoView({ block: "nearest" });
}

// Beside this page: what was entered would be gone with it.
function signIn() {
  const link = document.createElement("a");
  const next = encodeURIComponent(location.pathname + location.search);
  Object.assign(link, { href: `/accounts/login/?next=${next}`, target: "_blank", rel: "noopener" });
  link.textContent = "Sign in again in a new tab";
  return link;
}
