// Which key does what, and the sheet that lists them. A key is never taken from someone who is typing.

import { byId, h, icon } from "./dom.js";
import { store } from "./store.js";

const ACTIONS = { a: "acknowledge", e: "escalate", w: "why" };
const LINES = [
  [["/"], "write a command"],
  [["j"], ["k"], "next card, previous card (arrows too)"],
  [["a"], "acknowledge the focused card"],
  [["e"], "escalate it"],
  [["w"], "why is it due when it is?"],
  [["1"], ["…"], ["9"], "go to a channel"],
  [["Esc"], "close what is open"],
  [["?"], "this list"],
];

const typing = (el) => el?.matches?.("input, textarea, select, [contenteditable]") ?? false;

export function openHelp() {
  const sheet = byId("help");
  const close = h("button", { type: "button", class: "icon-button", "aria-label": "Close" }, icon("cross"));
  close.addEventListener("click", () => sheet.close());
  const keys = LINES.map((line) => h("li", {}, h("span", { class: "keys" }, ...line.slice(0, -1).map(([key]) => h("kbd", { text: key }))),
    h("span", { text: line.at(-1) })));
  const verbs = store.commands.map((command) => h("li", {}, h("code", { dir: "auto", text: `/sla ${command.usage || command.verb}` }),
    h("span", { dir: "auto", text: command.help })));
  sheet.replaceChildren(
    h("header", { class: "sheet-head" }, h("h2", { id: "help-title", text: "Keys and commands" }), close),
    h("ul", { class: "key-list" }, ...keys),
    verbs.length ? h("h3", { text: "Commands" }) : "",
    verbs.length ? h("ul", { class: "verb-list" }, ...verbs) : "");
  if (!sheet.open) sheet.showModal();
}

/** does: {focusCommand, moveFocus(step), focusedCard(), goTo(index), escape()} */
export function startKeys(does) {
  byId("help-open").addEventListener("click", openHelp);
  byId("help").addEventListener("click", (event) => { if (event.target === event.currentTarget) event.currentTarget.close(); });
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]")) return;
    const { key } = event;
    if (key === "Escape") return void does.escape();
    if (typing(event.target)) return;
    const card = does.focusedCard();
    const arrow = card === document.activeElement || document.activeElement === document.body;
    if (key === "/") does.focusCommand();
    else if (key === "j" || (key === "ArrowDown" && arrow)) does.moveFocus(1);
    else if (key === "k" || (key === "ArrowUp" && arrow)) does.moveFocus(-1);
    else if (Object.hasOwn(ACTIONS, key) && card) card.querySelector(`[data-action="${ACTIONS[key]}"]:not(:disabled)`)?.click();
    else if (/^[1-9]$/.test(key)) does.goTo(Number(key) - 1);
    else if (key === "?") openHelp();
    else return;
    event.preventDefault();
  });
}
