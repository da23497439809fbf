// The workflow as an indented list: what follows a step stands below it, what follows a branch one level deeper.

import { nodeOf, portsOf, targetOf, walk } from "./graph.js";

/**
 * Return items {type: "step", id, ways: [{port, items}]}, {type: "link", id} for a step that is listed elsewhere,
 * and {type: "open", from, port} where nothing follows yet. Steps that nothing leads to come last, under `loose`.
 */
export function outline(doc, kinds) {
  const seen = new Set();
  const order = walk(doc, kinds);
  const start = doc.nodes.find((node) => kinds[node.type]?.single);
  const items = start ? chain(doc, start.id, kinds, seen) : [];
  const loose = [];
  for (const id of order) if (!seen.has(id)) loose.push(...chain(doc, id, kinds, seen));
  return { items, loose };
}

function chain(doc, first, kinds, seen) {
  const items = [];
  let id = first;
  while (id !== undefined && nodeOf(doc, id)) {
    if (seen.has(id)) {
      items.push({ type: "link", id });
      return items;
    }
    seen.add(id);
    const ports = portsOf(doc, id, kinds);
    const branches = ports.filter((port) => port.name && (port.required || targetOf(doc, id, port.name) !== undefined));
    const ways = branches.map((port) => ({ port, items: follow(doc, id, port, kinds, seen) }));
    items.push({ type: "step", id, ways });
    const on = ports.find((port) => !port.name);
    if (!on) return items;
    const next = targetOf(doc, id, "");
    if (next === undefined) items.push({ type: "open", from: id, port: on });
    id = next;
  }
  return items;
}

function follow(doc, id, port, kinds, seen) {
  const next = targetOf(doc, id, port.name);
  return next === undefined ? [{ type: "open", from: id, port }] : chain(doc, next, kinds, seen);
}
