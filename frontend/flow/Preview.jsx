import { useEffect, useState } from "react";

import { Icon, IconButton } from "./Icon.jsx";
import { useEditor } from "./store.js";

const DEVICES = ["desktop", "mobile", "text"];

/** The mail as a real contact would get it, after each save. */
export function Preview({ node }) {
  const [store, revision] = useEditor((state) => state.revision);
  const [isOpen, setOpen] = useState(false);
  const { t } = store;
  return (
    <details className="flow-preview" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <Icon store={store} name="eye" /> {t("live_preview")}
      </summary>
      {isOpen && <Mail node={node} revision={revision} key={node} />}
    </details>
  );
}

function Mail({ node, revision }) {
  const [store] = useEditor();
  const [person, setPerson] = useState(0);
  const [device, setDevice] = useState("desktop");
  const [mail, setMail] = useState();
  const [problem, setProblem] = useState("");
  const { t } = store;
  useEffect(() => {
    let isStale = false;
    store.server.preview(node, person).then(
      (answer) => isStale || (setMail(answer), setProblem("")),
      (error) => isStale || setProblem(error.message || t("failed")),
    );
    return () => {
      isStale = true;
    };
  }, [store, node, person, revision, t]);
  return (
    <div>
      <div className="flow-preview-bar">
        <IconButton store={store} icon="chevron-left" label={t("previous_person")} disabled={person === 0} onClick={() => setPerson(person - 1)} />
        <span className="flow-preview-person">{mail ? mail.person : ""}</span>
        <IconButton
          store={store}
          icon="chevron-right"
          label={t("next_person")}
          disabled={!mail || person + 1 >= mail.people}
          onClick={() => setPerson(person + 1)}
        />
        <span className="flow-space" />
        <div className="btn-group" role="group" aria-label={t("device")}>
          {DEVICES.map((name) => (
            <button type="button" key={name} className="btn btn-sm" aria-pressed={device === name} onClick={() => setDevice(name)}>
              {t(name)}
            </button>
          ))}
        </div>
      </div>
      {problem && <p className="flow-field-problem">{problem}</p>}
      {mail && !problem && (
        <>
          <p className="flow-preview-subject">{mail.subject}</p>
          {mail.missing.length > 0 && <p className="flow-field-problem">{t("missing", { names: mail.missing.join(", ") })}</p>}
          {mail.attachments.length > 0 && (
            <p className="flow-preview-files">
              {t("attachments")}: {mail.attachments.map(({ name, size }) => `${name} (${size})`).join(", ")}
            </p>
          )}
          {device === "text" ? (
            <pre>{mail.text}</pre>
          ) : (
            <iframe className={`is-${device}`} sandbox="allow-popups" title={t("live_preview")} src={store.server.mailUrl(node, person, revision)} />
          )}
        </>
      )}
    </div>
  );
}
