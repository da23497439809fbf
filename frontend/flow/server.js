// What the editor asks of the server; every answer but the panel is JSON.

export class Refused extends Error {
  constructor(status, answer) {
    super(answer?.message ?? "");
    this.status = status;
    this.answer = answer;
  }
}

export function csrfToken() {
  return document.querySelector("#editor").dataset.csrf;
}

async function ask(url, { method = "GET", body, headers = {} } = {}) {
  const response = await fetch(url, {
    method,
    body,
    headers: { Accept: "application/json", ...(method === "GET" ? {} : { "X-CSRFToken": csrfToken() }), ...headers },
    credentials: "same-origin",
  });
  const isJson = (response.headers.get("Content-Type") ?? "").startsWith("application/json");
  const answer = isJson ? await response.json() : undefined;
  if (!response.ok || !isJson) throw new Refused(response.status, answer);
  return answer;
}

const send = (url, value) =>
  ask(url, { method: "POST", body: JSON.stringify(value), headers: { "Content-Type": "application/json" } });

/** `urls` are those of the page's configuration. */
export function server(urls) {
  return {
    save: (doc, revision) => send(urls.draft, { document: doc, revision }),
    load: () => ask(urls.draft),
    traffic: () => ask(urls.counts),
    versions: () => ask(urls.versions),
    restore: (number, revision) => send(urls.restore.replace("/0/", `/${number}/`), { revision }),
    values: (kind, form) => {
      const texts = [...form].filter(([, value]) => typeof value === "string");
      return ask(urls.values.replace("KIND", kind), { method: "POST", body: new URLSearchParams(texts) });
    },
    preview: (node, person) => ask(`${urls.preview}?${new URLSearchParams({ node, person })}`),
    mailUrl: (node, person, revision) => `${urls.mail}?${new URLSearchParams({ node, person, revision })}`,
  };
}
