// What every signed-in page can do. Each module finds its elements by a data attribute, also in what htmx brings later.

import "bootstrap/dist/css/bootstrap.css";
import "../css/tokens.css";
import "../css/controls.css";
import "../css/parts.css";
import "../css/simulator.css";
import "../css/layout.css";

import "./arrows.js";
import "./confirm.js";
import "./forms.js";
import "./keys.js";
import "./lists.js";
import "./live.js";
import "./menus.js";
import "./panel.js";
import "./preferences.js";
import "./selection.js";
import "./tabs.js";
import "./toasts.js";
