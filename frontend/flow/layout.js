// Where cards stand: top to bottom, by dagre.

import dagre from "@dagrejs/dagre";

import { targetOf } from "./graph.js";

export const CARD = { width: 248, height: 76 };

/** Return a position for every node; branches stand in the order of their ways out. */
export function tidy(doc, kinds) {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 48, ranksep: 72, marginx: 24, marginy: 24 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of doc.nodes) graph.setNode(node.id, { ...CARD });
  for (const edge of doc.edges) graph.setEdge(edge.from, edge.to, {}, `way ${edge.branch ?? ""}`);
  dagre.layout(graph, { constraints: branchOrder(doc, kinds) });
  return Object.fromEntries(
    doc.nodes.map(({ id }) => {
      const { x, y } = graph.node(id);
      return [id, { x: Math.round(x - CARD.width / 2), y: Math.round(y - CARD.height / 2) }];
    }),
  );
}

/** Which step stands left of which: only those that one way leads to, as then no two steps can each be left. */
function branchOrder(doc, kinds) {
  const isAlone = (id) => doc.edges.filter((edge) => edge.to === id).length === 1;
  return doc.nodes.flatMap((node) => {
    const ways = (kinds[node.type]?.ports ?? []).map((port) => targetOf(doc, node.id, port.name));
    const targets = ways.filter((id) => id !== undefined && isAlone(id));
    return targets.slice(1).map((right, index) => ({ left: targets[index], right }));
  });
}

export const isPlaced = (doc) => doc.nodes.every((node) => node.position);

/** Return the document with a place for the nodes that have none. */
export function placed(doc, kinds) {
  if (isPlaced(doc)) return doc;
  const places = tidy(doc, kinds);
  return { ...doc, nodes: doc.nodes.map((node) => ({ ...node, position: places[node.id] })) };
}

/** Make room below a new card: whatever stands there and after it moves down. */
export function makeRoom(doc, id) {
  const made = doc.nodes.find((node) => node.id === id);
  const step = CARD.height + 72;
  const below = new Set();
  const waiting = [id];
  while (waiting.length) {
    const from = waiting.pop();
    for (const edge of doc.edges) {
      if (edge.from === from && !below.has(edge.to) && edge.to !== id) {
        below.add(edge.to);
        waiting.push(edge.to);
      }
    }
  }
  const followers = doc.nodes.filter((node) => below.has(node.id));
  const highest = Math.min(...followers.map((node) => node.position.y));
  const missing = made.position.y + step - highest;
  if (!followers.length || missing <= 0) return doc;
  const nodes = doc.nodes.map((node) =>
    below.has(node.id) ? { ...node, position: { ...node.position, y: node.position.y + missing } } : node,
  );
  return { ...doc, nodes };
}
