// What the page knows for these fields: the translated words, and the variables with their names.

let found;

function config() {
  found ??= JSON.parse(document.querySelector("#editor-config").textContent);
  return found;
}

export const icon = (name) => config().icons[name] ?? "";
export const urls = () => config().urls;
export const variables = () => config().variables;
export const nameOf = (key) => variables().find((one) => one.key === key)?.label ?? key;

export const t = (key, values = {}) =>
  (config().words[key] ?? key).replace(/%\((\w+)\)s/g, (_whole, name) => values[name] ?? "");
