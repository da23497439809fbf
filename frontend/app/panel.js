// The side panel: a link with hx-target="#panel-body" opens it; `HX-Trigger: panel-close` or Escape closes it.

const panel = document.querySelector("#panel");

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "panel-body" && panel && !panel.open) panel.showModal();
});
document.addEventListener("panel-close", () => panel?.close());
panel?.addEventListener("click", (event) => {
  // The backdrop belongs to the dialog itself.
  if (event.target === panel) panel.close();
});
