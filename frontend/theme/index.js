// Runs before anything is painted, so that no page flashes in the wrong theme or jumps.
{
  const kept = (name) => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null; // storage may be closed
    }
  };
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  const apply = () => {
    root.dataset.bsTheme = kept("theme") ?? (dark.matches ? "dark" : "light");
    root.dataset.sidebar = kept("sidebar") ?? "wide";
    root.dataset.palette = kept("palette") ?? "wide";
  };
  apply();
  dark.addEventListener("change", apply);
  addEventListener("storage", apply);
  addEventListener("preferences", apply);
}
