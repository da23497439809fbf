import { icon, t, variables } from "./words.js";

/** Return a list that puts a variable in: `onChoose` gets its key. */
export function variableMenu(onChoose) {
  const menu = document.createElement("select");
  menu.className = "form-select flow-variables";
  menu.setAttribute("aria-label", t("insert_variable"));
  menu.append(new Option(t("insert_variable"), ""));
  for (const { key, label } of variables()) menu.append(new Option(label, key));
  // It is no field of the form.
  for (const name of ["input", "change"]) menu.addEventListener(name, (event) => event.stopPropagation());
  menu.addEventListener("change", () => {
    const key = menu.value;
    menu.value = "";
    if (key) onChoose(key);
  });
  return menu;
}

/** Return a button of the bar over the body: with an icon of that name, else with its words. */
export function button(label, onClick, drawing = "") {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "btn btn-sm";
  if (drawing) {
    // Constant markup of ours, from the page.
    made.innerHTML = icon(drawing);
    made.title = label;
    made.setAttribute("aria-label", label);
  } else {
    made.textContent = label;
  }
  made.addEventListener("click", onClick);
  return made;
}
