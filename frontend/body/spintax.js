// Wordings in a body, `{Hi|Hello}`: marked, so that nobody takes them for a slip. What counts is campaigns/mail/spintax.py.

import { Extension } from "@tiptap/core";
import { Plugin } from "@tiptap/pm/state";
import { Decoration, DecorationSet } from "@tiptap/pm/view";

import { t } from "./words.js";

// The innermost groups: a brace with a bar inside.
const GROUP = /\{[^{}|]*\|[^{}]*\}/g;
// Stands for a variable or a line break, each one place wide.
const LEAF = "\ufffc";

function groups(doc) {
  const found = [];
  doc.descendants((node, at) => {
    if (!node.isTextblock) return;
    const text = node.textBetween(0, node.content.size, undefined, LEAF);
    for (const match of text.matchAll(GROUP)) {
      const from = at + 1 + match.index;
      found.push(Decoration.inline(from, from + match[0].length, { class: "spintax", title: t("spintax") }));
    }
  });
  return DecorationSet.create(doc, found);
}

export const Spintax = Extension.create({
  name: "spintax",
  addProseMirrorPlugins: () => [
    new Plugin({
      state: {
        init: (_config, state) => groups(state.doc),
        apply: (change, before) => (change.docChanged ? groups(change.doc) : before),
      },
      props: {
        decorations(state) {
          return this.getState(state);
        },
      },
    }),
  ],
});
