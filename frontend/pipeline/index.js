// The board: cards are dragged by mouse, pen or finger (held for a moment, so that a swipe still scrolls), or moved
// by Shift and an arrow key. The forms behind a card's three dots do the same without any of this.

import "./pipeline.css";

const HOLD = 250;
const SLACK = 6;
const EDGE = 48;
const board = () => document.querySelector(".board");
const laneOf = (card) => card.closest(".lane");
const cardsOf = (lane) => lane.querySelector(".lane-cards");

/** Put a card on top of a column and tell the server; it goes back where it was when the server refuses. */
function place(card, lane) {
  const from = laneOf(card);
  if (!lane || lane === from) return;
  const next = card.nextElementSibling;
  cardsOf(lane).prepend(card);
  const say = document.querySelector("[data-said]");
  const back = () => {
    cardsOf(from).insertBefore(card, next);
    say.textContent = "";
  };
  const body = new FormData();
  body.set("to", lane.dataset.stage);
  const url = card.dataset.deal + location.search;
  const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
  fetch(url, { method: "POST", body, headers: { "HX-Request": "true", "X-CSRFToken": token } })
    .then(async (answer) => {
      if (!answer.ok) throw new Error(answer.statusText);
      replaceHeads(await answer.text());
      say.textContent = say.dataset.said.replace("{card}", nameOf(card)).replace("{stage}", lane.dataset.name);
    })
    .catch(() => {
      back();
      document.body.dispatchEvent(
        new CustomEvent("toast", { detail: { text: say.dataset.failed, tone: "red" }, bubbles: true }),
      );
    });
}

const nameOf = (card) => card.querySelector("a").textContent.trim();

/** Show the new counts and sums of all columns. */
function replaceHeads(html) {
  const answer = new DOMParser().parseFromString(html, "text/html");
  for (const head of answer.querySelectorAll(".lane-head")) document.getElementById(head.id)?.replaceWith(head);
}

// --- Keys ---

document.addEventListener("keydown", (event) => {
  const card = event.target.closest?.("[data-deal]");
  if (!card || event.target.closest("input")) return;
  const lanes = [...board().querySelectorAll(".lane")];
  const here = lanes.indexOf(laneOf(card));
  const side = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const way = { ArrowUp: "previousElementSibling", ArrowDown: "nextElementSibling" }[event.key];
  if (side && event.shiftKey) {
    event.preventDefault();
    place(card, lanes[here + side]);
    focus(card);
  } else if (side) {
    event.preventDefault();
    const rows = side < 0 ? lanes.slice(0, here).reverse() : lanes.slice(here + 1);
    const found = rows.map((lane) => lane.querySelector("[data-deal]")).find(Boolean);
    if (found) focus(found);
  } else if (way && card[way]?.matches("[data-deal]")) {
    event.preventDefault();
    focus(card[way]);
  }
});

function focus(card) {
  card.querySelector("a").focus();
  card.scrollIntoView({ block: "nearest", inline: "nearest" });
}

// --- Mouse and finger ---

let drag = null;

document.addEventListener("pointerdown", (event) => {
  const card = event.target.closest?.("[data-deal]");
  if (!card || event.button !== 0 || event.target.closest(".deal-more")) return;
  drag = { card, id: event.pointerId, x: event.clientX, y: event.clientY, copy: null, timer: 0 };
  if (event.pointerType === "touch") drag.timer = setTimeout(() => lift(drag), HOLD);
});

document.addEventListener("pointermove", (event) => {
  if (!drag || event.pointerId !== drag.id) return;
  const far = Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > SLACK;
  if (!drag.copy && far) {
    if (event.pointerType === "touch") return end();
    lift(drag);
  }
  if (!drag?.copy) return;
  event.preventDefault();
  drag.copy.style.translate = `${event.clientX - drag.x}px ${event.clientY - drag.y}px`;
  scrollAtEdge(event.clientX);
  const target = document.elementFromPoint(event.clientX, event.clientY)?.closest(".lane");
  for (const lane of board().querySelectorAll(".lane")) lane.classList.toggle("is-target", lane === target);
});

document.addEventListener("pointerup", (event) => {
  if (!drag || event.pointerId !== drag.id) return;
  const { card, copy } = drag;
  const lane = document.elementFromPoint(event.clientX, event.clientY)?.closest(".lane");
  end();
  if (!copy) return;
  // The click that follows a drop must not open the contact.
  addEventListener("click", (click) => click.preventDefault(), { capture: true, once: true });
  setTimeout(() => dispatchEvent(new Event("click", { cancelable: true })), 0);
  place(card, lane);
});
document.addEventListener("pointercancel", end);
document.addEventListener("keydown", (event) => event.key === "Escape" && end());
// A finger that drags does not scroll; links are not dragged as links.
document.addEventListener("touchmove", (event) => drag?.copy && event.preventDefault(), { passive: false });
document.addEventListener("dragstart", (event) => event.target.closest?.("[data-deal]") && event.preventDefault());
document.addEventListener("contextmenu", (event) => drag?.copy && event.preventDefault());

function lift(from) {
  const { card } = from;
  const box = card.getBoundingClientRect();
  from.copy = card.cloneNode(true);
  from.copy.removeAttribute("data-deal");
  from.copy.classList.add("is-lifted");
  Object.assign(from.copy.style, { left: `${box.left}px`, top: `${box.top}px`, width: `${box.width}px` });
  document.body.append(from.copy);
  card.classList.add("is-gap");
  document.documentElement.classList.add("is-dragging");
}

function end() {
  if (!drag) return;
  clearTimeout(drag.timer);
  drag.copy?.remove();
  drag.card.classList.remove("is-gap");
  document.documentElement.classList.remove("is-dragging");
  for (const lane of document.querySelectorAll(".lane.is-target")) lane.classList.remove("is-target");
  drag = null;
}

function scrollAtEdge(x) {
  const box = board().getBoundingClientRect();
  if (x < box.left + EDGE) board().scrollLeft -= 12;
  if (x > box.right - EDGE) board().scrollLeft += 12;
}
