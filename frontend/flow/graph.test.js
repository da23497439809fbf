import assert from "node:assert/strict";
import test from "node:test";

import * as graph from "./graph.js";
import * as history from "./history.js";
import { outline } from "./outline.js";

const NEXT = [{ name: "", label: "", required: true }];
const kinds = {
  start: { kind: "start", ports: NEXT, single: true, data: {} },
  email: { kind: "email", ports: NEXT, data: {} },
  condition: {
    kind: "condition",
    data: { check: "opened" },
    ports: [
      { name: "yes", label: "Yes", required: true },
      { name: "no", label: "No", required: true },
      { name: "unknown", label: "Unknown", required: false },
    ],
  },
  end: { kind: "end", ports: [], data: {} },
};
const row = (...ids) => ({
  nodes: ids.map((id) => ({ id, type: id.split("_")[0] })),
  edges: ids.slice(1).map((to, index) => ({ from: ids[index], to })),
});
const ways = (doc) => doc.edges.map(graph.edgeId).sort();

test("a step that is added takes its place in the row", () => {
  const doc = graph.addAfter(row("start", "end"), "start", "", { id: "email_1", type: "email" }, kinds);
  assert.deepEqual(ways(doc), ["email_1||end", "start||email_1"]);
});

test("all branches of a new fork lead on", () => {
  const doc = graph.addAfter(row("start", "email_1", "end"), "start", "", { id: "condition_1", type: "condition" }, kinds);
  assert.deepEqual(ways(doc), [
    "condition_1|no|end",
    "condition_1|yes|email_1",
    "email_1||end",
    "start||condition_1",
  ]);
});

test("a removed step closes the gap, and the start stays", () => {
  const doc = graph.remove(row("start", "email_1", "end"), ["start", "email_1"], kinds);
  assert.deepEqual(ways(doc), ["start||end"]);
});

test("steps change places", () => {
  const doc = row("start", "email_1", "email_2", "end");
  const moved = ["email_1||end", "email_2||email_1", "start||email_2"];
  assert.deepEqual(ways(graph.move(doc, "email_1", 1, kinds)), moved);
  assert.deepEqual(ways(graph.move(doc, "email_2", -1, kinds)), moved);
  assert.equal(graph.canMove(doc, "email_1", -1, kinds), false);
  assert.equal(graph.canMove(doc, "email_2", 1, kinds), false);
});

test("copies have names of their own and mean each other", () => {
  const doc = row("start", "email_1", "email_2", "end");
  doc.nodes[2].data = { nodeId: "email_1" };
  const copied = graph.pick(doc, ["start", "email_1", "email_2"], kinds);
  const { doc: pasted, ids } = graph.paste(doc, copied, undefined, kinds);
  assert.equal(pasted.nodes.length, 6);
  assert.deepEqual(graph.nodeOf(pasted, ids[1]).data, { nodeId: ids[0] });
  assert.equal(graph.targetOf(pasted, ids[0], ""), ids[1]);
  assert.deepEqual(doc.nodes[2].data, { nodeId: "email_1" });
});

test("a step is added before the first end when none is selected", () => {
  assert.deepEqual(graph.placeFor(row("start", "email_1", "end"), undefined, kinds.email, kinds), {
    from: "email_1",
    name: "",
  });
});

test("the outline lists each step once", () => {
  const doc = row("start", "condition_1");
  doc.nodes.push({ id: "email_1", type: "email" }, { id: "end", type: "end" }, { id: "email_2", type: "email" });
  doc.edges.push({ from: "condition_1", to: "email_1", branch: "yes" }, { from: "email_1", to: "end" });
  doc.edges.push({ from: "condition_1", to: "end", branch: "no" });
  const { items, loose } = outline(doc, kinds);
  assert.deepEqual(items.map((item) => item.id), ["start", "condition_1"]);
  const branches = items[1].ways.map((way) => way.items.map((item) => `${item.type} ${item.id}`));
  assert.deepEqual(branches, [["step email_1", "step end"], ["link end"]]);
  assert.deepEqual(loose.map((item) => item.type), ["step", "open"]);
});

test("undo and redo; typing is one step", () => {
  let past = history.begin("a");
  past = history.record(past, "b", { key: "type", now: 1000 });
  past = history.record(past, "c", { key: "type", now: 1500 });
  assert.equal(history.undo(past).doc, "a");
  assert.equal(history.redo(history.undo(past)).doc, "c");
  assert.equal(history.undo(history.record(past, "d", { key: "type", now: 9000 })).doc, "c");
});
