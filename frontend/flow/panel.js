// The form in the side panel: it comes from the server, and what is typed into it becomes the data of its step.

import { nodeOf, slim } from "./graph.js";
import { csrfToken } from "./server.js";

/** Have HTMX put the form of a step into an empty element and listen to it; returns what ends that. */
export function fill(element, store, id) {
  const node = nodeOf(store.doc, id);
  if (!node) return undefined;
  const onInput = (event) => {
    // A file counts from when it is uploaded; its entry comes with the answer.
    if (event.target.type === "file") return;
    const form = event.target.closest("form");
    if (!form) return;
    showFitting(form);
    // Read at once: the form may be gone when its turn comes.
    store.type(id, node.type, new FormData(form));
  };
  const onSwap = (event) => {
    if (event.target !== element) return;
    const form = element.querySelector("form");
    if (!form) return;
    showFitting(form);
    refresh(element, store.state.problems.filter((one) => one.node === id));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      store.save();
    });
    element.dispatchEvent(new CustomEvent("panel:open", { bubbles: true }));
  };
  const pairs = [
    ["input", onInput],
    ["change", onInput],
    ["htmx:afterSwap", onSwap],
  ];
  for (const [name, listener] of pairs) element.addEventListener(name, listener);
  const values = { node: id, document: JSON.stringify(slim(store.doc, id)) };
  const headers = { "X-CSRFToken": csrfToken() };
  const options = { source: element, target: element, swap: "innerHTML", values, headers };
  window.htmx.ajax("POST", store.config.urls.panel, options);
  return () => {
    for (const [name, listener] of pairs) element.removeEventListener(name, listener);
  };
}

/** Show the problems of the step at its fields; what belongs to none stands on top. */
export function refresh(element, problems) {
  for (const place of element?.querySelectorAll("[data-problems-of]") ?? []) {
    const name = place.dataset.problemsOf;
    const texts = problems.filter((one) => one.field === name).map((one) => one.text);
    place.textContent = texts.join(" ");
    const field = name && element.querySelector(`[name="${name}"]`);
    if (field) field.setAttribute("aria-invalid", texts.length ? "true" : "false");
  }
}

/** Fields may be for some values of another one only. */
export function showFitting(form) {
  for (const field of form.querySelectorAll("[data-shown-when]")) {
    const { shownWhen, shownValues } = field.dataset;
    const value = form.elements[shownWhen]?.value;
    field.closest(".flow-field").hidden = !shownValues.split(" ").includes(value);
  }
}
