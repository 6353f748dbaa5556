// The browser's part: live topics, timers, keyboard, confirmations, toasts. Data and permissions stay on the server:
// the socket carries topic names, and each panel then fetches its own fragment again.
"use strict";

const TEXTS = JSON.parse(document.getElementById("texts")?.textContent || "{}");
const say = (key, value) => (TEXTS[key] || key).replace("%s", value ?? "");

// --- server time ------------------------------------------------------------------------------------------------
const Clock = {
  offset: 0,
  now() { return Date.now() + this.offset; },
  begin() {
    const stamp = Number(document.querySelector("meta[name=server-time]")?.content);
    const arrived = performance.getEntriesByType("navigation")[0]?.responseStart || 0;
    if (stamp) this.offset = stamp - (performance.timeOrigin + arrived);
    this.measure();
    setInterval(() => this.measure(), 600_000);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.measure(); });
  },
  async measure() {
    const sent = Date.now();
    try {
      const answer = await fetch(document.body.dataset.health, { cache: "no-store" });
      const { now } = await answer.json();
      const back = Date.now();
      if (now && back - sent < 2000) this.offset = now - (sent + back) / 2;
    } catch { /* the page keeps the offset it has */ }
    tick();
  },
};

// --- timers -----------------------------------------------------------------------------------------------------
const two = (number) => String(number).padStart(2, "0");

function span(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  const days = Math.floor(seconds / 86400);
  const hours = Math.floor((seconds % 86400) / 3600);
  const rest = `${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
  if (days) return `${say("days", days)} ${two(hours)}:${rest}`;
  return hours ? `${hours}:${rest}` : rest;
}

function put(element, text) { if (element.textContent !== text) element.textContent = text; }

function tick() {
  const now = Clock.now();
  for (const element of document.querySelectorAll("time.timer")) {
    const { due, start, done, since, until, rate } = element.dataset;
    if (since) {
      const seconds = Math.max(0, (until ? Number(until) : now) - Number(since)) / 1000 * Number(rate || 1);
      put(element, `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(Math.floor(seconds % 60))}`);
      continue;
    }
    if (!due) continue;
    const pace = Number(rate || 1);
    if (done) {
      const late = Number(done) - Number(due);
      element.classList.add(late > 0 ? "done-late" : "done");
      put(element, late > 0 ? say("over", span(late)) : element.dataset.at);
      continue;
    }
    const left = Number(due) - now;
    const whole = start ? Number(due) - Number(start) : 0;
    element.classList.toggle("late", left <= 0);
    element.classList.toggle("soon", left > 0 && whole > 0 && left < whole / 5);
    put(element, left > 0 ? say("left", span(left * pace + 999)) : say("over", span(-left * pace)));
  }
  for (const element of document.querySelectorAll("[data-wall-clock]")) {
    put(element, new Date(now).toLocaleTimeString("en-GB", { timeZone: document.body.dataset.zone || undefined }));
  }
}

function beginTicking() {
  tick();
  const next = () => {
    tick();
    setTimeout(next, 1000 - (Clock.now() % 1000) + 5);
  };
  setTimeout(next, 1000 - (Clock.now() % 1000) + 5);
}

// --- live topics ------------------------------------------------------------------------------------------------
const Live = {
  socket: null,
  pause: 500,
  serverLive: false,
  everLive: false,
  watched: "",
  lastPoll: Date.now(),
  waiting: new Map(),
  timer: null,
  planned: 0,
  asking: false,

  begin() {
    if (!document.body.dataset.socket) return;
    this.connect();
    setInterval(() => this.poll(), 5_000);
    window.addEventListener("online", () => this.hurry());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.hurry(); });
  },

  hurry() {
    if (this.socket && this.socket.readyState <= WebSocket.OPEN) return;
    clearTimeout(this.retry);
    this.connect();
  },

  connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}${document.body.dataset.socket}`);
    this.socket = socket;
    this.watched = "";
    socket.onopen = () => { this.pause = 500; this.watch(); };
    socket.onmessage = (event) => this.hear(JSON.parse(event.data));
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      this.show(false);
      if (event.code === 4401) { location.reload(); return; }
      this.retry = setTimeout(() => this.connect(), this.pause * (0.7 + Math.random() * 0.6));
      this.pause = Math.min(this.pause * 1.8, 20_000);
    };
  },

  watch() {
    const topics = [...new Set([...document.querySelectorAll("[data-topic]")].flatMap((element) => element.dataset.topic.split(/\s+/)))];
    const wanted = JSON.stringify(topics.filter(Boolean).sort());
    if (this.socket?.readyState === WebSocket.OPEN && wanted !== this.watched) {
      this.socket.send(`{"watch": ${wanted}}`);
      this.watched = wanted;
    }
  },

  hear(message) {
    if ("live" in message) {
      const again = message.live && !this.serverLive && this.everLive;
      this.show(message.live);
      // Whatever changed while nobody told us is fetched once.
      if (again) this.refresh("[data-topic]");
    }
    if (message.topic) {
      for (const element of document.querySelectorAll("[data-topic]")) {
        if (element.dataset.topic.split(/\s+/).includes(message.topic)) this.change(element);
      }
    }
  },

  // A little jitter, so that many browsers do not ask at once, and at most once a second for one panel. What waits at
  // the same time is asked for together, and nothing is asked for while an answer is under way: it would be overtaken.
  change(element) {
    if (this.waiting.has(element)) return;
    if (!element.checkVisibility()) { element.missedChange = true; return; }
    this.waiting.set(element, Math.max(Date.now(), (element.changedAt || 0) + 1000));
    this.plan();
  },

  plan() {
    if (this.asking || !this.waiting.size) return;
    const soonest = Math.min(...this.waiting.values());
    if (this.timer && this.planned <= soonest) return;
    clearTimeout(this.timer);
    this.planned = soonest;
    this.timer = setTimeout(() => { this.timer = null; this.ask(); }, Math.max(soonest - Date.now(), Math.random() * 300));
  },

  async ask() {
    const now = Date.now();
    const due = [...this.waiting].filter(([, at]) => at <= now + 200).map(([element]) => element);
    for (const element of due) { this.waiting.delete(element); element.changedAt = now; }
    const present = due.filter((element) => element.isConnected);
    const together = present.filter((element) => element.hasAttribute("hx-get") && !element.hasAttribute("hx-swap") && !element.askedAlone);
    this.asking = true;
    const asked = together.length > 1 && await Panels.fetch(together).catch(() => false);
    this.asking = false;
    for (const element of asked ? present.filter((one) => !together.includes(one) || one.askedAlone) : present) {
      if (element.isConnected) element.dispatchEvent(new CustomEvent("changed"));
    }
    this.plan();
  },

  refresh(selector) { for (const element of document.querySelectorAll(selector)) this.change(element); },

  poll() {
    if (document.hidden || Date.now() - this.lastPoll < 30_000) return;
    this.lastPoll = Date.now();
    this.refresh("[data-topic], [data-poll]");
  },

  show(live) {
    this.serverLive = live;
    this.everLive ||= live;
    for (const element of document.querySelectorAll("[data-live]")) {
      element.dataset.live = live ? "yes" : "no";
      put(element.querySelector("[data-live-text]") || element, say(live ? "live" : "stale"));
    }
    document.documentElement.classList.toggle("stale", !live);
  },
};

