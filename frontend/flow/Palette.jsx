import { useReactFlow } from "@xyflow/react";

import { dropPlace } from "./dropping.js";
import { Icon, IconButton } from "./Icon.jsx";
import { CARD } from "./layout.js";
import { useEditor } from "./store.js";

const DRAG_FROM_PX = 6;

/** The node types by group: click to add after the selected step, drag to a place, Enter and Space as a click. */
export function Palette() {
  const [store] = useEditor();
  const flow = useReactFlow();
  const groups = Map.groupBy
    ? Map.groupBy(entries(store), (entry) => entry.group)
    : entries(store).reduce((map, entry) => map.set(entry.group, [...(map.get(entry.group) ?? []), entry]), new Map());
  return (
    <nav className="flow-palette" aria-label={store.t("palette")}>
      {[...groups].map(([group, members]) => (
        <section key={group}>
          <h2>{group}</h2>
          {members.map((entry) => (
            <button
              type="button"
              key={entry.kind}
              className={`flow-kind tint-${entry.kind}`}
              data-kind={entry.kind}
              title={entry.refusal || store.t("add_hint", { step: entry.label })}
              onPointerDown={(event) => drag(event, entry, store, flow)}
              onClick={() => store.add(entry.kind)}
            >
              <Icon store={store} name={entry.icon} /> <span>{entry.label}</span>
              {entry.refusal && <small>{entry.refusal}</small>}
            </button>
          ))}
        </section>
      ))}
      <IconButton store={store} icon="chevron-double-left" className="flow-palette-fold" label={store.t("fold_palette")} data-keep="palette" />
    </nav>
  );
}

const entries = (store) => store.config.palette.filter((entry) => !entry.single);

/** Follow the pointer with a copy of the entry; what is let go over the canvas becomes a step there. */
function drag(down, entry, store, flow) {
  if (down.button !== 0) return;
  const origin = down.currentTarget;
  let ghost;
  const onMove = (event) => {
    const distance = Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY);
    if (!ghost && distance < DRAG_FROM_PX) return;
    ghost ??= makeGhost(origin);
    ghost.style.transform = `translate(${event.clientX}px, ${event.clientY}px)`;
  };
  const stop = (event) => {
    for (const [name, listener] of LISTENERS) document.removeEventListener(name, listener);
    if (!ghost) return;
    ghost.remove();
    // The click that follows a drag is none.
    origin.addEventListener("click", (click) => click.stopPropagation(), { capture: true, once: true });
    setTimeout(() => origin.blur());
    if (event.type === "pointerup") drop(event, entry, store, flow);
  };
  const LISTENERS = [
    ["pointermove", onMove],
    ["pointerup", stop],
    ["pointercancel", stop],
  ];
  for (const [name, listener] of LISTENERS) document.addEventListener(name, listener);
}

function makeGhost(origin) {
  const ghost = origin.cloneNode(true);
  ghost.classList.add("flow-ghost");
  document.body.append(ghost);
  return ghost;
}

function drop(event, entry, store, flow) {
  const place = dropPlace(event.clientX, event.clientY, entry);
  if (!place) return;
  const { x, y } = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
  const position = { x: Math.round(x - CARD.width / 2), y: Math.round(y - CARD.height / 2) };
  store.add(entry.kind, { way: place.way, position });
}
