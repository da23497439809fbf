// The arrow keys follow the links to what is before and after: `data-arrow="left"` and `data-arrow="right"`.

const SIDES = { ArrowLeft: "left", ArrowRight: "right" };

document.addEventListener("keydown", (event) => {
  const side = SIDES[event.key];
  const isForAnother = event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.defaultPrevented;
  // Where text is typed or something scrolls sideways, the arrows have their own meaning.
  if (!side || isForAnother || event.target.closest("input, textarea, select, [contenteditable=true], [role=dialog]")) return;
  const link = document.querySelector(`a[data-arrow="${side}"]`);
  if (!link) return;
  event.preventDefault();
  link.click();
});
