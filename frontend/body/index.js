// The fields of a mail in the editor's panel: a subject that counts, and a body as it will look, as HTML or as text.
// They stand over the form's own fields, which stay what is sent; see campaigns/nodes/widgets.py.

import "./body.css";
import "./files.js";

import { countSubject } from "./subject.js";
import { BodyField } from "./field.js";

document.addEventListener("panel:open", (event) => {
  for (const field of event.target.querySelectorAll("[data-editor=body]")) new BodyField(field);
  for (const field of event.target.querySelectorAll("[data-editor=subject]")) countSubject(field);
});
