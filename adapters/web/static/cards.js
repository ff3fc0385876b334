// How one neutral card is drawn: verdict, countdown, lines, fields, table, buttons, thread.
// Which cards there are, and in what order, is decided in timeline.js; what a verdict means, by the server.

import { countDown, longTime, shortTime } from "./clock.js";
import { clean, folded, h, icon, said } from "./dom.js";
import { personName, store } from "./store.js";

export const VERDICTS = {
  overdue: ["Overdue", "fire"],
  at_risk: ["At risk", "alert"],
  on_track: ["On track", "trend"],
  met: ["Met", "check"],
  missed: ["Missed", "cross"],
  excused: ["Excused", "shield"],
  cancelled: ["Cancelled", "slash"],
  info: ["Info", "info"],
};
const COUNTING = new Set(["on_track", "at_risk", "overdue", "info"]);
const SHORTCUTS = { acknowledge: "a", escalate: "e", why: "w" };
const LAST_ENTRIES = 2;

export const verdictOf = (card) => (Object.hasOwn(VERDICTS, card?.verdict) ? card.verdict : "info");
const list = (value) => (Array.isArray(value) ? value : []);

export function stamp(instant, cls = "stamp") {
  const ms = Date.parse(instant);
  if (Number.isNaN(ms)) return null;
  return h("time", { class: cls, datetime: instant, title: longTime(ms), text: shortTime(ms) });
}

function pill(verdict) {
  const [word, sign] = VERDICTS[verdict];
  return h("span", { class: "pill" }, icon(sign), h("span", { text: word }));
}

function due(card, verdict) {
  const ms = Date.parse(card.due_at);
  if (Number.isNaN(ms)) return null;
  const label = card.due_label || "due";
  const at = h("time", { class: "due-at", datetime: card.due_at, title: longTime(ms), text: shortTime(ms) });
  if (!COUNTING.has(verdict)) return h("p", { class: "due" }, said("span", label, "due-label"), at);
  const left = h("span", { class: "countdown", role: "timer", "aria-live": "off" });
  countDown(left, ms);
  return h("p", { class: "due" }, left, h("span", { class: "due-line" }, said("span", label, "due-label"), " ", at));
}

function fields(card) {
  const shown = list(card.fields).filter((field) => field && field.value !== null && field.value !== "");
  if (!shown.length) return null;
  return h("dl", { class: "fields" }, ...shown.map((field) =>
    h("div", {}, said("dt", field.label), said("dd", field.value))));
}

function table(card) {
  const rows = list(card.rows);
  if (!rows.length) return null;
  const columns = list(card.columns);
  const head = columns.length
    ? h("thead", {}, h("tr", {}, ...columns.map((name) => h("th", { scope: "col", dir: "auto", text: clean(name) }))))
    : null;
  const body = h("tbody", {}, ...rows.map((row) => h("tr", {}, ...list(row).map((cell) => said("td", cell, String(cell ?? "").length <= 22 ? "short" : null)))));
  return h("div", { class: "table-wrap", tabindex: "0", role: "region", "aria-label": card.title || "Table" }, h("table", {}, head, body));
}

const busyKey = ({ action, value }) => `${action} ${value}`;

/** Marks the buttons that are in flight, wherever they stand. */
export function refreshButtons(busy) {
  for (const el of document.querySelectorAll(".button[data-action]")) {
    const off = busy.has(busyKey(el.dataset));
    if (el.disabled === off) continue;
    el.disabled = off;
    if (off) el.setAttribute("aria-busy", "true"); else el.removeAttribute("aria-busy");
  }
}

function buttons(card, context) {
  const shown = list(card.buttons);
  if (!shown.length) return null;
  return h("div", { class: "buttons" }, ...shown.map((button) => {
    const style = ["primary", "danger"].includes(button.style) ? button.style : "plain";
    const key = busyKey(button);
    const el = h("button", {
      type: "button", class: `button ${style}`, data: { action: button.action, value: button.value }, dir: "auto", text: button.label,
      "aria-keyshortcuts": SHORTCUTS[button.action], disabled: context.busy.has(key),
      "aria-busy": context.busy.has(key) ? "true" : null,
    });
    el.addEventListener("click", () => context.click(button, key));
    return el;
  }));
}

