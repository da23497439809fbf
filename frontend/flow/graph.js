// Pure functions over a workflow document, as the server keeps it:
// {nodes: [{id, type, data?, position?}], edges: [{from, to, branch?}]}. Each returns a new document.
// `kinds` is the palette by kind; `ports` of an entry are [{name, label, required}], one with the name "" for a
// step that goes on one way only.

export const edgeId = (edge) => `${edge.from}|${edge.branch ?? ""}|${edge.to}`;
const port = (edge) => edge.branch ?? "";
const makeEdge = (from, name, to) => (name ? { from, to, branch: name } : { from, to });

export const nodeOf = (doc, id) => doc.nodes.find((node) => node.id === id);
export const portsOf = (doc, id, kinds) => kinds[nodeOf(doc, id)?.type]?.ports ?? [];
export const targetOf = (doc, id, name) => doc.edges.find((edge) => edge.from === id && port(edge) === name)?.to;
export const openPorts = (doc, id, kinds) =>
  portsOf(doc, id, kinds).filter((one) => targetOf(doc, id, one.name) === undefined);

export function newId(doc, kind) {
  for (;;) {
    const id = `${kind}_${Math.random().toString(36).slice(2, 8).padEnd(6, "0")}`;
    if (!nodeOf(doc, id)) return id;
  }
}

export function makeNode(doc, entry, position) {
  return { id: newId(doc, entry.kind), type: entry.kind, data: structuredClone(entry.data), position };
}

/** A connection takes the place of the one that left by the same way. */
export function connect(doc, from, name, to) {
  const kept = doc.edges.filter((edge) => edge.from !== from || port(edge) !== name);
  return { ...doc, edges: [...kept, makeEdge(from, name, to)] };
}

export function disconnect(doc, ids) {
  return { ...doc, edges: doc.edges.filter((edge) => !ids.includes(edgeId(edge))) };
}

/** Whether a way leads from one node to another; a connection back would be a loop. */
export function leadsTo(doc, from, to) {
  const seen = new Set();
  const waiting = [from];
  while (waiting.length) {
    const id = waiting.pop();
    if (id === to) return true;
    if (seen.has(id)) continue;
    seen.add(id);
    for (const edge of doc.edges) if (edge.from === id) waiting.push(edge.to);
  }
  return false;
}

/** Put a new node on the way out of `from` by `name`: what followed there follows the new node now. */
export function addAfter(doc, from, name, node, kinds) {
  const next = targetOf(doc, from, name);
  let found = { ...doc, nodes: [...doc.nodes, node] };
  found = connect(found, from, name, node.id);
  const ways = kinds[node.type].ports.filter((one) => one.required);
  if (next === undefined || !ways.length) return found;
  found = connect(found, node.id, ways[0].name, next);
  const end = nodeOf(doc, next).type === "end" ? next : doc.nodes.find((one) => one.type === "end")?.id;
  for (const way of ways.slice(1)) if (end) found = connect(found, node.id, way.name, end);
  return found;
}

/** Where a step goes that is added without a place: after the selected one, else before the first end. */
export function placeFor(doc, selected, entry, kinds) {
  const open = (id) => openPorts(doc, id, kinds)[0];
  if (selected && portsOf(doc, selected, kinds).length) {
    const way = open(selected) ?? (entry.ports.length ? portsOf(doc, selected, kinds)[0] : undefined);
    return way && { from: selected, name: way.name };
  }
  const order = walk(doc, kinds);
  const loose = order.filter((id) => open(id)?.required);
  if (loose.length) return { from: loose.at(-1), name: open(loose.at(-1)).name };
  const last = entry.ports.length && doc.edges.find((edge) => nodeOf(doc, edge.to).type === "end");
  return last ? { from: last.from, name: port(last) } : undefined;
}

/** Take nodes out; what led to one leads to what followed it by its first way. The start stays. */
export function remove(doc, ids, kinds) {
  let found = doc;
  for (const id of ids) {
    if (!nodeOf(found, id) || kinds[nodeOf(found, id).type].single) continue;
    const ways = portsOf(found, id, kinds);
    const next = ways.map((way) => targetOf(found, id, way.name)).find((to) => to !== undefined && to !== id);
    const edges = found.edges
      .filter((edge) => edge.from !== id)
      .flatMap((edge) => (edge.to !== id ? [edge] : next === undefined ? [] : [{ ...edge, to: next }]));
    found = { nodes: found.nodes.filter((node) => node.id !== id), edges };
  }
  return found;
}

