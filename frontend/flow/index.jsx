// The workflow editor: an island on its page. `#editor-config` holds what the page knows (see campaigns/views/editor.py).

import "@xyflow/react/dist/style.css";
import "./flow.css";
import "./palette.css";
import "./canvas.css";
import "./outline.css";
import "./panel.css";
import "./phone.css";

import { createRoot } from "react-dom/client";

import { App } from "./App.jsx";
import { listen } from "./keys.js";
import { server } from "./server.js";
import { Editor, Store } from "./store.js";

/** Return `t(key, values)`: the translated sentence with `%(name)s` filled in. */
const phrasebook = (words) => (key, values = {}) =>
  (words[key] ?? key).replace(/%\((\w+)\)s/g, (_whole, name) => values[name] ?? "");

const element = document.querySelector("#editor-config");
if (element) {
  const config = JSON.parse(element.textContent);
  const store = new Store({ config, server: server(config.urls), words: phrasebook(config.words) });
  listen(store);
  createRoot(document.querySelector("#editor")).render(
    <Editor.Provider value={store}>
      <App />
    </Editor.Provider>,
  );
}
