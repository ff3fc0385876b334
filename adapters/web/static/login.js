// The token form, shown when the server asks who is there. Whether the token is right is the server's to say.

import { login } from "./api.js";
import { byId, h } from "./dom.js";

export function askForToken() {
  const sheet = byId("login");
  if (sheet.open) return;
  const input = h("input", { id: "token", type: "password", autocomplete: "current-password", required: true, "aria-describedby": "token-note" });
  const note = h("p", { id: "token-note", class: "sheet-note", role: "status", text: "The operator finds it in SLA_API_TOKEN." });
  const send = h("button", { type: "submit", class: "button primary", text: "Open" });
  const form = h("form", {}, h("label", { class: "field-label", for: "token", text: "Token" }), input, note, send);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    send.disabled = true;
    try {
      await login(input.value);
      location.reload();
    } catch (error) {
      send.disabled = false;
      note.classList.add("wrong");
      note.textContent = error.status === 401 ? "That is not the token. Check it and try again." : error.message;
      input.select();
    }
  });
  sheet.addEventListener("cancel", (event) => event.preventDefault());
  sheet.replaceChildren(h("h2", { id: "login-title", text: "Slakeeper" }), h("p", { class: "sheet-note", text: "This desk asks for a token." }), form);
  sheet.showModal();
  input.focus();
}
