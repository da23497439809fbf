import { ReactFlowProvider } from "@xyflow/react";
import { useEffect } from "react";

import { AddMenu } from "./AddMenu.jsx";
import { Canvas } from "./Canvas.jsx";
import { Conflict } from "./Conflict.jsx";
import { History } from "./History.jsx";
import { Outline } from "./Outline.jsx";
import { Palette } from "./Palette.jsx";
import { Panel } from "./Panel.jsx";
import { Problems } from "./Problems.jsx";
import { useEditor } from "./store.js";
import { Toolbar } from "./Toolbar.jsx";

const TRAFFIC_MS = 5000;

export function App() {
  const [store, view] = useEditor((state) => state.view);
  const [, hasPanel] = useEditor((state) => state.selected.length === 1 && !state.isFraming);
  const [, said] = useEditor((state) => state.said);
  useTraffic(store);
  return (
    <ReactFlowProvider>
      <div className={`flow-editor${hasPanel ? " has-panel" : ""}${view.outline ? " has-outline" : ""}`}>
        <Toolbar />
        <Conflict />
        <div className="flow-body">
          {store.editable && <Palette />}
          {view.outline && <Outline />}
          <Canvas>{view.problems && <Problems />}</Canvas>
          {hasPanel && <Panel />}
        </div>
        <AddMenu />
        {view.history && <History />}
        <div className="visually-hidden" role="status">
          {said}
        </div>
      </div>
    </ReactFlowProvider>
  );
}

/** Keep the numbers of a campaign that runs fresh while the page is looked at. */
function useTraffic(store) {
  useEffect(() => {
    if (!store.config.live) return undefined;
    const timer = setInterval(async () => {
      if (document.hidden) return;
      try {
        store.set({ traffic: await store.server.traffic() });
      } catch {
        // The next round asks again.
      }
    }, TRAFFIC_MS);
    return () => clearInterval(timer);
  }, [store]);
}
