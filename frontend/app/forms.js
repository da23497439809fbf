// `data-guard` on a form: leaving with unsaved work asks. `data-submit` on a field: a change sends its form.
// A form is sent once, however often its button is clicked. Fields named `timezone` that are empty take the browser's.

const ANSWERED_MS = 5000;

let isDirty = false;

document.addEventListener("input", (event) => {
  if (event.target.closest("form[data-guard]")) isDirty = true;
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});
document.addEventListener("submit", (event) => {
  isDirty = false;
  sendOnce(event);
});
addEventListener("beforeunload", (event) => {
  if (isDirty) event.preventDefault();
});

/** A second click on a button does nothing while the answer is on its way; one that is a file leaves the page as it is. */
function sendOnce(event) {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.ariaBusy) {
    event.preventDefault();
    return;
  }
  form.ariaBusy = "true";
  setTimeout(() => form.removeAttribute("aria-busy"), ANSWERED_MS);
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[aria-busy]")) form.removeAttribute("aria-busy");
});

for (const field of document.querySelectorAll("input[type=hidden][name=timezone]")) {
  field.value ||= Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
}
document.querySelector("[data-summary]")?.focus();

// A copy button: `data-copy` holds the selector of what is copied, `data-copied` what it says then.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.querySelector(button.dataset.copy);
  await navigator.clipboard.writeText(source.value ?? source.textContent);
  button.textContent = button.dataset.copied;
});
