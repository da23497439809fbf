import { time } from "./Toolbar.jsx";
import { useEditor } from "./store.js";

/** Somebody else saved meanwhile: nothing is lost, whichever is taken; the other one is one undo away. */
export function Conflict() {
  const [store, conflict] = useEditor((state) => state.conflict);
  if (!conflict) return null;
  const { t } = store;
  return (
    <div className="flow-conflict" role="alert">
      <span>{t("conflict", { time: time(conflict.savedAt) })}</span>
      <button type="button" className="btn btn-sm" onClick={() => store.loadTheirs()}>
        {t("load_theirs")}
      </button>
      <button type="button" className="btn btn-sm" onClick={() => store.keepMine()}>
        {t("keep_mine")}
      </button>
    </div>
  );
}
