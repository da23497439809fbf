import { useEffect, useRef } from "react";

import { Icon } from "./Icon.jsx";
import { useEditor } from "./store.js";

/** The choice of a step behind a "+": `menu` is {way, isOpen, x, y, opener}. */
export function AddMenu() {
  const [store, menu] = useEditor((state) => state.menu);
  const list = useRef(null);
  useEffect(() => {
    if (!menu) return undefined;
    place(list.current, menu);
    list.current.querySelector("button").focus();
    const close = (event) => list.current?.contains(event.target) || store.set({ menu: undefined });
    document.addEventListener("pointerdown", close, true);
    return () => document.removeEventListener("pointerdown", close, true);
  }, [menu, store]);
  if (!menu) return null;
  const fitting = store.config.palette.filter((entry) => !entry.single && (entry.ports.length || menu.isOpen));
  const choose = (kind) => {
    const id = store.add(kind, { way: menu.way });
    menu.onAdded?.(id);
  };
  return (
    <div className="flow-menu" role="menu" aria-label={store.t("add_step")} ref={list} onKeyDown={(event) => keys(event, store, menu)}>
      {fitting.map((entry) => (
        <button type="button" role="menuitem" key={entry.kind} data-kind={entry.kind} onClick={() => choose(entry.kind)}>
          <Icon store={store} name={entry.icon} /> {entry.label}
        </button>
      ))}
    </div>
  );
}

/** Open the menu of a way out beside the button that was pressed. */
export function openMenu(store, event, way, isOpen, onAdded) {
  const box = event.currentTarget.getBoundingClientRect();
  store.set({ menu: { way, isOpen, onAdded, x: box.left, y: box.bottom + 4, opener: event.currentTarget } });
}

function place(element, menu) {
  const { offsetWidth, offsetHeight } = element;
  element.style.left = `${Math.max(8, Math.min(menu.x, window.innerWidth - offsetWidth - 8))}px`;
  element.style.top = `${Math.max(8, Math.min(menu.y, window.innerHeight - offsetHeight - 8))}px`;
}

function keys(event, store, menu) {
  const items = [...event.currentTarget.querySelectorAll("button")];
  const at = items.indexOf(document.activeElement);
  const moves = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 };
  if (event.key in moves) {
    event.preventDefault();
    items.at(moves[event.key] % items.length).focus();
  }
  if (event.key === "Escape" || event.key === "Tab") {
    event.preventDefault();
    event.stopPropagation();
    store.set({ menu: undefined });
    menu.opener.focus();
  }
}
