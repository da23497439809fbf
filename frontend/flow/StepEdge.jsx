import { BaseEdge, EdgeLabelRenderer, getSmoothStepPath } from "@xyflow/react";
import { memo } from "react";

import { openMenu } from "./AddMenu.jsx";
import { counted } from "./format.js";
import { useEditor } from "./store.js";

const THICKEST_PX = 8;

/** A way from one step to the next: its word, its "+", and on a running campaign how many took it. */
export const StepEdge = memo(function StepEdge(edge) {
  const { source, sourceHandleId, selected } = edge;
  const [store, passed] = useEditor((state) => state.traffic[source]?.passed[sourceHandleId || "next"] ?? 0);
  const [, busiest] = useEditor((state) => busiestOf(state.traffic));
  const [, kind] = useEditor((state) => state.history.doc.nodes.find((node) => node.id === source)?.type);
  const [path, x, y] = getSmoothStepPath({ ...edge, borderRadius: 12 });
  const word = store.kinds[kind]?.ports.find((port) => port.name === sourceHandleId)?.label ?? "";
  const width = passed ? 1.5 + (THICKEST_PX - 1.5) * (passed / busiest) : 1.5;
  return (
    <>
      <BaseEdge path={path} className={selected ? "is-selected" : ""} style={{ strokeWidth: width }} interactionWidth={24} />
      <EdgeLabelRenderer>
        <div className="flow-edge-label nodrag nopan" style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}>
          {word && <span className="flow-way-word">{word}</span>}
          {passed > 0 && <span className="flow-passed">{counted(passed)}</span>}
          {store.editable && (
            <button
              type="button"
              className="flow-plus"
              data-way-from={source}
              data-way-name={sourceHandleId ?? ""}
              aria-label={store.t("insert_here")}
              title={store.t("add_step")}
              onClick={(event) => openMenu(store, event, { from: source, name: sourceHandleId ?? "" }, false)}
            >
              +
            </button>
          )}
        </div>
      </EdgeLabelRenderer>
    </>
  );
});

const busiestOf = (traffic) =>
  Math.max(1, ...Object.values(traffic).flatMap((node) => Object.values(node.passed)));
