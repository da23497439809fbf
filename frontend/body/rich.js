// The body as it will look: TipTap, with variables as atoms.

import { Editor } from "@tiptap/core";
import StarterKit from "@tiptap/starter-kit";

import { Spintax } from "./spintax.js";
import { Variable, withBraces, withElements } from "./variables.js";

const tagsOf = (html) => {
  const body = new DOMParser().parseFromString(html, "text/html").body;
  const parts = [...body.querySelectorAll("*")].map((one) => `${one.tagName} ${one.getAttribute("style") ?? ""}`);
  return new Set(parts.map((part) => part.replace(/^B /, "STRONG ").replace(/^I /, "EM ").replace(/^DIV $/, "P ")));
};

/** Make the editor in an element; `onChange` gets the HTML as it is kept. */
export function makeRich({ element, html, label, editable, onChange, onSelect }) {
  return new Editor({
    element,
    editable,
    // Styles come from our own file, as the content security policy asks.
    injectCSS: false,
    extensions: [StarterKit.configure({ link: { openOnClick: false, autolink: false } }), Variable, Spintax],
    content: withElements(html),
    editorProps: {
      attributes: { role: "textbox", "aria-multiline": "true", "aria-label": label },
      // Nothing of them is kept, and the policy complains of each.
      transformPastedHTML: (pasted) => pasted.replace(/\sstyle=("[^"]*"|'[^']*')/gi, ""),
    },
    onUpdate: ({ editor }) => onChange(htmlOf(editor)),
    onSelectionUpdate: ({ editor }) => onSelect(editor),
  });
}

export const htmlOf = (editor) => (editor.isEmpty ? "" : withBraces(editor.getHTML()));
export const textOf = (editor) => editor.getText({ blockSeparator: "\n\n", textSerializers: { text: withAddress } });

/** A text with the address of its link behind it, where the link ends and does not say it itself. */
function withAddress({ node, parent, index }) {
  const hrefOf = (one) => one?.marks.find((mark) => mark.type.name === "link")?.attrs.href;
  const href = hrefOf(node);
  const isEnd = href && hrefOf(parent.maybeChild(index + 1)) !== href;
  return isEnd && node.text.trim() !== href ? `${node.text} (${href})` : node.text;
}

/** Return an HTML as plain text, with its variables, paragraphs and addresses. */
export function textOfHtml(html) {
  const editor = unseen(html);
  const text = textOf(editor).trim();
  editor.destroy();
  return text;
}

const unseen = (html) => new Editor({ injectCSS: false, extensions: [StarterKit, Variable], content: withElements(html) });

/** Whether the editor can show an HTML without leaving anything out. */
export function canShow(html) {
  const editor = unseen(html);
  const kept = tagsOf(htmlOf(editor));
  editor.destroy();
  return [...tagsOf(html)].every((tag) => kept.has(tag) || tag === "BR ");
}
