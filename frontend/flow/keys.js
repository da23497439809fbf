// The keyboard and the clipboard of the editor. Fields keep their own keys.

const MARK = "fluenzr/steps";

const isTyping = (target) =>
  target instanceof Element && Boolean(target.closest("input, textarea, select, [contenteditable=true], dialog"));

/** Listen on the whole page; returns how to stop. */
export function listen(store) {
  const onKey = (event) => {
    const combined = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    if (combined && key === "s") {
      event.preventDefault();
      store.save();
      return;
    }
    if (isTyping(event.target)) return;
    const does = combined ? COMBINED[event.shiftKey ? `shift+${key}` : key] : PLAIN[event.key];
    if (does && does(store) !== false) event.preventDefault();
  };
  const onCopy = (event) => copy(store, event);
  const onCut = (event) => copy(store, event) && store.editable && store.remove(store.state.selected);
  const onPaste = (event) => paste(store, event);
  const onLeave = (event) => store.isDirty && store.editable && event.preventDefault();
  const pairs = [
    [document, "keydown", onKey],
    [document, "copy", onCopy],
    [document, "cut", onCut],
    [document, "paste", onPaste],
    [window, "beforeunload", onLeave],
  ];
  for (const [target, name, listener] of pairs) target.addEventListener(name, listener);
  return () => pairs.forEach(([target, name, listener]) => target.removeEventListener(name, listener));
}

const COMBINED = {
  z: (store) => store.undo(),
  "shift+z": (store) => store.redo(),
  y: (store) => store.redo(),
  d: (store) => store.editable && store.duplicate(),
  a: (store) => store.select(store.doc.nodes.map((node) => node.id)),
};

const removeSelected = (store) => {
  if (!store.editable) return false;
  // A frame around steps takes their connections in too; what leads around the removed steps is made by `remove`.
  if (store.state.selected.length) store.remove(store.state.selected);
  else if (store.state.selectedEdges?.length) store.disconnect(store.state.selectedEdges);
  else return false;
  return true;
};

const PLAIN = {
  Delete: removeSelected,
  Backspace: removeSelected,
  Escape: (store) => (store.state.menu ? store.set({ menu: undefined }) : store.select([])),
};

function copy(store, event) {
  const picked = store.copied();
  if (isTyping(event.target) || String(document.getSelection()) || !picked.nodes.length) return false;
  event.clipboardData.setData("text/plain", JSON.stringify({ [MARK]: picked }));
  event.preventDefault();
  return true;
}

function paste(store, event) {
  if (isTyping(event.target) || !store.editable) return;
  let copied;
  try {
    copied = JSON.parse(event.clipboardData.getData("text/plain"))[MARK];
  } catch {
    return;
  }
  if (!Array.isArray(copied?.nodes) || !Array.isArray(copied.edges)) return;
  event.preventDefault();
  store.paste(copied);
}
