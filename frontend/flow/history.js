// Undo and redo: snapshots of the document. Changes with one `key` in quick succession are one step back.

const MOST = 200;
const TOGETHER_MS = 1000;

export const begin = (doc) => ({ doc, past: [], future: [], key: "", at: 0 });

export function record(history, doc, { key = "", now = Date.now() } = {}) {
  if (doc === history.doc) return history;
  const goesOn = key && key === history.key && now - history.at < TOGETHER_MS;
  const past = goesOn ? history.past : [...history.past, history.doc].slice(-MOST);
  return { doc, past, future: [], key, at: now };
}

export function undo(history) {
  if (!history.past.length) return history;
  const doc = history.past.at(-1);
  return { doc, past: history.past.slice(0, -1), future: [history.doc, ...history.future], key: "", at: 0 };
}

export function redo(history) {
  if (!history.future.length) return history;
  const [doc, ...future] = history.future;
  return { doc, past: [...history.past, history.doc], future, key: "", at: 0 };
}
