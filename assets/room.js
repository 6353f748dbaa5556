// The incident room: which part a phone shows, how far one has read, naming people, files of a note.
"use strict";

const room = document.querySelector("[data-room]");

// --- parts on a phone ---------------------------------------------------------------------------------------------
function look(part) {
  room.dataset.view = part;
  for (const button of room.querySelectorAll("[data-view-of]")) {
    button.setAttribute("aria-pressed", String(button.dataset.viewOf === part));
  }
  Fenghuo.Live.refresh("[data-room] [data-topic]");
}

document.addEventListener("click", (event) => {
  const part = event.target.closest("[data-view-of]");
  if (part) { look(part.dataset.viewOf); part.parentElement.scrollIntoView({ block: "start" }); }
  else if (event.target.closest("[data-show-tab]")) look("panels");
  else if (event.target.closest("[data-show-overdue]")) { look("measures"); document.getElementById("show-overdue")?.click(); }
  else if (event.target.closest("[data-compose]")) { look("timeline"); document.getElementById("note-text")?.focus(); }
});

// --- a panel that is fetched again keeps what one has opened, chosen or is about to press -----------------------------
const Kept = { open: new Set(), chosen: "", focused: false };

document.addEventListener("htmx:beforeRequest", (event) => {
  const panel = event.detail.elt;
  if (!panel.matches("[data-topic]") || !panel.querySelector(".dropdown-menu.show")) return;
  event.preventDefault();
  panel.dataset.missed = "";
});
document.addEventListener("hidden.bs.dropdown", (event) => {
  const panel = event.target.closest("[data-missed]");
  if (panel) { delete panel.dataset.missed; Fenghuo.Live.change(panel); }
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const panel = event.detail.target;
  Kept.open = new Set([...panel.querySelectorAll("details[open][data-keep]")].map((element) => element.dataset.keep));
  const chosen = panel.querySelector(".chosen");
  Kept.chosen = chosen?.id || "";
  Kept.focused = Boolean(chosen?.contains(document.activeElement));
});
document.addEventListener("htmx:afterSwap", (event) => {
  const panel = event.detail.target;
  for (const element of panel.querySelectorAll("details[data-keep]")) if (Kept.open.has(element.dataset.keep)) element.open = true;
  const row = Kept.chosen && panel.querySelector(`#${CSS.escape(Kept.chosen)}`);
  if (!row) return;
  row.classList.add("chosen");
  if (Kept.focused) row.querySelector("a, button")?.focus({ preventScroll: true });
});

// --- what is new to this reader: later than the last look, and not one's own; the timeline itself is everybody's --------
document.addEventListener("htmx:afterSwap", (event) => {
  const panel = event.detail.target;
  if (panel.id !== "timeline" || !panel.dataset.seen) return;
  const dot = document.getElementById("fresh-entry").content;
  for (const entry of panel.querySelectorAll("[data-entry]")) {
    if (Number(entry.dataset.entry) <= Number(panel.dataset.seen) || entry.dataset.by === panel.dataset.me) continue;
    entry.classList.add("entry-fresh");
    entry.querySelector("div").prepend(dot.cloneNode(true));
  }
});

// --- how far one has read: after some seconds before one's eyes, and again when one leaves ---------------------------
const Seen = {
  pause: 8_000,
  sent: 0,
  hiddenAt: 0,
  timer: null,

  newest() { return Number(document.querySelector("#timeline [data-newest]")?.dataset.newest || 0); },

  wait() {
    clearTimeout(this.timer);
    if (!document.hidden) this.timer = setTimeout(() => this.send(), this.pause);
  },

  send() {
    const entry = this.newest();
    if (!entry || entry <= this.sent) return;
    this.sent = entry;
    const body = new FormData();
    body.set("entry", String(entry));
    body.set("quiet", "1");
    const token = JSON.parse(document.body.getAttribute("hx-headers") || "{}")["x-csrftoken"] || "";
    fetch(room.dataset.seenUrl, { method: "POST", body, headers: { "X-CSRFToken": token }, keepalive: true }).catch(() => { this.sent = 0; });
  },
};

