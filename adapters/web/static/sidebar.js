// The list of channels with what is unread, the person you are, and the line's state. Switching itself is done in app.js.

import { byId, clean, h, icon } from "./dom.js";
import { inboxId, ofKind, personName, store, unread } from "./store.js";

const WORDS = { connecting: "Connecting", live: "Live", reconnecting: "Reconnecting" };
const links = new Map(); // channel id → {item, link, name, badge}

export const channelOrder = () => [...ofKind("team").map((channel) => channel.id), ...(store.me ? [inboxId()] : [])];

function linkFor(id, sign) {
  if (links.has(id)) return links.get(id);
  const name = h("span", { class: "channel-name", dir: "auto" });
  const badge = h("span", { class: "badge", hidden: true });
  const key = h("kbd", { "aria-hidden": "true" });
  const link = h("a", { href: `#${encodeURIComponent(id)}`, data: { channel: id }, class: "channel" },
    h("span", { class: "sign", "aria-hidden": "true" }, sign), name, key, badge);
  const entry = { item: h("li", {}, link), link, name, badge, key };
  links.set(id, entry);
  return entry;
}

const setText = (el, text) => { if (el.textContent !== text) el.textContent = text; };

function paint(entry, title, id, index) {
  const count = unread(id);
  setText(entry.name, clean(title));
  setText(entry.key, index < 9 ? String(index + 1) : "");
  entry.badge.hidden = !count;
  setText(entry.badge, count > 99 ? "99+" : String(count));
  entry.link.classList.toggle("unread", count > 0);
  entry.link.setAttribute("aria-label", count ? `${title}, ${count} unread` : title);
  if (id === store.channel) entry.link.setAttribute("aria-current", "page");
  else entry.link.removeAttribute("aria-current");
  return entry.item;
}

function setItems(root, items) {
  if (items.length === root.children.length && items.every((item, i) => root.children[i] === item)) return;
  root.replaceChildren(...items);
}

export function drawSidebar() {
  const teams = ofKind("team");
  setItems(byId("team-channels"), teams.map((channel, i) => paint(linkFor(channel.id, "#"), channel.title, channel.id, i)));
  if (!store.me) return;
  const entry = linkFor(inboxId(), icon("bell"));
  setItems(byId("inbox-channels"), [paint(entry, `Pages for ${personName(store.me)}`, inboxId(), teams.length)]);
}

export function drawPeople(changed) {
  const select = byId("person");
  const roles = (person) => (Array.isArray(person.roles) ? person.roles.join(", ").replaceAll("_", " ") : "");
  select.replaceChildren(...store.people.map((person) =>
    h("option", { value: person.id, text: roles(person) ? `${person.name} · ${roles(person)}` : person.name })));
  if (store.me) select.value = store.me;
  select.addEventListener("change", () => changed(select.value));
}

export function setConnection(state) {
  const el = byId("connection");
  if (el.dataset.state === state) return;
  el.dataset.state = state;
  setText(el.querySelector(".connection-word"), WORDS[state]);
}
