// Keys of every page: "/" and Ctrl+K search, "?" lists the keys (`#help`), Ctrl+Enter saves the form, Escape empties the search.

const isTyping = (target) => target.closest("input, textarea, select, [contenteditable=true]");

document.addEventListener("keydown", (event) => {
  const isCommand = event.ctrlKey || event.metaKey;
  const search = document.querySelector("#search");
  if (search && ((event.key === "/" && !isTyping(event.target)) || (isCommand && event.key.toLowerCase() === "k"))) {
    event.preventDefault();
    search.focus();
    search.select();
  } else if (event.key === "?" && !isTyping(event.target)) {
    document.querySelector("#help")?.toggleAttribute("open");
  } else if (isCommand && event.key === "Enter") {
    event.target.closest("form")?.requestSubmit();
  } else if (event.key === "Escape" && event.target === search) {
    search.value = "";
    search.blur();
  } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && event.target.closest(".search")) {
    step(event);
  }
});

/** Move between the search box and its hits. */
function step(event) {
  const stops = [...event.target.closest(".search").querySelectorAll("input, .hits a")];
  const next = stops[stops.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
