// Carries a question to the server until it is accepted or refused; the same ask_id makes any number of tries one turn.
const WAITS_MS = [500, 1000, 2000, 4000];
const PATIENCE_MS = 15_000;
const PASSING = new Set([502, 503, 504]);

/** A fresh UUID; randomUUID exists only on https and localhost, and a house may serve plain http. */
export const freshId = () => crypto.randomUUID?.() ?? "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (c) =>
  (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16));

/** The server's answer: {accepted, html, url, signedOut}. Calls `onWait` when it has to try again. */
export async function deliver(url, { id, question, model = "", files = [] }, { onWait, signal }) {
  const token = document.querySelector("#act [name=csrfmiddlewaretoken]").value;
  for (let tries = 0; ; tries++) {
    const body = new URLSearchParams({ question, model, ask_id: id, csrfmiddlewaretoken: token });
    for (const { key } of files) body.append("attachments", key);
    const response = await post(url, body, signal);
    if (response && !PASSING.has(response.status)) return read(response);
    onWait(tries);
    await pause(WAITS_MS[Math.min(tries, WAITS_MS.length - 1)], signal);
  }
}

async function post(url, body, signal) {
  const headers = { "HX-Request": "true", Accept: "text/html" };
  try {
    return await fetch(url, { method: "POST", body, headers, signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]) });
  } catch (error) {
    signal.throwIfAborted();
    return null; // no network, or no answer in time: nobody knows whether it arrived, so it is asked again
  }
}

async function read(response) {
  const html = await response.text();
  const signedOut = response.status === 401 || (response.redirected && response.url.includes("/accounts/login/"));
  return {
    accepted: response.ok && !signedOut,
    html: response.headers.get("Content-Type")?.startsWith("text/html") ? html : "",
    status: response.status,
    url: response.headers.get("HX-Push-Url"),
    signedOut,
  };
}

/** Waits, but not when the network comes back earlier. */
function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      removeEventListener("online", done);
      signal.aborted ? reject(signal.reason) : resolve();
    }
    addEventListener("online", done);
    signal.addEventListener("abort", done, { once: true });
  });
}
