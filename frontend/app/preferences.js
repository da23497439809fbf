// Buttons that keep a choice in this browser: `data-keep="theme"` `data-value="dark"` ("" forgets it again).

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-keep]");
  if (!button) return;
  const { keep, value } = button.dataset;
  if (value === "") localStorage.removeItem(keep);
  else localStorage.setItem(keep, value ?? (document.documentElement.dataset[keep] === "narrow" ? "wide" : "narrow"));
  dispatchEvent(new CustomEvent("preferences"));
});
