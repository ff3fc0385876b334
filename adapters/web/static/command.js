// The command box: typing, completing, remembering what was typed. What a command means is decided by the server's one grammar.

import { complete } from "./api.js";
import { byId, h, remember, remembered, said } from "./dom.js";
import { store } from "./store.js";

const WAIT_MS = 70;
const KEPT = 50;

const form = byId("command-form");
const input = byId("command");
const popup = byId("options");

let options = [];
let active = -1;
let asked = 0;
let delayed = 0;
let pending = false; // the options for what was typed have not come yet
let past = [];
let at = -1; // place in `past` while leafing, -1 when not
let draft = "";

const isOpen = () => !popup.hidden;

export function closeOptions() {
  clearTimeout(delayed);
  asked += 1; // an answer still under way comes too late
  if (!isOpen()) return false;
  popup.hidden = true;
  input.setAttribute("aria-expanded", "false");
  setActive(-1);
  return true;
}

function setActive(index) {
  active = index;
  [...popup.children].forEach((el, i) => el.setAttribute("aria-selected", String(i === index)));
  if (index < 0) input.removeAttribute("aria-activedescendant");
  else {
    input.setAttribute("aria-activedescendant", `option-${index}`);
    popup.children[index]?.scrollIntoView({ block: "nearest" });
  }
}

function show(found) {
  options = found.filter((option) => typeof option?.text === "string" && option.text);
  if (!options.length || (options.length === 1 && options[0].text === input.value)) return void closeOptions();
  popup.replaceChildren(...options.map((option, index) => {
    const el = h("div", { id: `option-${index}`, role: "option", class: "option", "aria-selected": "false" },
      said("span", option.text, "option-text"), said("span", option.help, "option-help"));
    el.addEventListener("mousedown", (event) => event.preventDefault()); // keeps the focus in the box
    el.addEventListener("click", () => take(index));
    return el;
  }));
  popup.hidden = false;
  input.setAttribute("aria-expanded", "true");
  setActive(-1);
}

function suggest(delay = WAIT_MS, takeFirst = false) {
  clearTimeout(delayed);
  const turn = ++asked;
  if (!input.value.trim()) return void closeOptions();
  pending = true;
  delayed = setTimeout(async () => {
    try {
      const { options: found } = await complete(input.value, store.channel);
      if (turn !== asked) return;
      if (document.activeElement === input) show(Array.isArray(found) ? found : []);
      if (takeFirst && isOpen()) take(0);
    } catch { if (turn === asked) closeOptions(); }
    if (turn === asked) pending = false;
  }, delay);
}

/** All the verbs, for a box that is still empty. */
function listAll() {
  asked += 1;
  show(store.commands.map((command) => ({ text: `/sla ${command.verb}`, help: command.help || command.usage })));
}

function take(index) {
  const option = options[index];
  if (!option) return;
  input.value = option.text;
  input.focus();
  closeOptions();
  suggest(0);
}

function leaf(step) {
  if (!past.length) return;
  if (at < 0) draft = input.value;
  const next = at < 0 ? (step < 0 ? past.length - 1 : -1) : at + step;
  if (next < 0 && step < 0) return;
  at = next >= past.length ? -1 : next;
  input.value = at < 0 ? draft : past[at];
  input.setSelectionRange(input.value.length, input.value.length);
}

function submit(run) {
  const text = input.value.trim();
  if (!text) return;
  past = [...past.filter((line) => line !== text), text].slice(-KEPT);
  remember("commands", JSON.stringify(past));
  at = -1;
  input.value = "";
  closeOptions();
  run(text);
}

function onKey(event, run) {
  if (event.isComposing) return;
  const { key } = event;
  const arrow = key === "ArrowDown" ? 1 : key === "ArrowUp" ? -1 : 0;
  if (arrow && isOpen()) {
    event.preventDefault();
    const count = options.length;
    setActive(active < 0 ? (arrow > 0 ? 0 : count - 1) : (active + arrow + count) % count);
  } else if (arrow && !event.altKey && past.length) {
    event.preventDefault();
    leaf(arrow);
  } else if (key === "ArrowDown") {
    event.preventDefault();
    if (input.value) suggest(0); else listAll();
  } else if (key === "Tab" && !event.shiftKey && isOpen()) {
    event.preventDefault();
    take(Math.max(active, 0));
  } else if (key === "Tab" && !event.shiftKey && pending && input.value.trim()) {
    event.preventDefault(); // typed faster than the list opens: the first option is taken when it comes
    suggest(0, true);
  } else if (key === "Enter") {
    event.preventDefault();
    // Enter takes what was chosen with the arrows; with nothing chosen it sends what was typed.
    if (isOpen() && active >= 0 && options[active].text !== input.value) take(active); else submit(run);
  } else if (key === "Escape" && closeOptions()) event.stopPropagation();
}

export function startCommand(run) {
  try { past = JSON.parse(remembered("commands", "[]")).filter((line) => typeof line === "string"); } catch { past = []; }
  input.addEventListener("input", () => { at = -1; suggest(); });
  input.addEventListener("keydown", (event) => onKey(event, run));
  input.addEventListener("blur", () => closeOptions());
  form.addEventListener("submit", (event) => { event.preventDefault(); submit(run); });
  byId("slash").addEventListener("mousedown", (event) => event.preventDefault());
  byId("slash").addEventListener("click", () => {
    const wasOpen = isOpen();
    input.focus();
    if (wasOpen) closeOptions(); else listAll();
  });
}

export const focusCommand = () => input.focus();
