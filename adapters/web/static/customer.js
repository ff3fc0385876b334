// What the customer sees: the messages that went out, as letters, for one customer or all. What they say is the server's.

import { stamp } from "./cards.js";
import { byId, clean, folded, h, icon, said } from "./dom.js";
import { markRead, messagesOf, ofKind, store, unread } from "./store.js";

const HUES = 6;
const letters = byId("letters");
const select = byId("customer-select");
const pick = byId("customer-pick");

let chosen = "";
let drawn = new Map(); // channel + id → {el, rev}
let open = new Set();

export function startCustomer(changed) {
  select.addEventListener("change", () => { chosen = select.value; drawn = new Map(); letters.replaceChildren(); changed(); });
}

const shownChannels = () => ofKind("customer").filter((channel) => !chosen || channel.id === chosen);
export const customerUnread = () => ofKind("customer").reduce((sum, channel) => sum + unread(channel.id), 0);
export const markCustomerRead = () => shownChannels().map((channel) => markRead(channel.id)).some(Boolean);

function drawPick() {
  const customers = ofKind("customer");
  pick.hidden = customers.length < 2;
  const wanted = [["", "All customers"], ...customers.map((channel) => {
    const count = unread(channel.id);
    return [channel.id, count ? `${channel.title} (${count} new)` : channel.title];
  })];
  const same = wanted.length === select.options.length && wanted.every(([id, text], i) => select.options[i].value === id && select.options[i].text === text);
  if (same) return;
  select.replaceChildren(...wanted.map(([id, text]) => h("option", { value: id, text })));
  select.value = chosen;
}

const hue = (text) => [...text].reduce((sum, char) => (sum * 31 + char.codePointAt(0)) % 997, 7) % HUES;

function draw(el, message) {
  const card = message.card ?? {};
  const name = store.channels.get(message.channel)?.title ?? message.channel;
  const fold = (tag, text, cls, limit, part) => folded(tag, text, cls, { limit, open, key: `${message.channel} ${message.id} ${part}` });
  const lines = Array.isArray(card.lines) ? card.lines : [];
  const fields = Array.isArray(card.fields) ? card.fields : [];
  el.className = "letter";
  el.dataset.messageId = message.id;
  el.dataset.ticket = message.ticket ?? "";
  el.dataset.channel = message.channel;
  el.replaceChildren(
    h("div", { class: "avatar", data: { hue: String(hue(name)) }, "aria-hidden": "true", text: [...clean(name).trim()][0]?.toUpperCase() ?? "?" }),
    h("div", { class: "letter-main" },
      h("p", { class: "letter-to" }, h("span", { class: "to", text: "To" }), said("b", name, "letter-name"), stamp(message.edited_at ?? message.created_at)),
      h("div", { class: "bubble" },
        ...(card.title ? fold("h3", card.title, "letter-title", 180, "title") : []),
        ...lines.flatMap((line, index) => fold("p", line, "letter-line", 900, `line ${index}`)),
        fields.length ? h("dl", { class: "fields" }, ...fields.map((field) => h("div", {}, said("dt", field.label), said("dd", field.value)))) : null)));
}

export function syncCustomer(changed = new Map()) {
  drawPick();
  const end = letters.scrollHeight - letters.scrollTop - letters.clientHeight < 60;
  const all = shownChannels().flatMap((channel) => messagesOf(channel.id)).sort((a, b) => a.rev - b.rev).slice(-300);
  if (!all.length) {
    drawn = new Map();
    letters.replaceChildren(h("div", { class: "empty" }, h("div", { class: "empty-icon" }, icon("letter")),
      h("h2", { text: "Nothing sent yet." }), h("p", { text: "When a customer has to hear from us, the message appears here as they read it." })));
    return;
  }
  letters.querySelector(":scope > .empty")?.remove();
  const elements = all.map((message) => {
    const key = `${message.channel} ${message.id}`;
    const entry = drawn.get(key) ?? { el: h("article"), rev: -1 };
    if (entry.rev !== message.rev) {
      draw(entry.el, message);
      if (changed.has(key)) entry.el.classList.add("fresh");
      entry.rev = message.rev;
      drawn.set(key, entry);
    }
    return entry.el;
  });
  let next = null;
  for (const el of elements.toReversed()) {
    if (el.parentNode !== letters || el.nextSibling !== next) letters.insertBefore(el, next);
    next = el;
  }
  while (letters.children.length > elements.length) letters.firstElementChild.remove();
  if (end) letters.scrollTop = letters.scrollHeight;
}

export function redrawCustomer() {
  for (const entry of drawn.values()) entry.rev = -1;
  syncCustomer();
}
