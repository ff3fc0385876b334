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
const chips = new Map(); // verdict → its button
let drawn = new Map(); // message id → {el, rev, order, stale}

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

const pointer = matchMedia("(hover: hover)");

/** The card that must not move: one that the keyboard is on, or whose button is under the pointer. */
function held() {
  const el = list.querySelector(":focus-visible") ?? (pointer.matches ? list.querySelector(".button:hover") : null);
  return el?.closest(".card") ?? null;
}

/** The card whose place on the screen is kept; none when the end is in view, for then the end is kept there. */
function anchor(hand, changed) {
  if (hand || atBottom()) return hand;
  return [...list.children].find((el) => el.offsetTop + el.offsetHeight > scroller.scrollTop && !changed.has(el.dataset.messageId)) ?? null;
}

/** Draws what changed. `changed`: Map(id → "new" | "edited") to be shown as fresh; empty during the replay. */
export function syncTimeline(changed = new Map()) {
  if (channel !== store.channel) reset();
  const all = messagesOf(channel);
  const hand = held();
  const keep = anchor(hand, changed);
  const before = keep?.getBoundingClientRect().top;

  const shown = all.slice(-limit).map((message) => {
    const entry = drawn.get(message.id) ?? { el: h("article", { tabindex: "-1" }), rev: -1, order: 0 };
    if (entry.rev !== message.rev || entry.stale) {
      drawCard(entry.el, message.card, message, context);
      entry.el.classList.toggle("text", message.kind === "text");
      if (entry.rev !== message.rev && (entry.el !== hand || !entry.order)) entry.order = message.rev;
      entry.rev = message.rev;
      entry.stale = false;
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
  } else if (!keep) scroller.scrollTop = scroller.scrollHeight;
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
  for (const entry of drawn.values()) entry.stale = true;
  syncTimeline();
}

function drawFilters(all) {
  const counts = new Map();
  for (const message of all) {
    const verdict = verdictOf(message.card);
    counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  }
  const kinds = Object.keys(VERDICTS).filter((verdict) => verdict !== "info" && (counts.has(verdict) || verdict === filter));
  filters.hidden = kinds.length < 2 && !filter;
  for (const verdict of kinds) {
    const chip = chips.get(verdict) ?? newChip(verdict);
    chip.setAttribute("aria-pressed", String(filter === verdict));
    const count = String(counts.get(verdict) ?? 0);
    if (chip.lastChild.textContent !== count) chip.lastChild.textContent = count;
  }
  // The same elements stay, so that a click is never lost to a message that comes in between.
  const wanted = kinds.map((verdict) => chips.get(verdict));
  if (wanted.length !== filters.children.length || wanted.some((chip, i) => filters.children[i] !== chip)) filters.replaceChildren(...wanted);
}

function newChip(verdict) {
  const [word, sign] = VERDICTS[verdict];
  const chip = h("button", { type: "button", class: "chip", data: { verdict } }, icon(sign), h("span", { text: word }), h("b"));
  chip.addEventListener("click", () => {
    filter = filter === verdict ? null : verdict;
    if (filter) list.dataset.filter = filter; else delete list.dataset.filter;
    drawFilters(messagesOf(channel));
    drawEmpty(messagesOf(channel));
    setTabStop();
    toBottom();
  });
  chips.set(verdict, chip);
  return chip;
}

function drawEmpty(all) {
  const replaying = list.getAttribute("aria-busy") === "true"; // nothing yet is not the same as nothing
  const shown = filter ? all.some((message) => verdictOf(message.card) === filter) : all.length > 0 || replaying;
  empty.hidden = shown;
  if (shown) return;
  const title = store.channels.get(channel)?.title ?? channel ?? "";
  const [head, note] = filter
    ? [`No card here is ${VERDICTS[filter][0].toLowerCase()}.`, "Choose the filter again to see all cards."]
    : channel === inboxId()
      ? ["Nobody is calling you.", "When it is your turn to be paged, the page appears here."]
      : ["All quiet.", `No ticket is at risk in #${title}.`];
  empty.replaceChildren(h("div", { class: "empty-icon" }, icon("shield")), h("h2", { text: head }), h("p", { dir: "auto", text: note }));
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
