// Which cards of the selected channel stand where: newest activity at the bottom, nothing moves under your hand.
// How a card looks is decided in cards.js.

import { VERDICTS, drawCard, verdictOf } from "./cards.js";
import { byId, h, icon } from "./dom.js";
import { inboxId, messagesOf, store } from "./store.js";

const PAGE = 600; // cards in the document at once; older ones come by a button
const FLASH_MS = 2400;

const list = byId("timeline");
const scroller = byId("scroller");
const empty = byId("empty");
const filters = byId("filters");
const newer = byId("newer");

let context = null;
let channel = null;
let limit = PAGE;
let filter = null;
let waiting = 0;
let drawn = new Map(); // message id → {el, rev, order}

export function startTimeline(cardContext) {
  context = cardContext;
  newer.addEventListener("click", toBottom);
  scroller.addEventListener("scroll", () => { if (atBottom()) setWaiting(0); }, { passive: true });
  new ResizeObserver(() => { if (stuck) scroller.scrollTop = scroller.scrollHeight; }).observe(scroller);
}

let stuck = true;
const atBottom = () => (stuck = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 60);

export function toBottom() {
  scroller.scrollTop = scroller.scrollHeight;
  setWaiting(0);
}

function setWaiting(count) {
  waiting = count;
  newer.hidden = !count;
  if (count) newer.replaceChildren(icon("down"), h("span", { text: count === 1 ? "1 update below" : `${count} updates below` }));
}

/** The card that must not move: one that holds the focus, or whose button is under the pointer. */
const held = () => document.activeElement?.closest?.("#timeline .card") ?? list.querySelector(".button:hover")?.closest(".card") ?? null;

function anchor() {
  const hand = held();
  if (hand) return hand;
  if (atBottom()) return null;
  return [...list.children].find((el) => el.offsetTop + el.offsetHeight > scroller.scrollTop) ?? null;
}

/** Draws what changed. `changed`: Map(id → "new" | "edited") to be shown as fresh; empty during the replay. */
export function syncTimeline(changed = new Map()) {
  if (channel !== store.channel) reset();
  const all = messagesOf(channel);
  const keep = anchor();
  const before = keep?.getBoundingClientRect().top;
  const hand = held();
  const bottom = !keep;

  const shown = all.slice(-limit).map((message) => {
    const entry = drawn.get(message.id) ?? { el: h("article", { tabindex: "-1" }), rev: -1, order: message.rev };
    const fresh = entry.rev !== message.rev;
    if (fresh) {
      drawCard(entry.el, message.card, message, context);
      entry.el.classList.toggle("text", message.kind === "text");
      if (entry.el !== hand) entry.order = message.rev;
      entry.rev = message.rev;
      drawn.set(message.id, entry);
      if (changed.has(message.id)) flash(entry.el);
    }
    return entry;
  }).sort((a, b) => a.order - b.order);

  place(shown.map((entry) => entry.el), all.length > limit ? all.length - limit : 0);
  setTabStop();
  if (keep?.isConnected) {
    scroller.scrollTop += keep.getBoundingClientRect().top - before;
    if (changed.size && !atBottom()) setWaiting(waiting + changed.size);
  } else if (bottom) scroller.scrollTop = scroller.scrollHeight;
  drawFilters(all);
  drawEmpty(all);
}

function reset() {
  channel = store.channel;
  limit = PAGE;
  filter = null;
  drawn = new Map();
  delete list.dataset.filter;
  list.replaceChildren();
  setWaiting(0);
}

/** Puts the elements in order, touching only those that are out of place (a moved element would lose the focus). */
function place(elements, earlier) {
  let next = null;
  for (const el of elements.toReversed()) {
    if (el.parentNode !== list || el.nextSibling !== next) list.insertBefore(el, next);
    next = el;
  }
  const wanted = new Set(elements);
  for (const el of [...list.children]) if (!wanted.has(el)) el.remove();
  if (!earlier) return;
  const button = h("button", { type: "button", class: "earlier", text: `Show earlier cards (${earlier})` });
  button.addEventListener("click", () => { limit += PAGE; syncTimeline(); });
  list.prepend(button);
}

