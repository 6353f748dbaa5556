// Stock on a phone: find, look, enter a number, done. Whatever is logged is written to this phone first and sent with
// its own key, so that neither a lost network nor a second tap can lose or double it.
"use strict";

const settings = JSON.parse(document.getElementById("stock-settings").textContent);
const csrf = JSON.parse(document.body.getAttribute("hx-headers") || "{}");
const say = (key, value) => settings.texts[key].replace("%s", value ?? "");
const find = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const plain = (number) => String(Math.round(number * 1000) / 1000);
const day = (text) => new Date(text).toLocaleDateString(document.documentElement.lang, { month: "short", day: "numeric", year: "numeric" });
const minute = (text) => new Date(text).toLocaleString(document.documentElement.lang, { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

let items = JSON.parse(document.getElementById("stock-rows").textContent);

// --- what waits to be sent ---------------------------------------------------------------------------------------
const Queue = {
  name: `fenghuo-stock:${settings.user}`,
  memory: [],
  busy: null,
  read() {
    try { return JSON.parse(localStorage.getItem(this.name)) || []; } catch { return this.memory; }
  },
  write(entries) {
    this.memory = entries;
    try { localStorage.setItem(this.name, JSON.stringify(entries)); } catch { /* a full or forbidden store: memory serves */ }
    showRibbon();
    draw();
  },
  add(entry) { this.write([...this.read(), entry]); },
  drop(key) { this.write(this.read().filter((entry) => entry.key !== key)); },
  mark(key, refused) { this.write(this.read().map((entry) => (entry.key === key ? { ...entry, refused } : entry))); },
  waiting() { return this.read().filter((entry) => !entry.refused); },

  // Send what waits, oldest first; returns the movements booked now by key.
  async flush() {
    if (this.busy) { await this.busy; return this.flush(); }
    const booked = {};
    let release;
    this.busy = new Promise((settle) => { release = settle; });
    try {
      for (const entry of this.waiting()) {
        const answer = await send(settings.movements, entry);
        if (answer.away) break;
        if (answer.refused) { this.mark(entry.key, answer.refused); continue; }
        booked[entry.key] = answer.movement;
        take(answer.movement);
        this.drop(entry.key);
      }
    } finally {
      this.busy = null;
      release();
    }
    return booked;
  },
};

async function send(address, body) {
  const { label, refused, ...entry } = body || {};
  let response;
  try {
    response = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrf["x-csrftoken"] },
      body: JSON.stringify(entry),
      signal: AbortSignal.timeout(10_000),
    });
  } catch {
    return { away: true };
  }
  if (response.ok) return { movement: await response.json() };
  if ([400, 403, 404, 409, 412, 422].includes(response.status)) {
    const problem = await response.json().catch(() => ({}));
    // A session that ended is not a refusal of the entry: it waits for the next log-in.
    if (response.status === 403 && problem.code !== "NotAllowed") return { away: true };
    return { refused: problem.detail || JSON.stringify(problem) };
  }
  return { away: true };
}

function take(movement) {
  const item = items.find((row) => row.item === movement.item && row.warehouse === movement.warehouse);
  if (!item || movement.exercise !== null) return;
  item.quantity = movement.after;
  item.missing = plain(Math.max(0, item.par - item.quantity));
  if (movement.kind === "count") item.checked_at = movement.occurred_at;
}

const EFFECT = { receive: 1, return: 1, issue: -1, write_off: -1 };

// What the shelf holds as this phone knows it: the server's figure and what waits here.
function onHand(item) {
  let quantity = Number(item.quantity);
  for (const entry of Queue.waiting()) {
    if (entry.item !== item.item || entry.warehouse !== item.warehouse) continue;
    quantity = entry.kind === "count" ? Number(entry.quantity) : quantity + EFFECT[entry.kind] * Number(entry.quantity);
  }
  return quantity;
}

// --- the list ----------------------------------------------------------------------------------------------------
let filter = "all";
const isShort = (item) => onHand(item) < Number(item.par);
const checkDue = (item) => !item.check_due_at || new Date(item.check_due_at) < Date.now();
const outOfDate = (item) => item.expires_on && new Date(item.expires_on) < Date.now() - 86_400_000;
const FILTERS = { all: () => true, short: isShort, check: (item) => checkDue(item) || outOfDate(item) };

