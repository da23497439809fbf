// The list of a page (`#list`) while htmx fetches it anew: grey bars in place of the rows when that takes long, and what
// went wrong, with a way to try again, when it fails.

const LONG_MS = 300;

let waiting = 0;

const isList = (event) => event.detail.target?.id === "list";

// A search that was answered while it was typed changes once more when its field is left: nothing new to ask.
document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, pathInfo } = event.detail;
  const isShown = pathInfo?.finalRequestPath === location.pathname + location.search;
  if (isShown && elt.matches(".filters")) event.preventDefault();
});
document.addEventListener("htmx:beforeRequest", (event) => {
  if (!isList(event) || event.defaultPrevented) return;
  const list = event.detail.target;
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    list.classList.add("is-loading");
    list.setAttribute("aria-busy", "true");
  }, LONG_MS);
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (!isList(event)) return;
  clearTimeout(waiting);
  event.detail.target.classList.remove("is-loading");
  event.detail.target.removeAttribute("aria-busy");
});
for (const [name, reason] of [["htmx:responseError", "failed"], ["htmx:sendError", "offline"], ["htmx:timeout", "offline"]]) {
  document.addEventListener(name, (event) => isList(event) && tell(event.detail, reason));
}

function tell({ target, pathInfo }, reason) {
  const note = document.querySelector("#list-failed")?.content.firstElementChild.cloneNode(true);
  if (!note) return;
  document.querySelector("#list-error")?.remove();
  note.id = "list-error";
  note.querySelector(`[data-${reason}]`).hidden = false;
  // A whole page: it works whatever became of this one.
  note.querySelector("a").href = pathInfo.finalRequestPath;
  target.before(note);
}

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "list") document.querySelector("#list-error")?.remove();
});