// --- panels: several in one answer, put in their places as htmx does it, with the events that it gives ------------------
const Panels = {
  address(panel) {
    const values = new URLSearchParams(Object.entries(htmx.values(panel, "get"))).toString();
    const address = panel.getAttribute("hx-get");
    return values ? `${address}${address.includes("?") ? "&" : "?"}${values}` : address;
  },

  tell(panel, name) {
    return panel.dispatchEvent(new CustomEvent(name, { bubbles: true, cancelable: true, detail: { elt: panel, target: panel } }));
  },

  // False when the answer is not one: then each panel asks by itself, and htmx shows what is wrong.
  async fetch(panels) {
    const wanted = panels.filter((panel) => this.tell(panel, "htmx:beforeRequest"));
    if (!wanted.length) return true;
    const asked = wanted.map((panel) => this.address(panel));
    const query = new URLSearchParams();
    wanted.forEach((panel, place) => { query.append("of", asked[place]); query.append("have", panel.shown === asked[place] ? panel.etag : ""); });
    const answer = await fetch(`${document.body.dataset.panels}?${query}`, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(20_000) });
    if (!answer.ok || answer.redirected) return false;
    (await answer.json()).forEach((part, place) => {
      const panel = wanted[place];
      if (part.status === 200) this.show(panel, asked[place], part);
      else if (part.status !== 304) panel.askedAlone = true;
    });
    return true;
  },

  // Whoever chose another filter meanwhile has asked for that already.
  show(panel, asked, part) {
    if (!panel.isConnected || this.address(panel) !== asked || !this.tell(panel, "htmx:beforeSwap")) return;
    panel.shown = asked;
    panel.etag = part.etag;
    htmx.swap(panel, part.html, { swapStyle: "innerHTML", swapDelay: 0, settleDelay: 0 }, { contextElement: panel, eventInfo: { elt: panel, target: panel } });
  },
};
// What htmx itself puts into a panel is no longer what the last common answer was about.
document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.target) event.detail.target.etag = event.detail.target.shown = ""; });

