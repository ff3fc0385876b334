// Puts the page together: loads it, opens the stream, and tells each part when to draw. The parts decide how.

import { getPage, openStream, sendClick, sendCommand, whenUnauthorised } from "./api.js";
import { dismissAnswer, showAnswer, showError } from "./answers.js";
import { VERDICTS, refreshButtons, verdictOf } from "./cards.js";
import { clockSpeed, now, setClock, setZone, startClock } from "./clock.js";
import { closeOptions, focusCommand, startCommand } from "./command.js";
import { markCustomerRead, redrawCustomer, startCustomer, syncCustomer } from "./customer.js";
import { byId, clean } from "./dom.js";
import { startKeys } from "./keys.js";
import { askForToken } from "./login.js";
import { closeMenu, customerShown, drawBadges, showChat, startPanels } from "./panels.js";
import { channelOrder, drawPeople, drawSidebar, setConnection } from "./sidebar.js";
import { fill, forgetImpossibleMarks, inboxId, markRead, setMe, store, upsert } from "./store.js";
import { startTheme } from "./theme.js";
import { focusedCard, moveFocus, redrawTimeline, startTimeline, syncTimeline, toBottom } from "./timeline.js";

const QUIET_MS = 400; // the replay is over when nothing has come for this long …
const REPLAY_MS = 2500; // … or after this long in a busy place

const context = { open: new Set(), busy: new Set(), click };
const placeName = (id) => (id?.startsWith("@") ? "your inbox" : `#${store.channels.get(id)?.title ?? id}`);

async function ask(asked, request) {
  const place = placeName(store.channel);
  try {
    showAnswer(await request(), asked, place, context);
  } catch (error) {
    if (error.status !== 401) showError(error.message, asked);
  }
}

async function click(button, key) {
  if (context.busy.has(key)) return;
  const focus = document.activeElement; // a disabled button loses it
  context.busy.add(key);
  refreshButtons(context.busy);
  await ask(button.label, () => sendClick(button.action, button.value, store.me, store.channel));
  context.busy.delete(key);
  refreshButtons(context.busy);
  if (focus?.isConnected && document.activeElement === document.body) focus.focus({ preventScroll: true });
}

function select(id) {
  const order = channelOrder();
  store.channel = order.includes(id) ? id : id?.startsWith("@") ? inboxId() : order[0];
  const inbox = store.channel === inboxId();
  const title = clean(store.channels.get(store.channel)?.title);
  byId("channel-title").textContent = inbox ? `Pages for ${title}` : `#${title}`;
  byId("channel-note").textContent = inbox ? "Only what waits for you" : "One card per ticket at risk";
  dismissAnswer();
  syncTimeline();
  toBottom();
  closeMenu();
  showChat();
  settle();
}

/** After every change: what is on the screen counts as read. */
function settle() {
  if (!document.hidden) {
    markRead(store.channel);
    if (customerShown()) markCustomerRead();
  }
  drawSidebar();
  drawBadges();
}

const fromHash = () => { try { return decodeURIComponent(location.hash.slice(1)); } catch { return ""; } };

function goTo(id) {
  if (!id) return;
  const hash = `#${encodeURIComponent(id)}`;
  if (location.hash === hash) select(id); else location.hash = hash;
}

let queue = [];
let flushing = 0;
let replaying = true;
let replayTimer = 0;

function receive(message) {
  queue.push(message);
  if (replaying) { clearTimeout(replayTimer); replayTimer = setTimeout(endReplay, QUIET_MS); }
  flushing ||= setTimeout(flush, 40); // by the clock, not by frames: a page in the background keeps up as well
}

function flush() {
  flushing = 0;
  const here = new Map();
  const letters = new Map();
  const fresh = [];
  for (const message of queue.splice(0)) {
    const what = upsert(message);
    if (!what) continue;
    const kind = store.channels.get(message.channel)?.kind;
    if (replaying) continue;
    if (message.channel === store.channel) here.set(message.id, what);
    if (kind === "customer") letters.set(`${message.channel} ${message.id}`, what);
    if (message.channel === store.channel || message.channel === inboxId()) fresh.push(message);
  }
  if (!store.channel) select(fromHash());
  syncTimeline(here);
  syncCustomer(letters);
  settle();
  announce(fresh);
}

function endReplay() {
  if (!replaying) return;
  if (queue.length) flush();
  replaying = false;
  forgetImpossibleMarks();
  byId("timeline").setAttribute("aria-busy", "false");
  syncTimeline();
  settle();
}

let announced = 0;
function announce(messages) {
  const last = messages.at(-1);
  if (!last || Date.now() - announced < 1500) return;
  announced = Date.now();
  const words = `${VERDICTS[verdictOf(last.card)][0]}: ${clean(last.card?.title ?? last.ticket).slice(0, 120)}`;
  byId("announcer").textContent = last.channel === inboxId() ? `For you. ${words}` : words;
}

function drawSpeed() {
  const speed = clockSpeed();
  byId("clock-speed").hidden = speed === 1;
  byId("clock-speed").textContent = `×${Number(speed.toFixed(2))}`;
  byId("clock-speed").title = `Time runs ${Number(speed.toFixed(2))} times as fast as outside`;
}

function onClock(data) {
  // Time went back: the server was started anew and numbers its messages anew, so what we hold is another day's.
  if (!setClock(data)) {
    if (performance.now() > 10_000) location.reload();
    return;
  }
  drawSpeed();
}

function onState(state) {
  setConnection(state);
  if (state !== "live" || !replaying) return;
  replayTimer ||= setTimeout(endReplay, QUIET_MS);
  setTimeout(endReplay, REPLAY_MS);
}

function escape() {
  if (closeMenu() || closeOptions() || dismissAnswer()) return;
  document.activeElement?.blur?.();
}

async function start() {
  startTheme();
  whenUnauthorised(askForToken);
  let page;
  try {
    page = await getPage();
  } catch (error) {
    if (error.status === 401) return;
    setConnection("reconnecting");
    return void setTimeout(() => location.reload(), 3000);
  }
  setClock(page);
  if (page.zone) setZone(page.zone);
  fill(page);
  byId("demo").hidden = !store.demo;
  startTimeline(context);
  startPanels(settle);
  startCustomer(() => { syncCustomer(); settle(); });
  startCommand((text) => ask(text, () => sendCommand(text, store.me, store.channel)));
  startKeys({ focusCommand, moveFocus, focusedCard, escape, goTo: (index) => goTo(channelOrder()[index]) });
  drawPeople((id) => {
    const wasInbox = store.channel === inboxId();
    setMe(id);
    if (wasInbox) goTo(inboxId()); else redrawTimeline();
    settle();
  });
  startClock({
    each: (text) => { byId("clock-now").textContent = text; byId("clock").title = `Server time: ${new Date(now()).toISOString()}`; },
    newDay: () => { redrawTimeline(); redrawCustomer(); },
  });
  drawSpeed();
  addEventListener("hashchange", () => select(fromHash()));
  document.addEventListener("visibilitychange", settle);
  select(fromHash());
  syncCustomer();
  openStream({ message: receive, clock: onClock, state: onState });
}

start();
