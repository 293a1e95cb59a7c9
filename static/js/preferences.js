// The few settings a person makes on a device, and the dialog that holds them.
const DEFAULTS = { keys: "on", estimate: "on" };

/** What was chosen: a string, empty for no. */
export const preference = (name) => localStorage.getItem(name) ?? DEFAULTS[name] ?? "";

for (const field of document.querySelectorAll("[data-preference]")) {
  const value = preference(field.dataset.preference);
  if (field.type === "checkbox") field.checked = Boolean(value);
  else field.value = value;
}

document.addEventListener("change", ({ target }) => {
  const name = target.dataset.preference;
  if (!name) return;
  localStorage.setItem(name, target.type === "checkbox" ? (target.checked ? "on" : "") : target.value);
  if (name === "theme") document.documentElement.dataset.theme = target.value;
});

// Browsers older than the `command` attribute.
if (!("commandForElement" in HTMLButtonElement.prototype)) {
  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.("[commandfor]");
    const dialog = button && document.getElementById(button.getAttribute("commandfor"));
    if (dialog) button.getAttribute("command") === "close" ? dialog.close() : dialog.showModal();
  });
}
