// A row of tabs that is wider than the window (`.tabs`, on phones the menu too) begins where the open one is in sight.

for (const tab of document.querySelectorAll(".tabs [aria-current], .side nav [aria-current]")) {
  const row = tab.parentElement;
  row.scrollLeft = tab.offsetLeft - row.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
}
