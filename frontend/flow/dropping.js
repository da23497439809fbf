// Where a step that is let go over the canvas belongs: on the way under it, or free.

const NEAR_PX = 28;

/** Return {way: {from, name}} or {} for a free place, or undefined outside of the canvas. */
export function dropPlace(x, y, entry) {
  const canvas = document.querySelector(".flow-canvas");
  if (!canvas?.contains(document.elementFromPoint(x, y))) return undefined;
  for (const plus of canvas.querySelectorAll("[data-way-from]")) {
    const box = plus.getBoundingClientRect();
    const distance = Math.hypot(x - (box.left + box.right) / 2, y - (box.top + box.bottom) / 2);
    const fits = entry.ports.length || plus.dataset.wayOpen;
    if (fits && distance < NEAR_PX) return { way: { from: plus.dataset.wayFrom, name: plus.dataset.wayName } };
  }
  return {};
}
