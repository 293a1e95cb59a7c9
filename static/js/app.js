// Everything the chat page does with scripts on. The order matters once: htmx, its socket, then our swap styles,
// all evaluated in one go, so that no frame can arrive before the page knows what to do with it.
import "../vendor/htmx.esm.min.js";
import "../vendor/hx-ws.min.js";
import "./markup.js";
import "./turns.js";
import "./when.js";
import "./announce.js";
import "./companion.js";
import "./attach.js";
import "./composer.js";
import "./limit.js";
import "./estimate.js";
import "./edit.js";
import "./stop.js";
import "./actions.js";
import "./scroll.js";
import "./thinking.js";
import "./stall.js";
import "./waiting.js";
import "./away.js";
import "./copy.js";
import "./rail.js";
import "./preferences.js";
import "./keys.js";
