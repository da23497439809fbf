import { useLayoutEffect, useMemo, useRef } from "react";

import { openMenu } from "./AddMenu.jsx";
import { canMove, nodeOf, portsOf, targetOf } from "./graph.js";
import { Icon, IconButton } from "./Icon.jsx";
import { outline } from "./outline.js";
import { useEditor } from "./store.js";

/** The same workflow as an indented list: every step can be reached, changed, moved and removed by keyboard. */
export function Outline() {
  const [store, doc] = useEditor((state) => state.history.doc);
  const [, cards] = useEditor((state) => state.cards);
  const { items, loose } = useMemo(() => outline(doc, store.kinds), [doc, store]);
  const list = useRef(null);
  const wanted = useRef("");
  // What was just added or moved takes the focus, so that the keyboard goes on from there.
  const focus = (id) => (wanted.current = id);
  useLayoutEffect(() => {
    if (!wanted.current) return;
    list.current.querySelector(`[data-step="${wanted.current}"]`)?.focus();
    wanted.current = "";
  });
  const context = { store, doc, cards, focus };
  return (
    <section className="flow-outline" aria-label={store.t("outline")} ref={list}>
      <Items items={items} {...context} />
      {loose.length > 0 && (
        <>
          <h2>{store.t("loose")}</h2>
          <Items items={loose} {...context} />
        </>
      )}
    </section>
  );
}

function Items({ items, ...context }) {
  return (
    <ol>
      {items.map((item, index) => (
        <li key={`${item.type} ${item.id ?? item.from} ${index}`}>
          {item.type === "step" && <Step item={item} previous={items[index - 1]?.id} {...context} />}
          {item.type === "link" && <Link id={item.id} {...context} />}
          {item.type === "open" && <Open item={item} {...context} />}
        </li>
      ))}
    </ol>
  );
}

const nameOf = (cards, store, doc, id) => {
  const title = cards[id]?.title ?? store.kinds[nodeOf(doc, id)?.type]?.label ?? id;
  return cards[id]?.summary ? `${title}: ${cards[id].summary}` : title;
};

function Step({ item, previous, store, doc, cards, focus }) {
  const { id, ways } = item;
  const { t } = store;
  const [, isSelected] = useEditor((state) => state.selected.includes(id));
  const [, problems] = useEditor((state) => state.problems.filter((one) => one.node === id).length);
  const entry = store.kinds[nodeOf(doc, id).type];
  const name = nameOf(cards, store, doc, id);
  const remove = () => {
    focus(previous ?? "");
    store.remove([id]);
  };
  const move = (by) => () => {
    focus(id);
    store.move(id, by);
  };
  return (
    <>
      <div className={`flow-line tint-${entry.kind}${isSelected ? " is-selected" : ""}`}>
        <button type="button" className="flow-line-name" data-step={id} aria-pressed={isSelected} onClick={() => store.select([id])}>
          <Icon store={store} name={entry.icon} /> <span>{name}</span>
          {problems > 0 && <span className="flow-line-problems">{t("problems", { count: problems })}</span>}
        </button>
        {store.editable && (
          <span className="flow-line-acts">
            {entry.ports.length === 1 && (
              <IconButton
                store={store}
                icon="plus"
                label={t("add_after", { step: name })}
                onClick={(event) =>
                  openMenu(store, event, { from: id, name: "" }, targetOf(doc, id, "") === undefined, focus)
                }
              />
            )}
            <IconButton store={store} icon="arrow-up" label={t("move_up", { step: name })} disabled={!canMove(doc, id, -1, store.kinds)} onClick={move(-1)} />
            <IconButton store={store} icon="arrow-down" label={t("move_down", { step: name })} disabled={!canMove(doc, id, 1, store.kinds)} onClick={move(1)} />
            <IconButton store={store} icon="trash" label={t("remove_step", { step: name })} disabled={entry.single} onClick={remove} />
          </span>
        )}
      </div>
      {ways.length > 0 && (
        <ul className="flow-branches">
          {ways.map(({ port, items }) => (
            <li key={port.name}>
              <div className="flow-branch">
                <span className="flow-way-word">{port.label}</span>
                {store.editable && (
                  <>
                    <IconButton
                      store={store}
                      icon="plus"
                      label={t("add_to_branch", { way: port.label, step: name })}
                      onClick={(event) =>
                        openMenu(store, event, { from: id, name: port.name }, targetOf(doc, id, port.name) === undefined, focus)
                      }
                    />
                    <Target id={id} port={port} store={store} doc={doc} cards={cards} />
                  </>
                )}
              </div>
              <Items items={items} store={store} doc={doc} cards={cards} focus={focus} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** Where a way leads, as a list: the connection by keyboard. */
function Target({ id, port, store, doc, cards }) {
  const { t } = store;
  const current = targetOf(doc, id, port.name) ?? "";
  const choices = doc.nodes.filter((node) => node.id === current || store.mayConnect(id, node.id));
  return (
    <label className="flow-target">
      <span className="visually-hidden">{t("leads_to", { way: port.label })}</span>
      <select className="form-select" value={current} onChange={(event) => store.connect(id, port.name, event.target.value)}>
        {current === "" && <option value="">{t("nowhere")}</option>}
        {choices.map((node) => (
          <option key={node.id} value={node.id}>
            {nameOf(cards, store, doc, node.id)}
          </option>
        ))}
      </select>
    </label>
  );
}

function Link({ id, store, doc, cards }) {
  return (
    <button type="button" className="flow-line-link" onClick={() => store.select([id])}>
      {store.t("goes_on_at", { step: nameOf(cards, store, doc, id) })}
    </button>
  );
}

function Open({ item, store, doc, cards, focus }) {
  if (!store.editable) return <span className="flow-line-open">{store.t("nowhere")}</span>;
  return (
    <div className="flow-line-open">
      <button type="button" className="btn btn-sm" onClick={(event) => openMenu(store, event, { from: item.from, name: item.port.name }, true, focus)}>
        {store.t("add_step")}
      </button>
      {portsOf(doc, item.from, store.kinds).length === 1 && <Target id={item.from} port={item.port} store={store} doc={doc} cards={cards} />}
    </div>
  );
}