// What is being pressed stays until it is let go: a click on what has just been replaced would be lost.
const Pressed = { panel: null, at: 0, missed: null };
document.addEventListener("pointerdown", (event) => { Pressed.panel = event.target.closest("[data-topic]"); Pressed.at = Date.now(); }, true);
for (const end of ["pointerup", "pointercancel"]) {
  document.addEventListener(end, () => setTimeout(() => {
    const { missed } = Pressed;
    Pressed.panel = Pressed.missed = null;
    if (missed) Live.change(missed);
  }), true);
}
document.addEventListener("htmx:beforeSwap", (event) => {
  const panel = event.detail.target;
  if (panel !== Pressed.panel || Date.now() - Pressed.at > 2000) return;
  event.preventDefault();
  Pressed.missed = panel;
});

// --- toasts -----------------------------------------------------------------------------------------------------
function toast(message, refusal = true) {
  const box = document.createElement("div");
  box.className = `toast show${refusal ? " toast-refusal" : ""}`;
  box.setAttribute("role", "alert");
  const body = document.createElement("div");
  body.className = "toast-body";
  const text = document.createElement("div");
  text.textContent = message;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "btn-close";
  close.setAttribute("aria-label", say("close"));
  close.dataset.dismissToast = "";
  body.append(text, close);
  box.append(body);
  document.getElementById("toasts").append(box);
}

function retireToasts() {
  const toasts = document.querySelectorAll("#toasts > .toast");
  toasts.forEach((element, index) => {
    if (index < toasts.length - 3) element.remove();
    else if (!element.leaving) element.leaving = setTimeout(() => element.remove(), 12_000);
  });
}

// --- confirmations: the question names the effect, the body tells the consequence -----------------------------------
function ask(element, question) {
  const dialog = document.getElementById("confirm");
  const source = element.dataset.consequence && document.getElementById(element.dataset.consequence);
  dialog.querySelector("[data-question]").textContent = question;
  dialog.querySelector("[data-consequence]").replaceChildren(...(source ? [source.content.cloneNode(true)] : []));
  const yes = dialog.querySelector("[data-yes]");
  yes.textContent = element.dataset.verb || say("confirm");
  yes.classList.toggle("btn-danger", "danger" in element.dataset);
  yes.classList.toggle("btn-primary", !("danger" in element.dataset));
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((settle) => {
    dialog.addEventListener("close", () => settle(dialog.returnValue === "yes"), { once: true });
  });
}

document.addEventListener("htmx:confirm", (event) => {
  if (!event.detail.question) return;
  event.preventDefault();
  ask(event.detail.elt, event.detail.question).then((yes) => { if (yes) event.detail.issueRequest(true); });
});

document.addEventListener("submit", (event) => {
  const element = event.submitter?.dataset.confirm ? event.submitter : event.target;
  const form = event.target;
  if (element.dataset?.confirm && !form.confirmed) {
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(element, element.dataset.confirm).then((yes) => {
      if (!yes) return;
      form.confirmed = true;
      form.requestSubmit(event.submitter || undefined);
      form.confirmed = false;
    });
    return;
  }
  // A second click on the same button does nothing.
  if (form.method === "post" && !form.matches("[hx-post]")) {
    if (form.sent) { event.preventDefault(); return; }
    form.sent = true;
    setTimeout(() => { form.sent = false; }, 4000);
  }
}, true);

// --- theme without leaving the page -----------------------------------------------------------------------------
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches(".theme-switch")) return;
  event.preventDefault();
  form.sent = false;
  const theme = event.submitter?.value || "auto";
  document.documentElement.dataset.bsThemeChoice = theme;
  if (!document.body.dataset.socket) return;
  const body = new FormData(form);
  body.set("theme", theme);
  fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" } }).catch(() => {});
});

// --- tabs: a panel that changed while it was hidden is fetched when it is shown ----------------------------------------
document.addEventListener("shown.bs.tab", (event) => {
  const pane = document.querySelector(event.target.dataset.bsTarget);
  for (const element of [pane, ...pane.querySelectorAll("[data-topic]")]) {
    if (element.missedChange) { element.missedChange = false; Live.change(element); }
  }
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-show-tab]");
  if (!button) return;
  const tab = document.getElementById(button.dataset.showTab);
  tab?.click();
  tab?.scrollIntoView({ block: "start", behavior: "smooth" });
});

// --- clicks -----------------------------------------------------------------------------------------------------
document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-open], [data-dismiss-toast], [data-back], tr[data-href], [data-close], [data-print]");
  if (!target) return;
  if (target.dataset.open) { Keys.list(); document.getElementById(target.dataset.open)?.showModal(); }
  else if ("dismissToast" in target.dataset) target.closest(".toast").remove();
  else if ("close" in target.dataset) target.closest("dialog").close();
  else if ("print" in target.dataset) print();
  else if (target.dataset.back) { if (history.length > 1) history.back(); else location.assign(target.dataset.back); }
  else if (target.dataset.href && !event.target.closest("a, button, input, label, select")) location.assign(target.dataset.href);
});
document.addEventListener("click", (event) => {
  // A click on the backdrop closes a sheet.
  if (event.target.matches?.("dialog.sheet") && event.target === event.composedPath()[0]) {
    const box = event.target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) event.target.close("no");
  }
});

