// Which panels are open: the customer's pane, the menu and the tabs of a phone. What is in them is decided elsewhere.

import { customerUnread } from "./customer.js";
import { byId, icon, remember, remembered } from "./dom.js";
import { inboxId, ofKind, store, unread } from "./store.js";

const phone = matchMedia("(max-width: 760px)");
const wide = matchMedia("(min-width: 1180px)");
const body = document.body;
let open = true;
let settled = () => {};

/** Is the customer's pane on the screen? */
export const customerShown = () => (phone.matches ? body.dataset.view === "customer" : open);

function drawCustomer() {
  body.dataset.customer = open ? "open" : "closed";
  byId("customer").inert = !customerShown();
  byId("chat").inert = phone.matches && body.dataset.view === "customer";
  const toggle = byId("customer-toggle");
  toggle.setAttribute("aria-expanded", String(open));
  toggle.setAttribute("aria-label", open ? "Hide what the customer sees" : "Show what the customer sees");
  toggle.title = toggle.getAttribute("aria-label");
}

function setOpen(value, keep = true) {
  open = value;
  if (keep && wide.matches) remember("customer", value ? "open" : "closed");
  drawCustomer();
  settled();
}

function setView(view) {
  body.dataset.view = view;
  for (const name of ["chat", "customer"]) {
    const tab = byId(`tab-${name}`);
    tab.setAttribute("aria-selected", String(name === view));
    tab.tabIndex = name === view ? 0 : -1;
  }
  drawCustomer();
  settled();
}

export function showChat() {
  if (body.dataset.view !== "chat") setView("chat");
}

export function closeMenu() {
  if (body.dataset.menu !== "open") return false;
  delete body.dataset.menu;
  drawMenu();
  byId("menu").focus();
  return true;
}

function drawMenu() {
  const shown = body.dataset.menu === "open";
  byId("menu").setAttribute("aria-expanded", String(shown));
  byId("sidebar").inert = phone.matches && !shown;
  byId("centre").inert = phone.matches && shown;
  byId("scrim").hidden = !shown;
}

/** The unread counts outside the sidebar: the customers' tab and the window's title. */
export function drawBadges() {
  const letters = customerUnread();
  for (const badge of [byId("tab-unread"), byId("customer-toggle").querySelector(".badge")]) {
    if (!badge) continue;
    badge.hidden = !letters;
    badge.textContent = letters > 99 ? "99+" : String(letters);
  }
  const count = ofKind("team").reduce((sum, channel) => sum + unread(channel.id), store.me ? unread(inboxId()) : 0);
  const title = store.channels.get(store.channel)?.title ?? "";
  document.title = `${count ? `(${count}) ` : ""}${title ? `${title} · ` : ""}Slakeeper`;
}

export function startPanels(onChange) {
  settled = onChange;
  byId("menu").append(icon("menu"));
  const badge = document.createElement("span");
  badge.className = "badge corner";
  badge.hidden = true;
  byId("customer-toggle").append(icon("letter"), badge);
  byId("customer-close").append(icon("cross"));
  document.querySelector(".send").append(icon("send"));

  open = wide.matches && remembered("customer", "open") === "open";
  byId("customer-toggle").addEventListener("click", () => setOpen(!open));
  byId("customer-close").addEventListener("click", () => { setOpen(false); byId("customer-toggle").focus(); });
  for (const name of ["chat", "customer"]) {
    byId(`tab-${name}`).addEventListener("click", () => setView(name));
    byId(`tab-${name}`).addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      const other = name === "chat" ? "customer" : "chat";
      setView(other);
      byId(`tab-${other}`).focus();
    });
  }
  byId("menu").addEventListener("click", () => {
    body.dataset.menu = "open";
    drawMenu();
    byId("sidebar").querySelector("[aria-current]")?.focus();
  });
  byId("scrim").addEventListener("click", closeMenu);
  document.querySelector("[data-skip]").addEventListener("click", (event) => { event.preventDefault(); byId("command").focus(); });
  wide.addEventListener("change", () => setOpen(wide.matches && remembered("customer", "open") === "open", false));
  phone.addEventListener("change", () => { delete body.dataset.menu; setView("chat"); drawMenu(); });
  drawCustomer();
  drawMenu();
}
