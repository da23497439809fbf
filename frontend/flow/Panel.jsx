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
      <div
        className="flow-resizer"
        role="separator"
        aria-orientation="vertical"
        aria-label={t("panel_width")}
        aria-valuemin={NARROWEST}
        aria-valuenow={FIRST}
        aria-valuemax={WIDEST}
        tabIndex={0}
        onPointerDown={resize}
        onKeyDown={resizeByKey}
      />
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
      {/* Always a new one: the form of the step before must not take what is typed until this one's comes. */}
      <div key={`${id} ${redrawn}`} className="flow-panel-body" ref={body} />
      {entry.preview && <Preview node={id} />}
    </aside>
  );
}

const NARROWEST = 320;
const FIRST = 400;
const WIDEST = 900;

const STEP = 40;

function widen(resizer, wanted) {
  const width = Math.min(WIDEST, Math.max(NARROWEST, wanted));
  resizer.parentElement.style.setProperty("width", `${width}px`);
  resizer.setAttribute("aria-valuenow", width);
}

function resizeByKey(event) {
  const by = { ArrowLeft: STEP, ArrowRight: -STEP }[event.key];
  if (!by) return;
  event.preventDefault();
  widen(event.currentTarget, event.currentTarget.parentElement.offsetWidth + by);
}

function resize(down) {
  const resizer = down.currentTarget;
  const from = resizer.parentElement.offsetWidth + down.clientX;
  const onMove = (event) => widen(resizer, from - event.clientX);
  const stop = () => document.removeEventListener("pointermove", onMove);
  document.addEventListener("pointermove", onMove);
  document.addEventListener("pointerup", stop, { once: true });
}
