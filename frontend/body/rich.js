// The body as it will look: TipTap, with variables as atoms.

import { Editor } from "@tiptap/core";
import StarterKit from "@tiptap/starter-kit";

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
    extensions: [StarterKit.configure({ link: { openOnClick: false, autolink: false } }), Variable],
    content: withElements(html),
    editorProps: { attributes: { role: "textbox", "aria-multiline": "true", "aria-label": label } },
    onUpdate: ({ editor }) => onChange(htmlOf(editor)),
    onSelectionUpdate: ({ editor }) => onSelect(editor),
  });
}

export const htmlOf = (editor) => (editor.isEmpty ? "" : withBraces(editor.getHTML()));
export const textOf = (editor) => editor.getText({ blockSeparator: "\n\n" });

/** Whether the editor can show an HTML without leaving anything out. */
export function canShow(html) {
  const editor = new Editor({ injectCSS: false, extensions: [StarterKit, Variable], content: withElements(html) });
  const kept = tagsOf(htmlOf(editor));
  editor.destroy();
  return [...tagsOf(html)].every((tag) => kept.has(tag) || tag === "BR ");
}
