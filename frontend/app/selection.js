// Rows with `<input type=checkbox data-select>` and a bulk bar (parts/bulk_bar.html): the bar shows how many are chosen.
// `data-select-all` chooses the whole page, `data-all` in the bar all that match, with how many in words; `%n` in a question is how many. Without scripts the bar is always there.

const boxes = () => [...document.querySelectorAll("[data-select]")];

function show() {
  const chosen = boxes().filter((box) => box.checked).length;
  const all = document.querySelector("[data-select-all]");
  if (all) {
    all.checked = chosen > 0 && chosen === boxes().length;
    all.indeterminate = chosen > 0 && !all.checked;
  }
  const bar = document.querySelector("[data-bulk]");
  if (!bar) return;
  const everything = bar.querySelector("[data-all]");
  const meant = everything?.checked ? everything.dataset.all : chosen.toLocaleString();
  bar.hidden = chosen === 0;
  bar.querySelector("[data-chosen]").textContent = meant;
  for (const button of bar.querySelectorAll("[data-confirm]")) {
    button.dataset.question ??= button.dataset.confirm;
    button.dataset.confirm = button.dataset.question.replace("%n", meant);
  }
}

let last = null;
document.addEventListener("click", (event) => {
  if (!event.target.matches("[data-select]")) return;
  if (event.shiftKey && last) {
    const all = boxes();
    const [from, to] = [all.indexOf(last), all.indexOf(event.target)].sort((one, two) => one - two);
    for (const box of all.slice(Math.max(from, 0), to + 1)) box.checked = event.target.checked;
  }
  last = event.target;
  show();
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-all]")) return show();
  if (!event.target.matches("[data-select-all]")) return;
  for (const box of boxes()) box.checked = event.target.checked;
  show();
});
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-clear]")) return;
  for (const box of [...boxes(), ...document.querySelectorAll("[data-all]")]) box.checked = false;
  show();
});
document.addEventListener("htmx:afterSwap", show);
show();
