// What time it is at the server (carried forward at its speed), how instants and spans read, and the countdowns:
// only those on the screen are touched, and only when their text changes. Whether a promise is kept is the server's to say.

const TICK_MS = 250;

let base = Date.now();
let received = Date.now();
let speed = 1;
let zone;

export const now = () => base + (Date.now() - received) * speed;
export const clockSpeed = () => speed;

/** Takes the server's time. False when it lies far behind what we knew: then this is another, newly started, server. */
export function setClock(data) {
  const at = Date.parse(data?.now);
  if (Number.isNaN(at)) return true;
  const back = now() - at;
  base = at;
  received = Date.now();
  speed = Number(data.speed) > 0 ? Number(data.speed) : 1;
  return back < 60_000 * Math.max(1, speed);
}

/** The page's zone when the server names one, else the reader's own. */
export function setZone(name) {
  try { new Intl.DateTimeFormat("en-GB", { timeZone: name }); zone = name; } catch { zone = undefined; }
  formats.clear();
}

const formats = new Map();
function parts(ms) {
  const key = zone ?? "";
  if (!formats.has(key)) {
    formats.set(key, new Intl.DateTimeFormat("en-GB", {
      weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit",
      hourCycle: "h23", timeZone: zone,
    }));
  }
  return Object.fromEntries(formats.get(key).formatToParts(ms).map((part) => [part.type, part.value]));
}

const dayOf = (p) => `${p.weekday} ${p.day} ${p.month} ${p.year}`;

/** "Mon 5 Jan 2026 09:14" */
export function longTime(ms) {
  const p = parts(ms);
  return `${dayOf(p)} ${p.hour}:${p.minute}`;
}

/** "09:14" on the server's today, "Mon 5 Jan 09:14" on any other day. */
export function shortTime(ms) {
  const p = parts(ms);
  const today = dayOf(p) === dayOf(parts(now()));
  return today ? `${p.hour}:${p.minute}` : `${p.weekday} ${p.day} ${p.month} ${p.hour}:${p.minute}`;
}

export function span(ms) {
  const total = Math.floor(ms / 1000);
  const [d, h, m, s] = [Math.floor(total / 86400), Math.floor(total / 3600) % 24, Math.floor(total / 60) % 60, total % 60];
  const two = (n) => String(n).padStart(2, "0");
  if (d) return `${d}d ${two(h)}h ${two(m)}m`;
  if (h) return `${h}h ${two(m)}m ${two(s)}s`;
  return m ? `${m}m ${two(s)}s` : `${s}s`;
}

/** "6m 12s left", "3m 05s over" */
export function countdownText(due, at = now()) {
  const left = due - at;
  if (Math.abs(left) < 1000) return "due now";
  return left > 0 ? `${span(left)} left` : `${span(-left)} over`;
}

const dues = new WeakMap();
const onScreen = new Set();
const watcher = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) { onScreen.add(target); paint(target); } else onScreen.delete(target);
    if (!target.isConnected) watcher.unobserve(target);
  }
}, { rootMargin: "300px" });

function paint(el) {
  const due = dues.get(el);
  const text = countdownText(due);
  if (el.textContent !== text) el.textContent = text;
  el.classList.toggle("over", due < now());
}

export function countDown(el, due) {
  dues.set(el, due);
  paint(el);
  watcher.observe(el);
}

/** Calls `each` with the readout's text whenever it changes, and `newDay` when the date does. */
export function startClock({ each, newDay }) {
  let shown = "";
  let day = "";
  const tick = () => {
    if (document.hidden) return;
    const text = longTime(now());
    if (text !== shown) each(shown = text);
    const date = text.slice(0, -6);
    if (day && date !== day) newDay();
    day = date;
    onScreen.forEach(paint);
  };
  setInterval(tick, TICK_MS);
  document.addEventListener("visibilitychange", tick);
  tick();
}
