// Variables in a body: `{{company|your company}}` stands in the text as one thing that cannot be half deleted.

import { mergeAttributes, Node } from "@tiptap/core";

import { nameOf } from "./words.js";

const OUTPUT = /\{\{[^{}]*\}\}/g;
const SIMPLE = /^\s*([A-Za-z][A-Za-z0-9_]*)\s*(?:\|([\s\S]*))?$/;

/** Return {name, rest} of what stands between the braces; the name is "" where it is no plain variable. */
export function parts(source) {
  const found = SIMPLE.exec(source);
  return found ? { name: found[1], rest: (found[2] ?? "").trim() } : { name: "", rest: source };
}

export const written = (name, rest) => (rest.trim() ? `${name}|${rest.trim()}` : name);

export function label(source) {
  const { name, rest } = parts(source);
  if (!name) return source.trim();
  return rest ? `${nameOf(name)} | ${rest}` : nameOf(name);
}

export const Variable = Node.create({
  name: "variable",
  group: "inline",
  inline: true,
  atom: true,
  selectable: true,
  addAttributes: () => ({
    source: {
      default: "",
      parseHTML: (element) => element.dataset.variable,
      renderHTML: ({ source }) => ({ "data-variable": source }),
    },
  }),
  parseHTML: () => [{ tag: "span[data-variable]" }],
  renderHTML: ({ node, HTMLAttributes }) => [
    "span",
    mergeAttributes(HTMLAttributes, { class: "variable" }),
    label(node.attrs.source),
  ],
  renderText: ({ node }) => `{{${node.attrs.source}}}`,
});

const textsOf = (root) => {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  return texts;
};

/** Return the HTML of a mail with its variables as elements; those in attributes stay as they are. */
export function withElements(html) {
  const body = new DOMParser().parseFromString(html, "text/html").body;
  for (const text of textsOf(body)) {
    const pieces = text.data.split(OUTPUT);
    if (pieces.length === 1) continue;
    const sources = text.data.match(OUTPUT);
    const nodes = pieces.flatMap((piece, index) => {
      if (!sources[index]) return [piece];
      const element = body.ownerDocument.createElement("span");
      element.dataset.variable = sources[index].slice(2, -2);
      return [piece, element];
    });
    text.replaceWith(...nodes);
  }
  return body.innerHTML;
}

/** Return the HTML of the editor with its elements as variables again. */
export function withBraces(html) {
  const body = new DOMParser().parseFromString(html, "text/html").body;
  for (const element of body.querySelectorAll("span[data-variable]")) element.replaceWith(`{{${element.dataset.variable}}}`);
  return body.innerHTML;
}