/** An entry's text with the mentioned people's names marked; yours stands out. */
function entryText(entry) {
  const out = h("span", { class: "entry-text", dir: "auto" });
  const ids = list(entry.mentions);
  let rest = [clean(entry.text)];
  for (const id of ids) {
    const name = personName(id);
    if (!name) continue;
    rest = rest.flatMap((piece) => {
      if (typeof piece !== "string" || !piece.includes(name)) return [piece];
      const [before, ...after] = piece.split(name);
      return [before, h("mark", { class: id === store.me ? "me" : null, text: name }), after.join(name)];
    });
  }
  out.append(...rest);
  return out;
}

function thread(message, context) {
  const entries = list(message?.log);
  if (!entries.length) return null;
  const key = `${message.channel} ${message.id} thread`;
  const root = h("div", { class: "thread" });
  const draw = () => {
    const all = context.open.has(key);
    const shown = all ? entries : entries.slice(-LAST_ENTRIES);
    const items = shown.map((entry) => h("li", { class: list(entry.mentions).includes(store.me) ? "entry mine" : "entry" },
      stamp(entry.at), entryText(entry)));
    root.replaceChildren(h("ol", { "aria-label": "Thread" }, ...items));
    if (entries.length <= LAST_ENTRIES) return;
    const toggle = h("button", {
      type: "button", class: "more", "aria-expanded": String(all),
      text: all ? "Show only the latest" : `Show all ${entries.length} entries`,
    });
    toggle.addEventListener("click", () => {
      if (!context.open.delete(key)) context.open.add(key);
      draw();
      root.querySelector(".more")?.focus();
    });
    root.prepend(toggle);
  };
  draw();
  return root;
}

/**
 * Draws a card into `article`, which stays the same element for the life of its message, so that focus and place survive.
 * context: {open: Set, busy: Set, click(button, key)}
 */
export function drawCard(article, card, message, context) {
  const c = card ?? {};
  const verdict = verdictOf(c);
  const key = `${message?.channel ?? "answer"} ${message?.id ?? c.title}`;
  article.classList.add("card");
  article.dataset.verdict = verdict;
  article.dataset.ticket = message?.ticket ?? "";
  if (message) article.dataset.messageId = message.id;

  const fold = (tag, text, cls, limit, name) => folded(tag, text, cls, { limit, open: context.open, key: `${key} ${name}` });
  const title = fold("h3", c.title || message?.ticket || "Message", "card-title", 180, "title");
  const quiet = verdict === "info";
  const edited = message?.edited_at && message.edited_at !== message.created_at;
  const when = message && h("span", { class: "when" }, stamp(message.edited_at ?? message.created_at), edited ? " edited" : "");
  article.setAttribute("aria-label", `${VERDICTS[verdict][0]}: ${clean(c.title).slice(0, 160)}`);

  const focused = article.contains(document.activeElement) ? document.activeElement.dataset?.action : null;
  const parts = [
    h("div", { class: "card-head" },
      h("div", { class: "card-name" }, h("div", { class: "card-top" }, quiet && !["card", "list"].includes(message?.kind) ? null : pill(verdict), when), ...title),
      due(c, verdict)),
    list(c.lines).length
      ? h("div", { class: "lines" }, ...list(c.lines).flatMap((line, index) => fold("p", line, "line", 420, `line ${index}`)))
      : null,
    fields(c),
    table(c),
    c.why ? h("p", { class: "why" }, h("span", { class: "why-word", text: "Why" }), ...fold("span", c.why, "why-text", 300, "why")) : null,
    buttons(c, context),
    thread(message, context),
  ];
  article.replaceChildren(...parts.filter(Boolean));
  if (focused) (article.querySelector(`[data-action="${CSS.escape(focused)}"]:not(:disabled)`) ?? article).focus({ preventScroll: true });
}
