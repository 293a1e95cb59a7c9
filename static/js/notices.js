// Notices that somebody has put away stay away on this device, before the first paint as later. A page without a socket
// asks what there is to be read.
{
  const ASK_MS = 15_000;
  const MOST_KEPT = 50;
  const board = () => document.getElementById("notices");
  const place = () => `notices:${board()?.dataset.whose ?? ""}`;
  const kept = () => (localStorage.getItem(place()) ?? "").split(" ").filter(Boolean);

  function hide() {
    const away = new Set(kept());
    for (const notice of board()?.children ?? []) notice.hidden = away.has(notice.dataset.notice);
  }

  // As the server draws it, out of the same template; one that stays is left as it is, and is not read out again.
  function draw(notices) {
    const there = new Map([...board().children].map((notice) => [notice.dataset.notice, notice]));
    const wanted = notices.map((notice) => there.get(notice.key) ?? made(notice));
    for (const [key, notice] of there) if (!notices.some((one) => one.key === key)) notice.remove();
    wanted.forEach((notice, index) => {
      if (board().children[index] !== notice) board().insertBefore(notice, board().children[index] ?? null);
    });
    hide();
  }

  function made({ key, kind, word, text }) {
    const notice = document.getElementById("notice").content.firstElementChild.cloneNode(true);
    notice.id = `notice-${key}`;
    Object.assign(notice.dataset, { notice: key, kind });
    notice.hidden = kept().includes(key);
    notice.querySelector("[data-word]").textContent = word;
    notice.querySelector("[data-text]").textContent = text;
    return notice;
  }

  async function ask() {
    if (document.hidden || !board() || document.getElementById("wire")) return;
    try {
      const response = await fetch(board().dataset.address, { headers: { Accept: "application/json" } });
      if (response.ok) draw((await response.json()).notices);
    } catch {
      // No network; the next time there may be one.
    }
  }

  document.addEventListener("click", ({ target }) => {
    const notice = target.closest?.("[data-dismiss]")?.closest("[data-notice]");
    if (!notice) return;
    localStorage.setItem(place(), [...kept(), notice.dataset.notice].slice(-MOST_KEPT).join(" "));
    hide();
    // Whoever came by keyboard goes on with the next one, or with the message.
    const next = board().querySelector(".announcement:not([hidden]) [data-dismiss]") ?? document.getElementById("question") ?? document.querySelector("main, #content-start");
    next?.focus();
  });
  addEventListener("storage", ({ key }) => { if (key === place()) hide(); });
  document.addEventListener("htmx:after:swap", hide);
  document.addEventListener("visibilitychange", ask);
  setInterval(ask, ASK_MS);
  hide();
}
