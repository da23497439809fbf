// `data-guard` on a form: leaving with unsaved work asks. `data-submit` on a field: a change sends its form.
// Fields named `timezone` that are empty take the browser's.

let isDirty = false;

document.addEventListener("input", (event) => {
  if (event.target.closest("form[data-guard]")) isDirty = true;
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});
document.addEventListener("submit", () => {
  isDirty = false;
});
addEventListener("beforeunload", (event) => {
  if (isDirty) event.preventDefault();
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
