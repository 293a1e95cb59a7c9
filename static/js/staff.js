// Staff get one more link under every turn. It is added here because what a socket pushes is drawn once for all who watch.
function link() {
  for (const turn of document.querySelectorAll("#turns > [data-turn][data-final]")) {
    const row = turn.querySelector(".foot .actions");
    if (!row || row.querySelector("[data-staff]")) continue;
    const way = document.createElement("a");
    way.className = "quiet";
    way.dataset.staff = "";
    way.href = `/staff/turns/${turn.dataset.turn}/`;
    way.append(part("icon icon-search"), part("word", "What happened"));
    row.querySelector(".push") ? row.querySelector(".push").before(way) : row.append(way);
  }
}

function part(name, words = "") {
  const span = document.createElement("span");
  span.className = name;
  span.textContent = words;
  if (!words) span.setAttribute("aria-hidden", "true");
  return span;
}

link();
document.addEventListener("htmx:after:settle", ({ target }) => {
  if (target.matches?.("#turns, #main, #older")) link();
});
