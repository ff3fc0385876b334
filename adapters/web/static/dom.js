// How an element is made: always from text, never from markup, so that no ticket can write HTML into the page.
// Also the icons and the folding of overlong text. What is shown, and where, is not decided here.

const ICONS = {
  check: "M4 12.5 9.5 18 20 6.5",
  trend: "M3 17l6-6 4 4 8-8M15 7h6v6",
  alert: "M12 9v4.5M12 17v.01M10.3 4.2 2.7 17.5A2 2 0 0 0 4.4 20.5h15.2a2 2 0 0 0 1.7-3L13.7 4.2a2 2 0 0 0-3.4 0z",
  fire: "M12 8v5M12 16.5v.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  cross: "M6 6l12 12M18 6 6 18",
  shield: "M12 3 5 6v5c0 4.6 2.9 8.3 7 10 4.1-1.7 7-5.4 7-10V6zM9 12l2.2 2.2L15.2 10",
  slash: "M5.7 5.7l12.6 12.6M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  info: "M12 11v5.5M12 7.5v.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  menu: "M4 7h16M4 12h16M4 17h10",
  letter: "M3.5 6.5h17v11h-17zM4 7l8 6.5L20 7",
  bell: "M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15zM10 20.5h4",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.5V5M12 19v2.5M2.5 12H5M19 12h2.5M5.3 5.3 7 7M17 17l1.7 1.7M18.7 5.3 17 7M7 17l-1.7 1.7",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z",
  send: "M4 12h15M13 6l6 6-6 6",
  down: "M12 5v14M6 13l6 6 6-6",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
};

/** h("p", {class, text, data: {…}, on: {…}, any-attribute}, ...children). Text is only ever text. */
export function h(tag, props = {}, ...children) {
  const el = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "class") el.className = value;
    else if (key === "text") el.textContent = value;
    else if (key === "data") Object.assign(el.dataset, value);
    else if (key === "on") for (const [name, fn] of Object.entries(value)) el.addEventListener(name, fn);
    else el.setAttribute(key, value === true ? "" : value);
  }
  el.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return el;
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name] ?? ICONS.info);
  svg.append(path);
  return svg;
}

/** Without the marks that would turn or hide text around them, and without control characters. */
export const clean = (text) => String(text ?? "").replace(/[\u0000-\u0008\u000b-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "");

/** Text in its own direction: a right-to-left mark in a title turns that title only. */
export function said(tag, text, cls) {
  return h(tag, { class: cls, dir: "auto", text: clean(text) });
}

/** Text that is folded when overlong, with a button for all of it. `open` is a Set in which the choice survives redrawing. */
export function folded(tag, text, cls, { limit, open, key }) {
  const full = clean(text);
  const body = said(tag, full, cls);
  if (full.length <= limit) return [body];
  const button = h("button", { type: "button", class: "more" });
  const show = () => {
    const all = open.has(key);
    // Folded, the tail is not even laid out: 500 cards with 5,000 characters each stay cheap.
    body.textContent = all ? full : `${full.slice(0, limit)}…`;
    button.textContent = all ? "Show less" : "Show all of it";
    button.setAttribute("aria-expanded", String(all));
  };
  button.addEventListener("click", () => {
    if (!open.delete(key)) open.add(key);
    show();
  });
  body.title = full.slice(0, 600);
  show();
  return [body, button];
}

export const byId = (id) => document.getElementById(id);

export function remembered(key, fallback = null) {
  try { return localStorage.getItem(`slakeeper.${key}`) ?? fallback; } catch { return fallback; }
}

export function remember(key, value) {
  try { localStorage.setItem(`slakeeper.${key}`, value); } catch { /* private window: the choice lasts as long as the page */ }
}