/** Whether a step can change places: it has one way out, and something to change with. */
export function canMove(doc, id, by, kinds) {
  const ways = portsOf(doc, id, kinds);
  const into = doc.edges.filter((edge) => edge.to === id);
  if (ways.length !== 1 || ways[0].name !== "" || into.length !== 1 || nodeOf(doc, id).type === "start") return false;
  if (by < 0) return doc.edges.some((edge) => edge.to === into[0].from);
  const next = targetOf(doc, id, "");
  return next !== undefined && portsOf(doc, next, kinds).length > 0;
}

/** Change places with the step before (`by` -1) or after (1); see `canMove`. */
export function move(doc, id, by, kinds) {
  if (!canMove(doc, id, by, kinds)) return doc;
  const node = nodeOf(doc, id);
  const before = doc.edges.find((edge) => edge.to === id);
  const place =
    by < 0
      ? doc.edges.find((edge) => edge.to === before.from)
      : { from: targetOf(doc, id, ""), branch: portsOf(doc, targetOf(doc, id, ""), kinds)[0].name };
  const without = remove(doc, [id], kinds);
  return addAfter(without, place.from, place.branch ?? "", node, kinds);
}

export function setData(doc, id, data) {
  return { ...doc, nodes: doc.nodes.map((node) => (node.id === id ? { ...node, data } : node)) };
}

export function setPositions(doc, positions) {
  const nodes = doc.nodes.map((node) =>
    positions[node.id] ? { ...node, position: rounded(positions[node.id]) } : node,
  );
  return { ...doc, nodes };
}

const rounded = ({ x, y }) => ({ x: Math.round(x), y: Math.round(y) });

/** What a copy of some nodes holds: they, and the ways between them. */
export function pick(doc, ids, kinds) {
  const nodes = doc.nodes.filter((node) => ids.includes(node.id) && !kinds[node.type].single);
  const names = new Set(nodes.map((node) => node.id));
  return { nodes, edges: doc.edges.filter((edge) => names.has(edge.from) && names.has(edge.to)) };
}

/** Put copied steps in under new names, from `after` on when it has a free way; returns {doc, ids}. */
export function paste(doc, copied, after, kinds, shift = 40) {
  const names = {};
  let found = doc;
  for (const node of copied.nodes) {
    if (!kinds[node.type] || kinds[node.type].single) continue;
    const position = node.position && { x: node.position.x + shift, y: node.position.y + shift };
    // The clipboard may come from anywhere: nothing but what a node has is taken.
    const made = { id: newId(found, node.type), type: node.type, data: structuredClone(node.data ?? {}), position };
    names[node.id] = made.id;
    found = { ...found, nodes: [...found.nodes, made] };
  }
  const known = copied.edges.filter((edge) => names[edge.from] && names[edge.to]);
  const edges = known.map((edge) => makeEdge(names[edge.from], port(edge), names[edge.to]));
  found = { ...found, edges: [...found.edges, ...edges] };
  for (const node of found.nodes) renameIn(node, names);
  const ids = Object.values(names);
  const way = after && openPorts(doc, after, kinds)[0];
  const first = ids.find((id) => !edges.some((edge) => edge.to === id));
  return { doc: way && first ? connect(found, after, way.name, first) : found, ids };
}

/** A copied step that names another copied one means the copy. The node is a fresh clone where it changes. */
function renameIn(node, names) {
  if (!Object.values(names).includes(node.id) || !node.data) return;
  for (const [key, value] of Object.entries(node.data)) if (names[value]) node.data[key] = names[value];
}

/** The nodes from the start on, by the order of their ports, then those that nothing leads to. */
export function walk(doc, kinds) {
  const seen = new Set();
  const visit = (first) => {
    const waiting = [first];
    while (waiting.length) {
      const id = waiting.pop();
      if (seen.has(id) || !nodeOf(doc, id)) continue;
      seen.add(id);
      const next = portsOf(doc, id, kinds).map((way) => targetOf(doc, id, way.name));
      waiting.push(...next.filter((to) => to !== undefined).reverse());
    }
  };
  for (const node of doc.nodes) if (kinds[node.type]?.single) visit(node.id);
  for (const node of doc.nodes) visit(node.id);
  return [...seen];
}

const LONG = 500;

/** The document with long texts left out but in one node: what the form of that node needs to know of the others. */
export function slim(doc, id) {
  const short = (data) => Object.fromEntries(Object.entries(data).filter(([, value]) => !(value?.length > LONG)));
  const nodes = doc.nodes.map((node) => (node.id === id || !node.data ? node : { ...node, data: short(node.data) }));
  return { ...doc, nodes };
}
