import { button, variableMenu } from "./menu.js";
import { canShow, htmlOf, makeRich, textOf, textOfHtml } from "./rich.js";
import { snippetChooser } from "./snippets.js";
import { insert } from "./subject.js";
import { parts, withElements, written } from "./variables.js";
import { nameOf, t } from "./words.js";

const MODES = ["rich", "html", "text"];
const LOOKS_LIKE_HTML = /<(p|div|a|b|i|u|br|span|strong|em|ul|ol|li|table|h[1-6]|blockquote|img|html|body)[\s/>]/i;

/** Return a plain text as HTML: blank lines part its paragraphs; a single one stands alone only where `whole`. */
function htmlOfText(text, { whole = true } = {}) {
  const escaped = new Option(text).innerHTML;
  const paragraphs = escaped.split(/\n{2,}/).filter((paragraph) => paragraph.trim());
  const lines = paragraphs.map((paragraph) => paragraph.replaceAll("\n", "<br>"));
  return lines.length === 1 && !whole ? lines[0] : lines.map((line) => `<p>${line}</p>`).join("");
}

/** A body in one of three modes over the form's textarea, which keeps the value; a hidden field keeps the format. */
export class BodyField {
  constructor(textarea) {
    this.textarea = textarea;
    this.format = textarea.form.elements[textarea.dataset.formatField];
    this.editable = !textarea.disabled && !textarea.closest("fieldset:disabled");
    this.bar = document.createElement("div");
    this.bar.className = "flow-body-bar";
    this.page = document.createElement("div");
    this.page.className = "flow-rich";
    this.extra = document.createElement("div");
    this.extra.className = "flow-fallback";
    textarea.before(this.bar, this.extra, this.page);
    this.show(this.firstMode());
  }

  firstMode() {
    const { value } = this.textarea;
    if (this.format.value === "text") return "text";
    if (!value.trim()) return "rich";
    if (this.format.value !== "html" && !LOOKS_LIKE_HTML.test(value)) return "text";
    return canShow(value) ? "rich" : "html";
  }

  show(mode) {
    this.mode = mode;
    this.rich?.destroy();
    this.rich = undefined;
    this.page.hidden = mode !== "rich";
    this.textarea.hidden = mode === "rich";
    this.textarea.classList.toggle("is-code", mode === "html");
    this.extra.replaceChildren();
    if (mode === "rich") {
      this.rich = makeRich({
        element: this.page,
        html: this.textarea.value,
        label: this.textarea.labels[0]?.textContent.trim() ?? "",
        editable: this.editable,
        onChange: (html) => this.keep(html, "html"),
        onSelect: (editor) => this.showFallback(editor),
      });
    }
    this.drawBar();
  }

  keep(value, format) {
    this.textarea.value = value;
    this.format.value = format;
    this.textarea.dispatchEvent(new Event("input", { bubbles: true }));
  }

  switchTo(mode) {
    if (mode === this.mode) return;
    if (mode === "text") this.keep(this.asText(), "text");
    else this.keep(this.asHtml(), "html");
    this.show(mode);
  }

  asText() {
    if (this.rich) return textOf(this.rich);
    return textOfHtml(this.textarea.value);
  }

  asHtml() {
    if (this.rich) return htmlOf(this.rich);
    if (this.mode === "html") return this.textarea.value;
    return htmlOfText(this.textarea.value);
  }

  drawBar() {
    const modes = document.createElement("div");
    modes.className = "btn-group";
    modes.setAttribute("role", "group");
    modes.setAttribute("aria-label", t("body_mode"));
    for (const mode of MODES) {
      const one = button(t(`mode_${mode}`), () => this.switchTo(mode));
      one.setAttribute("aria-pressed", String(mode === this.mode));
      one.disabled = !this.editable;
      modes.append(one);
    }
    this.bar.replaceChildren(modes, ...(this.editable ? this.tools() : []));
  }

  tools() {
    const menu = variableMenu((key) => this.insertVariable(key));
    const snippets = button(t("snippets"), () => this.showSnippets());
    if (!this.rich) return [menu, snippets];
    const run = (command) => () => this.rich.chain().focus()[command]().run();
    return [
      button(t("bold"), run("toggleBold"), "bold"),
      button(t("italic"), run("toggleItalic"), "italic"),
      button(t("bullets"), run("toggleBulletList"), "list-bullet"),
      button(t("numbers"), run("toggleOrderedList"), "numbered-list"),
      button(t("link"), () => this.showLink(), "link"),
      menu,
      snippets,
    ];
  }

  /** Under the bar: the snippets, of which one is copied to the cursor. */
  showSnippets() {
    if (this.extra.querySelector(".flow-snippets")) return this.leaveSnippets();
    const chooser = snippetChooser(
      (body) => {
        this.leaveSnippets();
        this.insertSnippet(body);
      },
      () => this.leaveSnippets(),
    );
    this.extra.replaceChildren(chooser);
    chooser.querySelector("input").focus();
    return undefined;
  }

  leaveSnippets() {
    this.extra.replaceChildren();
    if (this.rich) this.rich.commands.focus();
    else this.textarea.focus();
  }

  insertSnippet(body) {
    const isHtml = LOOKS_LIKE_HTML.test(body);
    if (this.rich) {
      const html = isHtml ? body : htmlOfText(body, { whole: false });
      this.rich.chain().focus().insertContent(withElements(html)).run();
    } else if (this.mode === "html") {
      insert(this.textarea, isHtml ? body : htmlOfText(body, { whole: false }));
    } else {
      insert(this.textarea, isHtml ? textOfHtml(body).replace(/\u00a0/g, " ") : body);
    }
  }

  insertVariable(key) {
    if (this.rich) this.rich.chain().focus().insertContent({ type: "variable", attrs: { source: key } }).run();
    else insert(this.textarea, `{{${key}}}`);
  }

  /** Under the bar: what is said instead where the chosen variable is blank. */
  showFallback(editor) {
    const chosen = editor.state.selection.node;
    const { name, rest } = parts(chosen?.type.name === "variable" ? chosen.attrs.source : "");
    if (!name) return this.extra.replaceChildren();
    const change = (value) =>
      editor.chain().updateAttributes("variable", { source: written(name, value) }).run();
    this.ask(t("fallback_for", { name: nameOf(name) }), rest, change);
    return undefined;
  }

  showLink() {
    const current = this.rich.getAttributes("link").href ?? "";
    this.ask(t("link_address"), current, (href) => {
      const chain = this.rich.chain().extendMarkRange("link");
      (href.trim() ? chain.setLink({ href: href.trim() }) : chain.unsetLink()).run();
    }).focus();
  }

  /** Ask for one line under the bar; Enter goes back to the text. */
  ask(words, value, onChange) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    input.className = "form-control";
    input.value = value;
    for (const name of ["input", "change"]) input.addEventListener(name, (event) => event.stopPropagation());
    input.addEventListener("change", () => onChange(input.value));
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      onChange(input.value);
      this.rich.commands.focus();
    });
    label.append(words, input);
    this.extra.replaceChildren(label);
    return input;
  }
}
