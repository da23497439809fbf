import { useReactFlow } from "@xyflow/react";

import { useEditor } from "./store.js";

/** Everything that keeps the workflow from running; a click leads to the step. */
export function Problems() {
  const [store, problems] = useEditor((state) => state.problems);
  const [, cards] = useEditor((state) => state.cards);
  const flow = useReactFlow();
  const show = (node) => {
    store.select([node]);
    flow.fitView({ nodes: [{ id: node }], maxZoom: 1, duration: 150 });
  };
  return (
    <section className="flow-problems" aria-label={store.t("problem_list")}>
      {!problems.length && <p>{store.t("no_problems")}</p>}
      <ul>
        {problems.map((problem, index) => (
          <li key={index}>
            {problem.node ? (
              <button type="button" className="btn btn-link" onClick={() => show(problem.node)}>
                {cards[problem.node]?.title}
              </button>
            ) : (
              <strong>{store.t("whole")}</strong>
            )}
            <span>{problem.label ? `${problem.label}: ${problem.text}` : problem.text}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
