// Where a question waits until Claude is back and nobody looks at the page, its title says when there is news.
import { running } from "./turns.js";

const LOOK_MS = 30_000;
let title = null; // as it was before there was news
let waited = false;

const here = () => document.querySelector(".chat")?.dataset.conversation;
const waits = () => "putOff" in (running()?.dataset ?? {});

// A page that was opened behind another one hears everything until it has been looked at.
document.addEventListener("turns:moved", () => {
  if (waits()) waited = true;
  else if (!running()) {
    if (waited) tell();
    waited = false;
  }
});

// One that was put behind another one hears nothing any more, and asks. The rail is only looked at, so that the mark
// in it stays until somebody reads the answer.
setInterval(async () => {
  if (document.hidden && title === null && waits() && await isAnswered()) tell();
}, LOOK_MS);

async function isAnswered() {
  try {
    const response = await fetch("/rail/", { headers: { "HX-Request": "true" } });
    return response.ok && (await response.text()).includes(`id="rail-${here()}" data-news`);
  } catch {
    return false; // no network; the next look may find one
  }
}

function tell() {
  if (!document.hidden || title !== null) return;
  title = document.title;
  document.title = `News: ${title}`;
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden || title === null) return;
  document.title = title;
  title = null;
});
