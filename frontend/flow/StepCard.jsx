import { Handle, Position } from "@xyflow/react";
import { memo } from "react";

import { openMenu } from "./AddMenu.jsx";
import { counted } from "./format.js";
import { targetOf } from "./graph.js";
import { Icon } from "./Icon.jsx";
import { useEditor } from "./store.js";

/** A step on the canvas: what it is, what it does in words, what is wrong with it, and how many people are here. */
export const StepCard = memo(function StepCard({ id, data, selected }) {
  const [store, card] = useEditor((state) => state.cards[id]);
  const [, problem] = useEditor((state) => state.problems.find((one) => one.node === id)?.text);
  const [, traffic] = useEditor((state) => state.traffic[id]);
  const [, values] = useEditor((state) => state.history.doc.nodes.find((node) => node.id === id)?.data);
  const entry = store.kinds[data.kind];
  const { t } = store;
  const title = card?.title ?? entry.label;
  return (
    <div className={`flow-card tint-${data.kind}${selected ? " is-selected" : ""}${problem ? " has-problem" : ""}`}>
      {!entry.single && <Handle type="target" position={Position.Top} />}
      <span className="flow-card-icon">
        <Icon store={store} name={entry.icon} />
      </span>
      <span className="flow-card-words">
        <strong>{title}</strong>
        <span className="flow-card-summary">{card?.summary || (entry.ports.length && !entry.single ? t("not_set") : "")}</span>
      </span>
      {problem && (
        <span className="flow-problem" title={problem}>
          <span className="visually-hidden">{problem}</span>
        </span>
      )}
      <Badges entry={entry} values={values} store={store} />
      {traffic && <Traffic traffic={traffic} t={t} />}
      <Ways id={id} entry={entry} store={store} />
    </div>
  );
});

function Badges({ entry, values, store }) {
  const off = (entry.switches ?? []).filter(({ name, initial }) => initial && values?.[name] === false);
  if (!off.length) return null;
  return (
    <span className="flow-badges">
      {off.map(({ name, label }) => (
        <span className="badge" key={name}>
          {store.t("is_off", { what: label })}
        </span>
      ))}
    </span>
  );
}

function Traffic({ traffic, t }) {
  const counts = [
    ["waiting", traffic.waiting],
    ["sent", traffic.sent],
    ["opened", traffic.opened],
    ["replied", traffic.replied],
  ].filter(([name, count]) => count || (name === "waiting" && traffic.sent));
  if (!counts.length) return null;
  return (
    <dl className="flow-traffic">
      {counts.map(([name, count]) => (
        <div key={name}>
          <dt>{t(name)}</dt>
          <dd>{counted(count)}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The handles, with their words where there are several, and a "+" where nothing follows yet. */
function Ways({ id, entry, store }) {
  const [, open] = useEditor((state) =>
    entry.ports.map((port) => (targetOf(state.history.doc, id, port.name) === undefined ? "1" : "0")).join(""),
  );
  return entry.ports.map((port, index) => (
    <div className={`flow-way way-${index + 1}-of-${entry.ports.length}${port.required ? "" : " is-optional"}`} key={port.name}>
      <Handle type="source" id={port.name} position={Position.Bottom} className={port.required ? "" : "is-optional"} />
      {port.label && open[index] === "1" && <span className="flow-way-word">{port.label}</span>}
      {store.editable && open[index] === "1" && (port.required || entry.ports.length === 1) && (
        <button
          type="button"
          className="flow-plus is-open nodrag nopan"
          data-way-from={id}
          data-way-name={port.name}
          data-way-open="1"
          aria-label={store.t("add_after_way", { way: port.label || entry.label })}
          title={store.t("add_step")}
          onClick={(event) => {
            // Else the card is selected by it, and that closes the menu.
            event.stopPropagation();
            openMenu(store, event, { from: id, name: port.name }, true);
          }}
        >
          +
        </button>
      )}
    </div>
  ));
}
