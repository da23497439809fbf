import {
  applyEdgeChanges,
  applyNodeChanges,
  Background,
  Controls,
  MiniMap,
  ReactFlow,
  useReactFlow,
} from "@xyflow/react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";

import { edgeId } from "./graph.js";
import { CARD } from "./layout.js";
import { StepCard } from "./StepCard.jsx";
import { StepEdge } from "./StepEdge.jsx";
import { useEditor } from "./store.js";

const nodeTypes = { step: StepCard };
const edgeTypes = { step: StepEdge };
const fitView = { maxZoom: 1, padding: 0.15 };
const NO_KEY = null;
const NOBODY = [];
// A bigger drawing begins at its start, and draws what is in sight: all of it at once would be too small to read.
const BIG = 80;

/** The drawing, with what lies over it. React Flow holds where things are while they move; the store hears of it when they stand. */
export function Canvas({ children }) {
  const [store, doc] = useEditor((state) => state.history.doc);
  const [, selected] = useEditor((state) => state.selected);
  const [nodes, setNodes] = useState(() => drawnNodes(doc, selected, []));
  const [edges, setEdges] = useState(() => drawnEdges(doc, []));
  useEffect(() => setNodes((before) => drawnNodes(doc, selected, before)), [doc, selected]);
  useEffect(() => setEdges((before) => drawnEdges(doc, before)), [doc]);

  const canvas = useRef(null);
  const [, view] = useEditor((state) => state.view);
  const [, isFraming] = useEditor((state) => state.isFraming);
  useInSight(canvas, isFraming ? NOBODY : selected, view);

  const onNodesChange = useCallback(
    (changes) => {
      setNodes((before) => applyNodeChanges(changes, before));
      const placed = changes.filter((change) => change.type === "position" && change.dragging === false && change.position);
      if (placed.length) store.place(Object.fromEntries(placed.map((change) => [change.id, change.position])));
      reselect(store, changes);
    },
    [store],
  );
  const onEdgesChange = useCallback(
    (changes) => {
      setEdges((before) => {
        const after = applyEdgeChanges(changes, before);
        store.state.selectedEdges = after.filter((edge) => edge.selected).map((edge) => edge.id);
        return after;
      });
    },
    [store],
  );
  const onConnect = useCallback(
    ({ source, sourceHandle, target }) => store.connect(source, sourceHandle ?? "", target),
    [store],
  );
  const mayConnect = useCallback(({ source, target }) => store.mayConnect(source, target), [store]);
  const labels = useMemo(() => flowLabels(store.t), [store]);
  const isBig = doc.nodes.length > BIG;
  const [beginning] = useState(() => atStart(doc, store));
  return (
    <div className="flow-canvas" ref={canvas}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        onNodesChange={onNodesChange}
        onEdgesChange={onEdgesChange}
        onConnect={onConnect}
        isValidConnection={mayConnect}
        onSelectionStart={() => store.set({ isFraming: true })}
        onSelectionEnd={() => store.set({ isFraming: false })}
        nodesDraggable={store.editable}
        nodesConnectable={store.editable}
        deleteKeyCode={NO_KEY}
        selectNodesOnDrag={false}
        connectionRadius={28}
        minZoom={0.1}
        maxZoom={1.5}
        fitView={!isBig}
        fitViewOptions={fitView}
        defaultViewport={beginning}
        onlyRenderVisibleElements={isBig}
        ariaLabelConfig={labels}
        proOptions={{ hideAttribution: false }}
      >
        <Background gap={20} size={1.5} />
        <Controls showInteractive={false} fitViewOptions={fitView} />
        <MiniMap pannable zoomable ariaLabel={store.t("minimap")} />
      </ReactFlow>
      {children}
    </div>
  );
}

/** The view that has the start in the middle of its upper edge. */
function atStart(doc, store) {
  const { x, y } = doc.nodes.find((node) => store.kinds[node.type].single).position;
  return { x: window.innerWidth / 2 - 200 - x - CARD.width / 2, y: 40 - y, zoom: 1 };
}

/** Bring the selected card back into sight where the panel, or the place of a new card, would hide it. */
function useInSight(canvas, selected, view) {
  const flow = useReactFlow();
  const only = selected.length === 1 ? selected[0] : undefined;
  useEffect(() => {
    if (!only) return undefined;
    const timer = setTimeout(() => {
      const card = canvas.current?.querySelector(`.react-flow__node[data-id="${only}"]`)?.getBoundingClientRect();
      const sight = canvas.current?.getBoundingClientRect();
      if (!card || !sight.width) return;
      const isInside = card.left >= sight.left && card.right <= sight.right;
      if (isInside && card.top >= sight.top && card.bottom <= sight.bottom) return;
      const { x, y } = flow.getNode(only).position;
      flow.setCenter(x + CARD.width / 2, y + CARD.height / 2, { zoom: flow.getZoom(), duration: 150 });
    }, 30);
    return () => clearTimeout(timer);
  }, [canvas, flow, only, view]);
}

function reselect(store, changes) {
  const marks = changes.filter((change) => change.type === "select");
  if (!marks.length) return;
  const ids = new Set(store.state.selected);
  for (const { id, selected } of marks) selected ? ids.add(id) : ids.delete(id);
  store.select([...ids]);
}

/** Cards keep what React Flow measured of them, and stay the same object where nothing changed. */
function drawnNodes(doc, selected, before) {
  const known = new Map(before.map((node) => [node.id, node]));
  const chosen = new Set(selected);
  return doc.nodes.map(({ id, type, position }) => {
    const old = known.get(id);
    const isSame = old && old.data.kind === type && old.selected === chosen.has(id);
    if (isSame && old.position.x === position.x && old.position.y === position.y) return old;
    const fresh = { id, type: "step", initialWidth: CARD.width, initialHeight: CARD.height, data: { kind: type } };
    return { ...(old ?? fresh), position, selected: chosen.has(id) };
  });
}

function drawnEdges(doc, before) {
  const known = new Map(before.map((edge) => [edge.id, edge]));
  return doc.edges.map((edge) => {
    const id = edgeId(edge);
    const sourceHandle = edge.branch ?? "";
    return known.get(id) ?? { id, type: "step", source: edge.from, target: edge.to, sourceHandle, data: {} };
  });
}

const flowLabels = (t) => ({
  "node.a11yDescription.default": t("node_hint"),
  "node.a11yDescription.keyboardDisabled": t("node_hint"),
  "node.a11yDescription.ariaLiveMessage": ({ direction }) => t("node_moved", { direction }),
  "edge.a11yDescription.default": t("edge_hint"),
  "controls.ariaLabel": t("controls"),
  "controls.zoomIn.ariaLabel": t("zoom_in"),
  "controls.zoomOut.ariaLabel": t("zoom_out"),
  "controls.fitView.ariaLabel": t("fit"),
  "minimap.ariaLabel": t("minimap"),
});
