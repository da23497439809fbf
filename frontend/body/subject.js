// The subject: how much of it inboxes show, and variables at the cursor.

import { variableMenu } from "./menu.js";
import { t } from "./words.js";

// Most inboxes show about this many characters.
const SHOWN = 60;

export function countSubject(field) {
  const hint = document.createElement("small");
  hint.className = "flow-count";
  const count = () => {
    const left = SHOWN - [...field.value.replace(/\{\{[^}]*\}\}/g, "12345678")].length;
    hint.textContent = t(left < 0 ? "subject_over" : "subject_left", { count: Math.abs(left) });
    hint.classList.toggle("is-over", left < 0);
  };
  field.after(hint);
  if (!field.closest("fieldset:disabled")) field.before(variableMenu((key) => insert(field, `{{${key}}}`)));
  field.addEventListener("input", count);
  count();
}

/** Put a text at the cursor of a plain field, as if it was typed. */
export function insert(field, text) {
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
