// The snippets of the workspace: found by name, copied into the body.

import { button } from "./menu.js";
import { t, urls } from "./words.js";

const SHOWN = 50;
const EXCERPT = 80;

async function load() {
  const response = await fetch(urls().snippets, { headers: { Accept: "application/json" }, credentials: "same-origin" });
  if (!response.ok) throw new Error(String(response.status));
  return (await response.json()).snippets;
}

/** Return an element to choose a snippet in; `onChoose` gets its text, `onLeave` is called for Escape. */
export function snippetChooser(onChoose, onLeave) {
  const chooser = document.createElement("div");
  chooser.className = "flow-snippets";
  const search = document.createElement("input");
  search.type = "search";
  search.className = "form-control";
  search.placeholder = t("find_snippet");
  search.setAttribute("aria-label", t("find_snippet"));
  const list = document.createElement("ul");
  const state = document.createElement("p");
  state.className = "flow-muted";
  state.setAttribute("role", "status");
  const manage = document.createElement("a");
  manage.href = urls().snippetPage;
  manage.target = "_blank";
  manage.textContent = t("manage_snippets");
  chooser.append(search, list, state, manage);

  let found = [];
  let all = [];
  const draw = () => {
    const words = search.value.trim().toLowerCase();
    found = all.filter(({ name }) => name.toLowerCase().includes(words)).slice(0, SHOWN);
    list.replaceChildren(...found.map((one) => entry(one, onChoose)));
    state.textContent = found.length ? "" : t(all.length ? "no_such_snippet" : "no_snippets");
  };
  // It is no field of the form.
  for (const name of ["input", "change"]) chooser.addEventListener(name, (event) => event.stopPropagation());
  search.addEventListener("input", draw);
  chooser.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      onLeave();
    } else if (event.key === "Enter" && event.target === search) {
      event.preventDefault();
      if (found.length) onChoose(found[0].body);
    }
  });
  load().then(
    (snippets) => {
      all = snippets;
      draw();
    },
    () => {
      state.textContent = t("failed");
    },
  );
  return chooser;
}

function entry({ name, body }, onChoose) {
  const item = document.createElement("li");
  const choose = button(name, () => onChoose(body));
  const excerpt = document.createElement("small");
  const text = new DOMParser().parseFromString(body, "text/html").body.textContent.replace(/\s+/g, " ").trim();
  excerpt.textContent = text.length > EXCERPT ? `${text.slice(0, EXCERPT)}…` : text;
  choose.append(excerpt);
  item.append(choose);
  return item;
}
