// Follows the newest words while the reader is at the bottom, and never moves the page under a reader anywhere else.
const NEAR_PX = 8;
const FAR_PX = 120;
const EARLY_PX = 1500;
const page = document.documentElement;
const gap = () => page.scrollHeight - innerHeight - scrollY;
let following = true;
let lastTop = scrollY;

function toBottom() {
  scrollTo({ top: page.scrollHeight, behavior: "instant" });
  // The news of a scroll comes a frame later; a hand that moves up within it moves up from here.
  lastTop = scrollY;
}

const isReading = () => {
  const selection = getSelection();
  return !selection.isCollapsed && document.getElementById("turns").contains(selection.anchorNode);
};

function show() {
  const button = document.getElementById("latest");
  if (button) button.hidden = following ? true : gap() < FAR_PX;
}

function grown() {
  if (following && gap() > 0 && !isReading()) toBottom();
  show();
}

const sizes = new ResizeObserver(grown);
function watch() {
  sizes.disconnect();
  for (const id of ["turns", "dock"]) sizes.observe(document.getElementById(id));
}

addEventListener("scroll", () => {
  // A page that shrank moves up by itself, but then it is still at its end.
  if (scrollY < lastTop && gap() > NEAR_PX) following = false;
  if (scrollY > lastTop && gap() <= NEAR_PX) following = true;
  if (scrollY < lastTop && scrollY < EARLY_PX) fetchOlder();
  lastTop = scrollY;
  show();
}, { passive: true });

// Before the scroll itself: a follower must not pull against a hand that has just begun to move.
function free() {
  if (scrollY > 0) following = false;
  if (scrollY < EARLY_PX) fetchOlder();
}
addEventListener("wheel", ({ deltaY }) => { if (deltaY < 0) free(); }, { passive: true });
addEventListener("keydown", ({ key, target }) => {
  if (["PageUp", "ArrowUp", "Home"].includes(key) && !target.matches("textarea, input, select")) free();
});

/** Go to the newest words and follow them from now on. */
export function latest() {
  following = true;
  document.getElementById("turns").style.removeProperty("min-block-size");
  toBottom();
  show();
}

/** Whether the newest words are followed. */
export const isFollowing = () => following;

/** The reader goes somewhere on purpose. */
export const leave = () => { following = false; };

document.addEventListener("click", ({ target }) => {
  if (!target.closest?.("#latest")) return;
  latest();
  document.getElementById("question").focus({ preventScroll: true });
});

let asked = document.querySelectorAll("#turns > [data-turn]").length;
document.addEventListener("turns:moved", () => {
  watch();
  const turns = document.querySelectorAll("#turns > [data-turn]");
  if (turns.length && turns[turns.length - 1].dataset.state === "sending" && turns.length !== asked) latest();
  asked = turns.length;
});

// A reader on the way up finds the older turns already there.
function fetchOlder() {
  const older = document.querySelector("#older:not([data-fetched])");
  if (!older) return;
  older.dataset.fetched = "";
  older.firstElementChild.click();
}

// What did not arrive is fetched when the reader moves on.
document.addEventListener("htmx:finally:request", ({ target }) => {
  const older = target.closest?.("#older");
  if (older) delete older.dataset.fetched;
});

// They come in above the reader: keep the line he reads where it was, also at the very top, where browsers do not.
let held = null;
document.addEventListener("htmx:before:swap", ({ detail }) => {
  if (!detail.tasks.some(({ target }) => target?.id === "older")) return;
  const first = document.querySelector("#turns > [data-turn]");
  held = { first, top: first.getBoundingClientRect().top };
});
document.addEventListener("htmx:after:swap", () => {
  if (!held) return;
  scrollBy({ top: held.first.getBoundingClientRect().top - held.top, behavior: "instant" });
  held = null;
});

watch();
const [visit] = performance.getEntriesByType("navigation");
if (document.querySelector(".chat[data-conversation]") && visit?.type === "navigate" && !location.hash) latest();
else addEventListener("load", () => {
  following = gap() <= NEAR_PX;
  lastTop = scrollY;
  show();
});
