// The files of a mail: the server renders their list anew after each upload; here they are dropped in and taken out again.

const changed = (list) => list.dispatchEvent(new Event("input", { bubbles: true }));

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-remove-file]");
  if (!button) return;
  const files = button.closest(".flow-files");
  button.closest("li").remove();
  changed(files);
  files.querySelector("input[type=file]").focus();
});

const hasFiles = (event) => event.dataTransfer?.types.includes("Files");

// Let go beside the list, a file would take the place of the page.
document.addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
document.addEventListener("drop", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  const input = event.target.closest(".flow-files")?.querySelector("input[type=file]:enabled");
  if (!input) return;
  input.files = event.dataTransfer.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.matches?.(".flow-files")) changed(event.target);
});
