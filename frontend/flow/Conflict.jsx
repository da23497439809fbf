import { timeOf } from "./format.js";
import { useEditor } from "./store.js";

/** Somebody else saved meanwhile: nothing is lost, whichever is taken; the other one is one undo away. */
export function Conflict() {
  const [store, conflict] = useEditor((state) => state.conflict);
  if (!conflict) return null;
  const { t, config } = store;
  const { savedBy: name, savedAt } = conflict;
  const sentence = name === config.me ? "conflict_own" : name ? "conflict_by" : "conflict";
  return (
    <div className="flow-conflict" role="alert">
      <span>{t(sentence, { name, time: timeOf(savedAt, config.zone) })}</span>
      <button type="button" className="btn btn-sm" onClick={() => store.loadTheirs()}>
        {t("load_theirs")}
      </button>
      <button type="button" className="btn btn-sm" onClick={() => store.keepMine()}>
        {t("keep_mine")}
      </button>
    </div>
  );
}
