// Light or dark: the choice of the system until a person chooses, then theirs. Runs before the first paint.
// The colours themselves are in app.css.

import { byId, icon, remember, remembered } from "./dom.js";

const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");

const chosen = () => {
  const value = remembered("theme");
  return value === "light" || value === "dark" ? value : null;
};
const current = () => chosen() ?? (system.matches ? "dark" : "light");

function apply() {
  root.dataset.theme = current();
  const button = byId("theme");
  if (!button) return;
  const dark = current() === "dark";
  button.setAttribute("aria-pressed", String(dark));
  button.setAttribute("aria-label", "Dark theme");
  button.querySelector(".tool-icon").replaceChildren(icon(dark ? "moon" : "sun"));
  button.querySelector(".tool-word").textContent = dark ? "Dark" : "Light";
}

export function startTheme() {
  byId("theme").addEventListener("click", () => {
    remember("theme", current() === "dark" ? "light" : "dark");
    apply();
  });
  system.addEventListener("change", apply);
  apply();
}

apply();
