// Who may turn text into elements here: htmx alone, and only what our own server rendered and sanitised.
import htmx from "../vendor/htmx.esm.min.js";

// Scripts and evaluated strings never enter.
const markup = { createHTML: (html) => html, createScript: () => "" };
const refuse = function () { throw new Error("This page evaluates no strings."); };

htmx.registerExtension("markup", {
  init: (api) => api.initSecurity(window.trustedTypes?.createPolicy("htmx", markup) ?? markup, refuse, refuse),
});
