// Keeps hx-ws honest: a watchdog over the beats, what the page has seen, and resuming after sleep, cuts and history.
import htmx from "../vendor/htmx.esm.min.js";
import { mention, say } from "./announce.js";
import { refuse, signIn } from "./refusal.js";
import { running } from "./turns.js";

const SILENCE_MS = { running: 2500, idle: 45_000 };
// A handshake is given up early, so that a network that came back is found; every fifth time a slow one may be slow.
const HANDSHAKE_MS = [1500, 1500, 1500, 1500, 8000];
const GRACE_MS = 700;
// Whoever restarts says goodbye to its pages one after the other: each of them may come back at once.
const RESTARTING = 1012;
const COME_BACK_MS = { restarting: 50, otherwise: 500 };
const OVER = {
  4401: () => refuse("You have been signed out. What you write is kept here.", signIn()),
  4404: () => refuse("This conversation was deleted. What you write here can still be copied."),
  4429: () => refuse("You have very many tabs open. This one is not updated by itself; close some and reload it."),
};

let connection = null;
let heard = performance.now();
let lostSince = null;
let tries = 0;

const wire = () => document.getElementById("wire");
const isOver = () => !wire() || "over" in wire().dataset;

function address() {
  const url = new URL(wire().getAttribute("hx-ws:connect"), location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  const versions = [...document.querySelectorAll("#turns, #turns > [data-version]")].map((item) => Number(item.dataset.version) || 0);
  url.searchParams.set("seen", Math.max(0, ...versions));
  url.searchParams.set("drawn", versions[0] ?? 0);
  url.searchParams.set("room", document.getElementById("spent")?.dataset.room ?? "");
  url.searchParams.set("outage", document.querySelector("#outage > [data-outage]")?.dataset.outage ?? "");
  url.searchParams.set("notices", [...document.querySelectorAll("#notices > [data-notice]")].map((item) => item.dataset.notice).join(","));
  if ("known" in wire().dataset) url.searchParams.set("again", "1");
  wire().dataset.known = "";
  return url.href;
}

function reconnect() {
  if (isOver()) return;
  heard = performance.now();
  htmx.process(wire(), true);
}

function lose(since = performance.now()) { lostSince ??= since; }

function hear() {
  heard = performance.now();
  tries = 0;
  if (lostSince !== null && document.getElementById("status").dataset.tone === "warn") say("Connected again");
  lostSince = null;
}

document.addEventListener("htmx:ws:before:connection", ({ detail }) => {
  connection = detail.connection;
  connection.url = address();
});
document.addEventListener("htmx:ws:before:message:incoming", hear);
document.addEventListener("htmx:ws:after:connection", () => { heard = performance.now(); });
document.addEventListener("htmx:ws:close", ({ detail }) => {
  if (detail.connection !== connection || detail.code === null) return;
  connection.config.reconnectDelay = detail.code === RESTARTING ? COME_BACK_MS.restarting : COME_BACK_MS.otherwise;
  if (!OVER[detail.code]) return lose();
  wire().dataset.over = "";
  say("");
  OVER[detail.code]();
});

setInterval(() => {
  if (document.hidden || isOver()) return;
  const now = performance.now();
  const silence = running() ? SILENCE_MS.running : SILENCE_MS.idle;
  if (now - heard > (lostSince === null ? silence : HANDSHAKE_MS[tries % HANDSHAKE_MS.length])) {
    lose(heard);
    tries += 1;
    reconnect();
  }
  if (lostSince !== null && now - lostSince > GRACE_MS) mention(navigator.onLine ? "Reconnecting…" : "You are offline. Reconnecting…", "warn");
}, 250);

// hx-ws reopens with the address it has; this runs before its own listener, in the capture phase.
document.addEventListener("visibilitychange", () => {
  if (document.hidden || isOver()) return;
  heard = performance.now();
  if (connection) connection.url = address();
}, true);
addEventListener("pageshow", ({ persisted }) => { if (persisted) reconnect(); });
addEventListener("online", reconnect);
addEventListener("offline", () => lose(0));

// A step through history before anybody listened has changed the address under a page that shows another place.
addEventListener("DOMContentLoaded", () => {
  const [visit] = performance.getEntriesByType("navigation");
  if (visit && new URL(visit.name).pathname !== location.pathname) location.reload();
});
