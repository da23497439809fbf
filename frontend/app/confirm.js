// `data-confirm="What happens then"` on a button or form asks first, in the page's own dialog.
// `data-confirm-action` is the word on the button that goes on.

const dialog = document.querySelector("#confirm");

function ask(element, goOn) {
  dialog.querySelector("p").textContent = element.dataset.confirm;
  dialog.querySelector("[value=yes]").textContent = element.dataset.confirmAction ?? element.textContent.trim();
  dialog.returnValue = "";
  dialog.addEventListener("close", () => dialog.returnValue === "yes" && goOn(), { once: true });
  dialog.showModal();
}

if (dialog) {
  let agreed = null;
  document.addEventListener("submit", (event) => {
    const element = [event.submitter, event.target].find((one) => one?.dataset.confirm);
    if (!element || element.closest("[hx-post], [hx-delete]")) return;
    if (agreed === element) {
      agreed = null;
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    ask(element, () => {
      agreed = element;
      event.target.requestSubmit(event.submitter);
    });
  }, true);
  document.addEventListener("htmx:confirm", (event) => {
    const trigger = event.detail.triggeringEvent?.submitter;
    const element = [trigger, event.detail.elt].find((one) => one?.dataset?.confirm);
    if (!element) return;
    event.preventDefault();
    ask(element, () => event.detail.issueRequest(true));
  });
}