document.addEventListener("htmx:afterSettle", (event) => { if (event.detail.target?.id === "timeline") Seen.wait(); });
document.addEventListener("visibilitychange", () => {
  if (document.hidden) { clearTimeout(Seen.timer); Seen.hiddenAt = Date.now(); return; }
  // Whoever comes back after a minute is told what changed meanwhile.
  if (Seen.hiddenAt && Date.now() - Seen.hiddenAt > 60_000) document.getElementById("changes")?.dispatchEvent(new CustomEvent("return"));
  Seen.wait();
});

// --- naming people: "@" and a part of the name ------------------------------------------------------------------------
const People = {
  box: null,
  field: null,
  asked: "",

  // The word behind the last "@" before the cursor, or null.
  word(field) {
    const found = field.value.slice(0, field.selectionStart).match(/@([^\s@]{0,20})$/);
    return found ? found[1] : null;
  },

  async suggest(field) {
    const word = this.word(field);
    if (word === null) { this.close(); return; }
    this.field = field;
    this.asked = word;
    const answer = await fetch(`${room.dataset.peopleUrl}?q=${encodeURIComponent(word)}`, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer?.ok || this.asked !== word || this.word(field) !== word) return;
    if (!this.box) {
      this.box = document.createElement("div");
      this.box.className = "people";
      this.box.setAttribute("role", "listbox");
      this.box.addEventListener("mousedown", (event) => event.preventDefault());
      this.box.addEventListener("click", (event) => this.pick(event.target.closest("[data-person]")));
    }
    this.box.innerHTML = await answer.text();
    this.choose(0);
    field.after(this.box);
  },

  rows() { return [...(this.box?.querySelectorAll("[data-person]") || [])]; },
  choose(at) { this.rows().forEach((row, place) => row.setAttribute("aria-selected", String(place === at))); },
  chosen() { return this.rows().findIndex((row) => row.getAttribute("aria-selected") === "true"); },
  close() { this.box?.remove(); this.box = null; },

  pick(row) {
    if (!row || !this.field) return;
    const field = this.field;
    const before = field.value.slice(0, field.selectionStart).replace(/@[^\s@]{0,20}$/, `@${row.dataset.name} `);
    field.value = before + field.value.slice(field.selectionStart);
    field.selectionStart = field.selectionEnd = before.length;
    field.form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "mentions", value: row.dataset.person }));
    this.close();
    field.focus();
  },

  press(event) {
    const rows = this.rows();
    if (!rows.length) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.choose((this.chosen() + (event.key === "ArrowDown" ? 1 : rows.length - 1)) % rows.length);
    } else if (event.key === "Enter" || event.key === "Tab") {
      event.preventDefault();
      this.pick(rows[this.chosen()]);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      event.preventDefault();
      this.close();
    }
  },
};

document.addEventListener("input", (event) => { if (event.target.matches("[data-mentions]")) People.suggest(event.target); });
document.addEventListener("keydown", (event) => {
  if (!event.target.matches?.("[data-mentions]")) return;
  People.press(event);
  // Ctrl and Enter keeps a note without the mouse.
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.target.form.requestSubmit(event.target.form.querySelector("[name=kind]") || undefined);
}, true);
document.addEventListener("focusout", (event) => { if (event.target.matches?.("[data-mentions]")) setTimeout(() => People.close(), 150); });

// --- files of a note: their names are shown before they are sent ----------------------------------------------------------
document.addEventListener("change", (event) => {
  const form = event.target.matches?.("[data-files]") && event.target.form;
  if (!form) return;
  const files = [...form.querySelectorAll("[data-files]")].flatMap((input) => [...input.files]);
  form.querySelector("[data-picked-files]").replaceChildren(...files.map((file) => Object.assign(document.createElement("span"), { className: "picked-item", textContent: file.name })));
  // A photo taken from the bar at the bottom is sent with whatever is written, from the form.
  if (files.length) look("timeline");
});
// A file that is downloaded leaves the page where it is: the sheet it was asked for in is done.
document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-download]")) setTimeout(() => event.target.closest("dialog")?.close(), 200);
});
document.addEventListener("reset", (event) => {
  event.target.querySelector("[data-picked-files]")?.replaceChildren();
  event.target.querySelectorAll("[name=mentions]").forEach((input) => input.remove());
});
