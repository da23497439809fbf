import { useEffect, useRef } from "react";

import { nodeOf } from "./graph.js";
import { IconButton } from "./Icon.jsx";
import { fill, refresh } from "./panel.js";
import { Preview } from "./Preview.jsx";
import { useEditor } from "./store.js";

/** The side panel: the form of the selected step, as the server renders it. */
export function Panel() {
  const [store, id] = useEditor((state) => state.selected[0]);
  const [, redrawn] = useEditor((state) => state.redrawn);
  const [, problems] = useEditor((state) => state.problems);
  const [, card] = useEditor((state) => state.cards[id]);
  const body = useRef(null);
  const entry = store.kinds[nodeOf(store.doc, id)?.type];
  useEffect(() => fill(body.current, store, id), [store, id, redrawn]);
  useEffect(() => refresh(body.current, problems.filter((one) => one.node === id)), [problems, id]);
  const { t } = store;
  if (!entry) return null;
  return (
    <aside className="flow-panel" aria-label={t("panel")}>
      <div className="flow-resizer" role="presentation" onPointerDown={resize} />
      <header>
        <h2>{card?.title ?? entry.label}</h2>
        {store.editable && (
          <>
            <IconButton store={store} icon="document-duplicate" label={t("duplicate")} disabled={entry.single} onClick={store.duplicate} />
            <IconButton store={store} icon="trash" label={t("remove")} disabled={entry.single} onClick={() => store.remove([id])} />
          </>
        )}
        <IconButton store={store} icon="x-mark" label={t("close")} onClick={() => store.select([])} />
      </header>
      <div className="flow-panel-body" ref={body} />
      {entry.preview && <Preview node={id} />}
    </aside>
  );
}

const NARROWEST = 320;
const WIDEST = 900;

function resize(down) {
  const panel = down.currentTarget.parentElement;
  const from = panel.offsetWidth + down.clientX;
  const onMove = (event) => {
    const width = Math.min(WIDEST, Math.max(NARROWEST, from - event.clientX));
    panel.style.setProperty("width", `${width}px`);
  };
  const stop = () => document.removeEventListener("pointermove", onMove);
  document.addEventListener("pointermove", onMove);
  document.addEventListener("pointerup", stop, { once: true });
}