// --- keyboard ---------------------------------------------------------------------------------------------------
const Keys = {
  prefix: false,
  rows() { return [...document.querySelectorAll("[data-row]")].filter((row) => row.offsetParent); },
  move(step) {
    const rows = this.rows();
    if (!rows.length) return;
    const at = rows.findIndex((row) => row.classList.contains("chosen"));
    const next = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
    rows[at]?.classList.remove("chosen");
    next.classList.add("chosen");
    next.scrollIntoView({ block: "nearest" });
    (next.querySelector("a, button") || next).focus({ preventScroll: true });
  },
  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input, textarea, select, [contenteditable]") || document.querySelector("dialog[open]")) return;
    if (this.prefix) {
      this.prefix = false;
      const link = document.querySelector(`.places a[data-key="${CSS.escape(event.key)}"]`);
      if (link) { event.preventDefault(); location.assign(link.href); }
      return;
    }
    if (event.key === "g") {
      this.prefix = true;
      setTimeout(() => { this.prefix = false; }, 1500);
    } else if (event.key === "/") {
      const field = document.querySelector("[data-search]");
      if (field) { event.preventDefault(); field.focus(); }
    } else if (event.key === "?") { this.list(); document.getElementById("help")?.showModal(); }
    else if (event.key === "j") this.move(1);
    else if (event.key === "k") this.move(-1);
    else this.strike(event);
  },
  // A page names its own keys: data-hotkey on what they press; a filter that is on already is taken off again.
  strike(event) {
    const wanted = [...document.querySelectorAll("[data-hotkey]")].filter((element) => element.dataset.hotkey === event.key);
    const found = wanted.find((element) => element.checkVisibility()) || wanted[0];
    if (!found) return;
    event.preventDefault();
    const first = found.checked && found.form?.querySelector("[type=radio]");
    (first || found).click();
    if (found.matches("[role=tab]")) { found.focus({ preventScroll: true }); found.scrollIntoView({ block: "center" }); }
  },
  list() {
    const box = document.querySelector("#help [data-page-keys]");
    const named = [...document.querySelectorAll("[data-hotkey-name]")];
    box?.replaceChildren(...named.map((element) => {
      const row = document.createElement("div");
      const keys = document.createElement("dt");
      const name = document.createElement("dd");
      keys.append(Object.assign(document.createElement("kbd"), { textContent: element.dataset.hotkeyShown || element.dataset.hotkey }));
      name.textContent = element.dataset.hotkeyName;
      row.append(keys, name);
      return row;
    }));
  },
};
document.addEventListener("keydown", (event) => Keys.press(event));

// --- htmx -------------------------------------------------------------------------------------------------------
document.addEventListener("htmx:beforeOnLoad", (event) => {
  // A session that ended answers a panel with the log-in page: go there as a whole.
  const { xhr } = event.detail;
  if (xhr.responseURL && new URL(xhr.responseURL).pathname === document.body.dataset.login && location.pathname !== document.body.dataset.login) {
    event.preventDefault();
    location.reload();
  }
});
document.addEventListener("htmx:load", () => { Live.watch(); tick(); });
document.addEventListener("htmx:afterSwap", (event) => {
  retireToasts();
  // A form fetched into the sheet opens it; an answer that says "done" closes it.
  if (event.detail.target.id === "sheet-content" && event.detail.target.childElementCount) {
    const sheet = document.getElementById("sheet");
    if (!sheet.open) sheet.showModal();
    sheet.querySelector("[autofocus], input:not([type=hidden]), textarea, select, [type=submit]")?.focus();
  }
});
document.addEventListener("done", (event) => {
  const sheet = document.getElementById("sheet");
  if (sheet.open) sheet.close();
  if (event.target.matches?.("form[data-clear]")) event.target.reset();
  if (event.detail?.message) { toast(event.detail.message, false); retireToasts(); }
  Live.refresh("[data-topic]");
});
document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  const asked = event.detail.requestConfig.verb !== "get";
  if (asked && ![403, 404, 409, 412, 422].includes(status)) { toast(say("failed")); retireToasts(); }
});
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    if (event.detail.requestConfig?.verb !== "get") { toast(say("failed")); retireToasts(); }
  });
}

window.Fenghuo = { Clock, Live, say, span };
Clock.begin();
beginTicking();
Live.begin();