function flash(el) {
  el.classList.remove("fresh");
  requestAnimationFrame(() => el.classList.add("fresh"));
  setTimeout(() => el.classList.remove("fresh"), FLASH_MS);
}

/** Draws everything anew: another person looks, or the date has changed. */
export function redrawTimeline() {
  for (const entry of drawn.values()) entry.rev = -1;
  const order = new Map([...drawn].map(([id, entry]) => [id, entry.order]));
  syncTimeline();
  for (const [id, value] of order) if (drawn.has(id)) drawn.get(id).order = value;
}

/** Draws the cards that carry this button again: it is in flight, or no longer. */
export function refreshButtons() {
  for (const message of messagesOf(channel)) {
    const entry = drawn.get(message.id);
    if (entry && message.card?.buttons?.length) drawCard(entry.el, message.card, message, context);
  }
}

function drawFilters(all) {
  const counts = new Map();
  for (const message of all) {
    const verdict = verdictOf(message.card);
    counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  }
  const kinds = Object.keys(VERDICTS).filter((verdict) => counts.has(verdict));
  filters.hidden = kinds.length < 2 && !filter;
  const had = filters.contains(document.activeElement) ? document.activeElement.dataset.verdict : undefined;
  filters.replaceChildren(...kinds.map((verdict) => {
    const chip = h("button", { type: "button", class: "chip", data: { verdict }, "aria-pressed": String(filter === verdict) },
      icon(VERDICTS[verdict][1]), h("span", { text: VERDICTS[verdict][0] }), h("b", { text: String(counts.get(verdict)) }));
    chip.addEventListener("click", () => {
      filter = filter === verdict ? null : verdict;
      if (filter) list.dataset.filter = filter; else delete list.dataset.filter;
      drawFilters(all);
      drawEmpty(all);
      setTabStop();
      toBottom();
    });
    return chip;
  }));
  if (had) filters.querySelector(`[data-verdict="${had}"]`)?.focus();
}

function drawEmpty(all) {
  const shown = filter ? all.some((message) => verdictOf(message.card) === filter) : all.length > 0;
  empty.hidden = shown;
  if (shown) return;
  const title = store.channels.get(channel)?.title ?? channel ?? "";
  const [head, note] = filter
    ? [`No card here is ${VERDICTS[filter][0].toLowerCase()}.`, "Choose the filter again to see all cards."]
    : channel === inboxId()
      ? ["Nobody is calling you.", "When it is your turn to be paged, the page appears here."]
      : ["All quiet.", `No ticket is at risk in #${title}.`];
  empty.replaceChildren(h("div", { class: "empty-icon" }, icon("calm")), h("h2", { text: head }), h("p", { dir: "auto", text: note }));
}

const visible = () => [...list.querySelectorAll(":scope > .card")].filter((el) => el.offsetParent !== null);

/** One card is in the tab order: the focused one, else the newest. */
function setTabStop(chosen = document.activeElement?.closest?.("#timeline .card")) {
  const stop = chosen ?? list.lastElementChild;
  for (const el of list.querySelectorAll(':scope > .card[tabindex="0"]')) if (el !== stop) el.tabIndex = -1;
  if (stop?.classList.contains("card")) stop.tabIndex = 0;
}

export const focusedCard = () => document.activeElement?.closest?.("#timeline .card") ?? null;

export function moveFocus(step) {
  const cards = visible();
  if (!cards.length) return;
  const at = cards.indexOf(focusedCard());
  const next = at < 0 ? cards[cards.length - 1] : cards[Math.min(cards.length - 1, Math.max(0, at + step))];
  setTabStop(next);
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}