function draw() {
  const words = find("#find").value.trim().toLowerCase().split(/\s+/);
  const list = find("#items");
  const focused = document.activeElement?.closest("[data-code]")?.dataset.code;
  const shown = items.filter((item) => FILTERS[filter](item) && words.every((word) => `${item.name} ${item.item} ${item.category} ${item.location}`.toLowerCase().includes(word)));
  list.replaceChildren(...shown.map(drawRow));
  find("#nothing").hidden = shown.length > 0;
  for (const [name, test] of Object.entries(FILTERS)) find(`[data-count="${name}"]`).textContent = items.filter(test).length;
  if (focused) find(`[data-code="${CSS.escape(focused)}"] button`)?.focus();
}

function drawRow(item) {
  const row = find("#row").content.cloneNode(true).firstElementChild;
  const put = (name, text) => { find(`[data-${name}]`, row).textContent = text; };
  const quantity = onHand(item);
  row.dataset.code = item.item;
  put("name", item.name);
  put("place", [item.location, item.category].filter(Boolean).join(" · "));
  put("location", item.location || "—");
  put("quantity", plain(quantity));
  put("unit", item.unit);
  put("par", say("par", plain(Number(item.par))));
  const check = outOfDate(item) ? say("expired") : checkDue(item) ? (item.checked_at ? say("overdue") : say("never")) : day(item.check_due_at);
  put("check", check);
  find("[data-check]", row).classList.toggle("is-late", checkDue(item) || Boolean(outOfDate(item)));
  showShort(row, item, quantity);
  find("button", row).addEventListener("click", () => Sheet.open(item));
  return row;
}

function showShort(within, item, quantity) {
  const missing = Number(item.par) - quantity;
  const mark = find("[data-short]", within);
  mark.hidden = missing <= 0;
  mark.textContent = missing > 0 ? say("short", plain(missing)) : "";
}

function showRibbon() {
  const entries = Queue.read();
  const waiting = entries.filter((entry) => !entry.refused);
  const refused = entries.filter((entry) => entry.refused);
  const ribbon = find("#ribbon");
  ribbon.hidden = !(refused.length || (waiting.length && (Ribbon.away || !navigator.onLine)) || !navigator.onLine);
  find("[data-ribbon-text]", ribbon).textContent = waiting.length || !navigator.onLine ? say("waiting", waiting.length) : "";
  find("[data-ribbon-refused]", ribbon).replaceChildren(...refused.map((entry) => {
    const line = document.createElement("li");
    const text = document.createElement("span");
    text.textContent = `${entry.label}: ${say("refused", entry.refused)}`;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-sm";
    button.textContent = say("dismiss");
    button.addEventListener("click", () => Queue.drop(entry.key));
    line.append(text, button);
    return line;
  }));
}
const Ribbon = { away: false };

