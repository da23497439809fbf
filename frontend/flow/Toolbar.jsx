import { momentOf, timeOf } from "./format.js";
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
      <Way url={config.urls.previewPage} icon="eye" label={t("preview")} />
      <Way url={config.urls.simulator} icon="play" label={t("simulate")} />
      {store.editable && (
        <button
          type="button"
          className={`btn flow-problem-count${problems.length ? " flow-has-problems" : ""}`}
          aria-pressed={view.problems}
          onClick={toggle("problems")}
        >
          <Icon store={store} name={problems.length ? "exclamation-triangle" : "check-circle"} />{" "}
          {problems.length ? t("problems", { count: problems.length }) : t("no_problems")}
        </button>
      )}
      {config.go && <Way url={config.go.url} label={config.go.label} className="btn btn-primary" />}
    </div>
  );
}

/** A link to another page of the campaign, which shows what is saved: what is typed is saved before it is followed. */
function Way({ url, icon, label, className = "btn" }) {
  const [store] = useEditor();
  if (!url) return null;
  const leave = async (event) => {
    if (!store.editable || !store.isDirty || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    await store.save();
    if (!store.isDirty) window.location.assign(url);
  };
  return (
    <a className={className} href={url} onClick={leave} aria-label={icon ? label : undefined} title={icon ? label : undefined}>
      {icon ? <Icon store={store} name={icon} /> : label} {icon && <span className="flow-word">{label}</span>}
    </a>
  );
}

function Saved() {
  const [store, save] = useEditor((state) => state.save);
  const { t, config } = store;
  const texts = {
    saved: save.at ? t("saved_at", { time: timeOf(save.at, config.zone) }) : t("saved"),
    changed: t("saving"),
    saving: t("saving"),
    failed: t("not_saved", { reason: save.message }),
    conflict: t("not_saved", { reason: t("conflict_short") }),
  };
  const who = save.by && t("saved_by", { name: save.by, time: momentOf(save.at, config.zone) });
  return (
    <span className={`flow-saved is-${save.state}`} role="status" title={who || undefined}>
      {texts[save.state]}
      {save.state === "failed" && (
        <button type="button" className="btn btn-link" onClick={store.save}>
          {t("retry")}
        </button>
      )}
    </span>
  );
}
