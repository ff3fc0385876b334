// What the page knows: people, channels, messages, who you are, what you have read. It draws nothing.

import { remember, remembered } from "./dom.js";

export const store = {
  people: [],
  commands: [],
  demo: false,
  me: null,
  channel: null,
  channels: new Map(), // id → {id, title, kind}
  messages: new Map(), // channel → Map(id → Message)
};

let seen = {};

const kindOf = (id) => (id.startsWith("@") ? "person" : id.startsWith("customer:") ? "customer" : "team");

export function addChannel({ id, title, kind }) {
  if (typeof id !== "string" || !id) return;
  const name = title || (kindOf(id) === "customer" ? id.slice("customer:".length) : personName(id.replace(/^@/, "")));
  store.channels.set(id, { id, title: name, kind: kind ?? kindOf(id) });
  if (!store.messages.has(id)) store.messages.set(id, new Map());
}

export function fill(page) {
  store.people = Array.isArray(page.people) ? page.people : [];
  store.commands = Array.isArray(page.commands) ? page.commands : [];
  store.demo = page.demo === true;
  const known = (id) => store.people.some((person) => person.id === id);
  const last = remembered("person");
  store.me = known(last) ? last : store.people[0]?.id ?? null;
  for (const channel of page.channels ?? []) addChannel(channel);
  if (store.me) ensureInbox();
  // A demo begins anew each time: what was read in the last one says nothing about this one.
  if (!store.demo) try { seen = JSON.parse(remembered("seen", "{}")) ?? {}; } catch { seen = {}; }
}

function ensureInbox() {
  if (!store.channels.has(`@${store.me}`)) addChannel({ id: `@${store.me}` });
}

export function setMe(id) {
  store.me = id;
  remember("person", id);
  ensureInbox();
}

export const personName = (id) => store.people.find((person) => person.id === id)?.name ?? id;
export const inboxId = () => `@${store.me}`;
export const ofKind = (kind) => [...store.channels.values()].filter((channel) => channel.kind === kind);

/** Takes a message if it is newer than what we have: "new", "edited", or null when it is not. */
export function upsert(message) {
  if (!message || typeof message.id !== "string" || typeof message.channel !== "string") return null;
  if (!store.channels.has(message.channel)) addChannel({ id: message.channel });
  const known = store.messages.get(message.channel);
  const old = known.get(message.id);
  if (old && old.rev >= message.rev) return null;
  known.set(message.id, message);
  return old ? "edited" : "new";
}

export const messagesOf = (channel) => [...(store.messages.get(channel)?.values() ?? [])].sort((a, b) => a.rev - b.rev);

export function unread(channel) {
  const upTo = seen[channel] ?? 0;
  let count = 0;
  for (const message of store.messages.get(channel)?.values() ?? []) if (message.rev > upTo) count += 1;
  return count;
}

export function markRead(channel) {
  let latest = 0;
  for (const message of store.messages.get(channel)?.values() ?? []) latest = Math.max(latest, message.rev);
  if (!latest || seen[channel] === latest) return false;
  seen[channel] = latest;
  if (!store.demo) remember("seen", JSON.stringify(seen));
  return true;
}

/** After the replay: marks beyond the last revision come from a ledger that is gone. */
export function forgetImpossibleMarks() {
  for (const [channel, rev] of Object.entries(seen)) {
    const known = messagesOf(channel);
    if (known.length && rev > known[known.length - 1].rev) delete seen[channel];
  }
}
