// How the page talks to the server: requests, the stream and its reconnecting. What an answer means is decided elsewhere.

const SILENCE_MS = 30_000; // The server tells the time every few seconds; this long without a word means the line is dead.

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

let onUnauthorised = () => {};
export const whenUnauthorised = (fn) => { onUnauthorised = fn; };

async function request(path, body) {
  const init = { headers: { "Content-Type": "application/json", Accept: "application/json" }, credentials: "same-origin" };
  if (body !== undefined) Object.assign(init, { method: "POST", body: JSON.stringify(body) });
  let response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new ApiError(0, "Slakeeper cannot be reached just now. Try again in a moment.");
  }
  if (response.status === 204) return null;
  const data = await response.json().catch(() => null);
  if (response.ok && data !== null) return data;
  if (response.status === 401 && path !== "/api/login") onUnauthorised();
  const reason = typeof data?.error === "string" ? data.error : `The server answered ${response.status}.`;
  throw new ApiError(response.status, reason);
}

/** What changes something carries a name of its own, so that it is done once, however often it is sent. */
async function act(path, body) {
  const named = { ...body, id: Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join("") };
  try {
    return await request(path, named);
  } catch (error) {
    if (error.status !== 0 && error.status !== 503) throw error;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    return request(path, named);
  }
}

export const getPage = () => request("/api/page");
export const sendCommand = (text, as, channel) => act("/api/command", { text, as, channel });
export const sendClick = (action, value, as, channel) => act("/api/click", { action, value, as, channel });
export const login = (token) => request("/api/login", { token });
export const complete = (text, channel) =>
  request(`/api/complete?text=${encodeURIComponent(text)}&channel=${encodeURIComponent(channel)}`);

/** Opens the stream and keeps it open. `on`: message(data), clock(data), state("live" | "reconnecting"). */
export function openStream(on) {
  let latest = 0;
  let source = null;
  let retry = 0;
  let heard = Date.now();

  const parse = (event, fn) => {
    heard = Date.now();
    let data;
    try { data = JSON.parse(event.data); } catch { return; }
    fn(data);
  };

  function again() {
    source?.close();
    source = null;
    on.state("reconnecting");
    clearTimeout(delayed);
    delayed = setTimeout(async () => {
      // EventSource hides the status; asking for the page tells a 401 from a server that is away.
      try { await getPage(); open(); } catch (error) { if (error.status !== 401) again(); }
    }, Math.min(10_000, 500 * 2 ** retry++));
  }
  let delayed = 0;

  function open() {
    heard = Date.now();
    source = new EventSource(`/api/stream?since=${latest}`);
    source.addEventListener("open", () => { retry = 0; heard = Date.now(); on.state("live"); });
    source.addEventListener("error", () => {
      if (source?.readyState === EventSource.CLOSED) again();
      else on.state("reconnecting");
    });
    source.addEventListener("clock", (event) => parse(event, on.clock));
    source.addEventListener("message", (event) => parse(event, (message) => {
      latest = Math.max(latest, Number(message.rev) || 0);
      on.message(message);
    }));
  }

  setInterval(() => { if (source && Date.now() - heard > SILENCE_MS) again(); }, 5_000);
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => { if (event.persisted) again(); });
  open();
}