// --- the sheet: card, pad, done ----------------------------------------------------------------------------------
const Sheet = {
  box: find("#card"),
  item: null,
  kind: "",
  ticking: null,

  open(item) {
    this.item = item;
    this.show("card");
    if (!this.box.open) this.box.showModal();
    this.drawCard();
    this.loadMoves();
  },

  show(view) {
    clearInterval(this.ticking);
    for (const section of all("[data-view]", this.box)) section.hidden = section.dataset.view !== view;
    find("[data-back-to-card]", this.box).hidden = view !== "pad";
    find("#card-name").textContent = this.item.name;
    for (const unit of all("[data-unit]", this.box)) unit.textContent = this.item.unit;
  },

  drawCard() {
    const { item } = this;
    const view = find('[data-view="card"]', this.box);
    const put = (name, text) => { find(`[data-${name}]`, view).textContent = text || "—"; };
    const quantity = onHand(item);
    put("quantity", plain(quantity));
    put("par", `${plain(Number(item.par))} ${item.unit}`);
    put("location", item.location);
    put("expires", item.expires_on ? day(item.expires_on) + (outOfDate(item) ? ` · ${say("expired")}` : "") : "");
    put("checked", (item.checked_at ? day(item.checked_at) : say("never")) + (checkDue(item) && item.checked_at ? ` · ${say("overdue")}` : ""));
    put("what", item.check);
    showShort(view, item, quantity);
    find("[data-may-log]", view).hidden = !settings.may_log;
  },

  async loadMoves() {
    const { item } = this;
    const list = find("[data-moves]", this.box);
    try {
      const answer = await fetch(`${settings.movements}?${new URLSearchParams({ warehouse: item.warehouse, item: item.item, limit: 5 })}`);
      const moves = answer.ok ? await answer.json() : [];
      if (this.item !== item || !moves.length) { if (this.item === item) list.replaceChildren(); return; }
      list.replaceChildren(...moves.map((move) => {
        const line = document.createElement("li");
        const [when, what, left] = ["span", "span", "b"].map((name) => document.createElement(name));
        when.textContent = minute(move.occurred_at);
        what.textContent = move.kind === "reversal" ? `↺ ${Number(move.delta) > 0 ? "+" : ""}${move.delta}` : `${say(move.kind)} ${move.quantity}`;
        left.textContent = `= ${move.after}`;
        line.append(when, what, left);
        return line;
      }));
    } catch { /* away: the list stays as it is */ }
  },

  ask(kind) {
    this.kind = kind;
    this.show("pad");
    find("[data-verb-name]", this.box).textContent = say(kind);
    find('[data-digit="."]', this.box).disabled = this.item.whole;
    const reference = find("[data-reference]", this.box);
    reference.hidden = !["issue", "return"].includes(kind) || !settings.references.length;
    const field = find("#amount");
    field.value = "";
    this.think();
    field.focus();
  },

  // What the number means, before it is sent.
  think() {
    const field = find("#amount");
    field.value = field.value.replace(this.item.whole ? /\D/g : /[^\d.]/g, "").replace(/(\..*)\./g, "$1").replace(/^0+(?=\d)/, "");
    const text = field.value;
    const amount = Number(text);
    const now = onHand(this.item);
    const then = this.kind === "count" ? amount : now + EFFECT[this.kind] * amount;
    const given = text !== "" && text !== "." && (amount > 0 || this.kind === "count") && amount <= 1_000_000;
    const line = find("[data-then]", this.box);
    line.textContent = !given ? say("now", `${plain(now)} ${this.item.unit}`) : then < 0 ? say("too_many", `${plain(now)} ${this.item.unit}`) : say("will_be", `${plain(then)} ${this.item.unit}`);
    line.classList.toggle("is-late", given && then < 0);
    const go = find("[data-go]", this.box);
    go.disabled = !given || then < 0;
    go.textContent = given ? say(`do_${this.kind}`, `${plain(amount)} ${this.item.unit}`) : say(this.kind);
  },

  type(digit) {
    const field = find("#amount");
    field.value = digit === null ? field.value.slice(0, -1) : field.value + digit;
    this.think();
  },

  async go() {
    const { item, kind } = this;
    const quantity = plain(Number(find("#amount").value));
    const reference = find("[data-reference]", this.box).hidden ? "" : find("#reference").value;
    const label = `${say(`done_${kind}`, `${quantity} ${item.unit}`)} · ${item.name}`;
    const entry = { key: newKey(), kind, item: item.item, warehouse: item.warehouse, quantity, reference, occurred_at: new Date().toISOString(), label };
    find("[data-go]", this.box).disabled = true;
    Queue.add(entry);
    const booked = await Queue.flush();
    const left = Queue.read().find((other) => other.key === entry.key);
    if (left?.refused) {
      // Said where it was entered: nothing was booked, and the number stays to be put right.
      const line = find("[data-then]", this.box);
      line.textContent = left.refused;
      line.classList.add("is-late");
      Queue.drop(entry.key);
      refresh();
      return;
    }
    this.done(entry, booked[entry.key]);
  },

  done(entry, movement) {
    const { item } = this;
    Ribbon.away = !movement;
    showRibbon();
    this.show("done");
    find("[data-done]", this.box).textContent = say(`done_${entry.kind}`, `${entry.quantity} ${item.unit}`);
    find("[data-after]", this.box).textContent = movement ? say("now", `${plain(onHand(item))} ${item.unit}`) : say("kept");
    const undo = find("[data-undo]", this.box);
    let seconds = 10;
    undo.hidden = false;
    undo.disabled = false;
    const tick = () => { undo.textContent = say("undo", seconds); };
    tick();
    this.ticking = setInterval(() => {
      seconds -= 1;
      if (seconds > 0) tick();
      else { clearInterval(this.ticking); undo.hidden = true; }
    }, 1000);
    undo.onclick = () => this.undo(entry, movement);
    find('[data-view="done"] [data-close]', this.box).focus();
  },

  async undo(entry, movement) {
    const undo = find("[data-undo]", this.box);
    undo.disabled = true;
    clearInterval(this.ticking);
    const waiting = Queue.waiting().some((other) => other.key === entry.key);
    if (waiting && !movement) Queue.drop(entry.key);
    else {
      const answer = await send(`${settings.movements}/${movement.id}/undo`, {});
      if (!answer.movement) {
        find("[data-after]", this.box).textContent = answer.refused || say("kept");
        undo.hidden = true;
        return;
      }
      take(answer.movement);
    }
    undo.hidden = true;
    find("[data-done]", this.box).textContent = say("undone", `${plain(onHand(this.item))} ${this.item.unit}`);
    find("[data-after]", this.box).textContent = "";
    draw();
  },
};

