import { useEffect, useRef, useState } from "react";

import { momentOf } from "./format.js";
import { useEditor } from "./store.js";

/** The published versions, what each changed, and the way back to one. */
export function History() {
  const [store] = useEditor();
  const [found, setFound] = useState();
  const [failed, setFailed] = useState(false);
  const dialog = useRef(null);
  const { t } = store;
  useEffect(() => {
    dialog.current.showModal();
    store.save().then(() => store.server.versions()).then(setFound, () => setFailed(true));
  }, [store]);
  const close = () => store.set({ view: { ...store.state.view, history: false } });
  const restore = async (number) => {
    await store.restore(number);
    dialog.current.close();
  };
  return (
    <dialog className="flow-history" ref={dialog} onClose={close} aria-labelledby="flow-history-title">
      <header>
        <h2 id="flow-history-title">{t("history")}</h2>
        <button type="button" className="btn-close" aria-label={t("close")} onClick={() => dialog.current.close()} />
      </header>
      {failed && <p>{t("failed")}</p>}
      {found && found.draft.length > 0 && (
        <article>
          <h3>{t("unpublished")}</h3>
          <Changes changes={found.draft} />
        </article>
      )}
      {found?.versions.length === 0 && <p>{t("no_versions")}</p>}
      {found?.versions.map((version) => (
        <article key={version.number}>
          <h3>
            {t("version", { number: version.number })} {version.current && <span className="badge">{t("current")}</span>}
          </h3>
          <p className="flow-muted">
            <time dateTime={version.at}>{momentOf(version.at, store.config.zone)}</time> {version.by}
          </p>
          <Changes changes={version.changes} />
          {store.editable && (
            <button type="button" className="btn btn-sm" onClick={() => restore(version.number)}>
              {t("restore")}
            </button>
          )}
        </article>
      ))}
    </dialog>
  );
}

function Changes({ changes }) {
  return (
    <ul>
      {changes.map((change) => (
        <li key={change.node}>
          <strong>{change.kind}</strong> {change.title}
          {change.summary && `: ${change.summary}`} {change.fields.length > 0 && <em>({change.fields.join(", ")})</em>}
        </li>
      ))}
    </ul>
  );
}
