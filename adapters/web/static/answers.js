// The answers only you can see: one at a time, above the command box, until dismissed. What they say is the server's.

import { drawCard } from "./cards.js";
import { byId, h, icon, said } from "./dom.js";

const SAID_MS = 6000;
const root = byId("answers");
const open = new Set();
let delayed = 0;

export function dismissAnswer() {
  if (!root.firstChild) return false;
  const had = root.contains(document.activeElement);
  clearTimeout(delayed);
  root.replaceChildren();
  if (had) byId("command").focus();
  return true;
}

function show(el) {
  clearTimeout(delayed);
  root.replaceChildren(el);
}

function frame(cls, label, asked, ...body) {
  const close = h("button", { type: "button", class: "icon-button", "aria-label": "Dismiss", title: "Dismiss (Esc)" }, icon("cross"));
  close.addEventListener("click", dismissAnswer);
  return h("section", { class: `answer ${cls}`, "aria-label": label },
    h("header", { class: "answer-head" }, icon(cls === "error" ? "alert" : "eye"), h("span", { class: "answer-label", text: label }),
      asked ? said("code", asked, "asked") : null, close),
    ...body);
}

/** Shows an answer. `context` is what cards.js needs; `asked` is the command or the button's word. */
export function showAnswer(answer, asked, place, context) {
  const cards = Array.isArray(answer?.cards) ? answer.cards : [];
  if (answer?.private === false) {
    const first = cards[0]?.title;
    show(frame("said", place ? `Said in ${place}` : "Done", asked, first ? said("p", first, "answer-text") : ""));
    delayed = setTimeout(dismissAnswer, SAID_MS);
    return;
  }
  const body = h("div", { class: "answer-body" }, ...cards.map((card) => {
    const article = h("article");
    drawCard(article, card, null, { ...context, open });
    return article;
  }));
  if (!cards.length) body.append(said("p", "Done.", "answer-text"));
  show(frame("", "Only you can see this", asked, body));
  root.querySelector(".answer-body").scrollTop = 0;
}

export function showError(text, asked) {
  show(frame("error", "That did not work", asked, h("p", { class: "answer-text", role: "alert", dir: "auto", text })));
}