const newKey = () => (crypto.randomUUID ? crypto.randomUUID() : [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join(""));

async function refresh() {
  try {
    const answer = await fetch(`${settings.stock}?${new URLSearchParams({ warehouse: settings.warehouse })}`);
    if (!answer.ok) return;
    items = await answer.json();
    Ribbon.away = false;
    if (Sheet.item) {
      Sheet.item = items.find((item) => item.item === Sheet.item.item) || Sheet.item;
      if (Sheet.box.open && !find('[data-view="card"]', Sheet.box).hidden) Sheet.drawCard();
    }
    draw();
    showRibbon();
  } catch { /* away: the page keeps what it has */ }
}

// --- the camera, where the browser can read codes ------------------------------------------------------------------
async function scan() {
  const box = find("#camera");
  const video = find("video", box);
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    find("#find").placeholder = say("no_camera");
    return;
  }
  const reader = new BarcodeDetector();
  video.srcObject = stream;
  box.showModal();
  await video.play();
  const look = async () => {
    if (!box.open) return;
    const codes = await reader.detect(video).catch(() => []);
    if (codes.length) {
      const text = codes[0].rawValue.trim();
      box.close();
      const item = items.find((row) => row.item.toLowerCase() === text.toLowerCase());
      if (item) Sheet.open(item);
      else { find("#find").value = text; draw(); find("#nothing").textContent = say("unknown_code", text); }
      return;
    }
    setTimeout(look, 150);
  };
  box.addEventListener("close", () => stream.getTracks().forEach((track) => track.stop()), { once: true });
  look();
}

// --- begin -------------------------------------------------------------------------------------------------------
find("#warehouse").addEventListener("change", (event) => event.target.form.requestSubmit());
find("#find").addEventListener("input", draw);
for (const button of all("[data-filter]")) {
  button.addEventListener("click", () => {
    filter = button.dataset.filter;
    for (const other of all("[data-filter]")) other.setAttribute("aria-pressed", String(other === button));
    draw();
  });
}
for (const button of all("[data-verb]", Sheet.box)) button.addEventListener("click", () => Sheet.ask(button.dataset.verb));
for (const button of all("[data-digit]", Sheet.box)) button.addEventListener("click", () => Sheet.type(button.dataset.digit));
find("[data-erase]", Sheet.box).addEventListener("click", () => Sheet.type(null));
find("[data-back-to-card]", Sheet.box).addEventListener("click", () => Sheet.open(Sheet.item));
find("#amount").addEventListener("input", () => Sheet.think());
find("#amount").addEventListener("keydown", (event) => { if (event.key === "Enter" && !find("[data-go]", Sheet.box).disabled) Sheet.go(); });
find("[data-go]", Sheet.box).addEventListener("click", () => Sheet.go());
Sheet.box.addEventListener("close", () => clearInterval(Sheet.ticking));
for (const { value, label } of settings.references) find("#reference").append(new Option(label, value));
if ("BarcodeDetector" in window && navigator.mediaDevices && settings.may_log) {
  find("#scan").hidden = false;
  find("#scan").addEventListener("click", scan);
}
find("#items").addEventListener("changed", refresh);
window.addEventListener("online", async () => { await Queue.flush(); await refresh(); });
window.addEventListener("offline", showRibbon);
setInterval(() => { if (Queue.waiting().length) Queue.flush().then(refresh); }, 15_000);
draw();
showRibbon();
if (Queue.waiting().length) Queue.flush().then(refresh);
if (location.hash.length > 1) {
  const item = items.find((row) => row.item === decodeURIComponent(location.hash.slice(1)));
  if (item) Sheet.open(item);
}
