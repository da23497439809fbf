/** An icon of ours, drawn by the server (heroicons): constant markup, nothing of a user's. */
export function Icon({ store, name }) {
  return <span className="flow-icon" aria-hidden="true" dangerouslySetInnerHTML={{ __html: store.config.icons[name] ?? "" }} />;
}

export function IconButton({ store, icon, label, className = "", ...rest }) {
  return (
    <button type="button" className={`btn btn-icon ${className}`} title={label} aria-label={label} {...rest}>
      <Icon store={store} name={icon} />
    </button>
  );
}
