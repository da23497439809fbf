// Short notes in the corner. The server sends them by the header `HX-Trigger: {"toast": {"text", "tone"}}`;
// other modules by `toast(text, tone)`. A failed request says so, that of a list in the list (lists.js).

const SHOWN_MS = 6000;

const isList = (event) => event.detail.target?.id === "list";
const region = () => document.querySelector("#toasts");

export function toast(text, tone = "") {
  // A page that polls fails every few seconds while the server is away: that is told once.
  if ([...region().querySelectorAll(".is-red span")].some((said) => said.textContent === text)) return;
  const note = document.querySelector("#toast-template")?.content.firstElementChild.cloneNode(true);
  if (!note) return;
  note.querySelector("span").textContent = text;
  if (tone) note.classList.add(`is-${tone}`);
  region().append(note);
  leave(note);
}

/** What went wrong stays until it is closed. */
function leave(note) {
  note.querySelector("button").addEventListener("click", () => note.remove());
  if (!note.classList.contains("is-red")) setTimeout(() => note.remove(), SHOWN_MS);
}

region()?.querySelectorAll(".toast-note").forEach(leave);
document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.tone));
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => isList(event) || toast(region().dataset.offline, "red"));
}
document.addEventListener("htmx:responseError", (event) => {
  const said = event.detail.xhr.getResponseHeader("HX-Trigger") ?? "";
  if (!said.includes('"toast"') && !isList(event)) toast(region().dataset.failed, "red");
});
