import { Icon, IconButton } from "./Icon.jsx";
import { useEditor } from "./store.js";

export function Toolbar() {
  const [store, history] = useEditor((state) => state.history);
  const [, view] = useEditor((state) => state.view);
  const [, problems] = useEditor((state) => state.problems);
  const { t, config } = store;
  const toggle = (name) => () => store.set({ view: { ...store.state.view, [name]: !view[name] } });
  return (
    <div className="flow-toolbar" role="toolbar" aria-label={t("toolbar")}>
      {store.editable ? <Saved /> : <span className="flow-saved">{t("read_only")}</span>}
      <span className="flow-space" />
      {store.editable && (
        <>
          <IconButton store={store} icon="arrow-uturn-left" label={t("undo")} onClick={store.undo} disabled={!history.past.length} />
          <IconButton store={store} icon="arrow-uturn-right" label={t("redo")} onClick={store.redo} disabled={!history.future.length} />
          <IconButton store={store} icon="sparkles" label={t("tidy")} onClick={store.tidy} />
        </>
      )}
      <button type="button" className="btn" aria-pressed={view.outline} onClick={toggle("outline")}>
        <Icon store={store} name="list-bullet" /> <span className="flow-word">{t("outline")}</span>
      </button>
      <button type="button" className="btn" onClick={toggle("history")}>
        <Icon store={store} name="clock" /> <span className="flow-word">{t("history")}</span>
      </button>
      {config.urls.previewPage && (
        <a className="btn" href={config.urls.previewPage}>
          <Icon store={store} name="eye" /> <span className="flow-word">{t("preview")}</span>
        </a>
      )}
      {store.editable && (
        <button
          type="button"
          className={`btn ${problems.length ? "flow-has-problems" : ""}`}
          aria-pressed={view.problems}
          onClick={toggle("problems")}
        >
          <Icon store={store} name={problems.length ? "exclamation-triangle" : "check-circle"} />{" "}
          {problems.length ? t("problems", { count: problems.length }) : t("no_problems")}
        </button>
      )}
      <Go />
    </div>
  );
}

/** Launch or resume; what is typed is saved before the page is left. */
function Go() {
  const [store] = useEditor();
  const { go } = store.config;
  if (!go) return null;
  const leave = async (event) => {
    if (!store.isDirty) return;
    event.preventDefault();
    await store.save();
    if (!store.isDirty) window.location.assign(go.url);
  };
  return (
    <a className="btn btn-primary" href={go.url} onClick={leave}>
      {go.label}
    </a>
  );
}

function Saved() {
  const [store, save] = useEditor((state) => state.save);
  const { t } = store;
  const texts = {
    saved: save.at ? t("saved_at", { time: time(save.at) }) : t("saved"),
    changed: t("saving"),
    saving: t("saving"),
    failed: t("not_saved", { reason: save.message }),
    conflict: t("not_saved", { reason: t("conflict_short") }),
  };
  return (
    <span className={`flow-saved is-${save.state}`} role="status">
      {texts[save.state]}
      {save.state === "failed" && (
        <button type="button" className="btn btn-link" onClick={store.save}>
          {t("retry")}
        </button>
      )}
    </span>
  );
}

export const time = (iso) =>
  new Date(iso).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
