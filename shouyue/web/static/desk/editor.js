// The sheet of cells: keys, and changes that are sent one after the other, in order, until each is saved.

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const editor = $("#editor");
const kept = `edits:${editor.dataset.user}:${editor.dataset.name}`; // what is not saved yet, should the page go away
const sheet = () => $("#sheet");
const cells = (row) => $$("input[data-column]", row);
const rows = () => $$(".cells tbody tr[data-row]");
const PATIENCE = 30_000; // ms for an answer; a change that was made already is made once

let waiting = JSON.parse(localStorage.getItem(kept) ?? "[]");
let sending = false;
let asking = false; // somebody else saved: the person chooses first
let replacing = false; // the cells go, nobody leaves them
let composing = false;
let restored = waiting.length > 0; // left by an earlier page: what was seen then counts

// ---------------------------------------------------------------- sending
function add(change) {
  waiting.push({ ...change, seen: sheet().dataset.seen });
  remember();
  send();
}

function remember() {
  if (waiting.length) localStorage.setItem(kept, JSON.stringify(waiting));
  else localStorage.removeItem(kept);
}

async function send() {
  if (sending || asking || !waiting.length) return;
  sending = true;
  while (waiting.length && !asking) {
    const at = sheet().dataset;
    const seen = restored ? waiting[0].seen : at.seen;
    const body = new URLSearchParams({ ...waiting[0], seen, redo: at.redo });
    const token = JSON.parse(document.body.getAttribute("hx-headers"));
    say(editor.dataset.savingText);
    let answer, text;
    try {
      const headers = { ...token, "HX-Request": "true" };
      answer = await fetch(at.post, { method: "POST", headers, body, signal: AbortSignal.timeout(PATIENCE) });
      text = await answer.text(); // the connection may go while it comes
    } catch {
      later();
      break;
    }
    if (answer.status >= 500) { later(); break; }
    await composed();
    unsent(false);
    const signIn = answer.headers.get("HX-Redirect"); // the session is over; what waits is sent after signing in
    if (signIn) { location.href = signIn; break; }
    if (answer.status === 403) { $("#notices").innerHTML = text; break; } // escaped by the server
    restored = false;
    if (answer.status === 409 && text.includes("data-choose")) { ask(text); break; }
    const held = where(document.activeElement);
    const change = waiting.shift();
    if (answer.ok) renamed(change);
    remember();
    if (answer.ok || answer.status === 422) show(text, change, answer.ok, held);
    else { $("#notices").innerHTML = text; say(""); } // escaped by the server
  }
  sending = false;
}
addEventListener("online", send);

function later() {
  unsent(true);
  setTimeout(send, 2500);
}

function say(text) {
  const status = $("[data-status]");
  if (status && text) status.textContent = text;
}

function unsent(is) {
  const notice = $("[data-unsaved]");
  notice.hidden = !is;
  if (is) notice.textContent = editor.dataset.unsavedText;
  for (const change of waiting) {
    const row = rows().find((r) => r.dataset.id === change.id);
    const cell = row && cells(row).find((c) => c.dataset.column === change.column);
    cell?.classList.toggle("unsent", is);
  }
}

// ---------------------------------------------------------------- what comes back, without taking the cursor away
function show(text, change, saved, held) {
  const scroll = $(".sheet-scroll");
  const [left, top] = [scroll?.scrollLeft ?? 0, scroll?.scrollTop ?? 0];
  replacing = true;
  editor.innerHTML = text; // rendered and escaped by the server
  replacing = false;
  for (const row of rows()) for (const cell of cells(row)) cell.value = pending(cell)?.value ?? cell.value;
  if (saved) history.replaceState(null, "", `${sheet().dataset.address}?part=${encodeURIComponent(sheet().dataset.part)}`);
  const now = $(".sheet-scroll");
  if (now) [now.scrollLeft, now.scrollTop] = [left, top];
  const wanted = sheet().dataset.focus;
  if (!held?.dirty) {
    if (change.op.startsWith("rank-")) return focusRank(change);
    if (wanted) return focusRow(wanted, sheet().dataset.focusColumn || change.column);
    if (!saved && change.op === "cell") return $("[aria-invalid]", editor)?.focus();
  }
  if (held) back(held);
}

// where the cursor is, and what is typed there beyond what was sent
function where(element) {
  const row = element?.closest?.("tr[data-row]");
  if (!row || !element.dataset.column) return null;
  const { value, selectionStart, selectionEnd } = element;
  return { id: row.dataset.id, number: row.dataset.row, column: element.dataset.column, value, selectionStart, selectionEnd,
    dirty: unsaid(element) };
}

function back(at) {
  // a renamed row is found by its place
  const row = rows().find((r) => r.dataset.id === at.id) ?? rows().find((r) => r.dataset.row === at.number);
  const cell = row && cells(row).find((c) => c.dataset.column === at.column);
  if (!cell) return;
  if (at.dirty) cell.value = at.value;
  cell.focus({ preventScroll: true });
  if (at.dirty) cell.setSelectionRange(at.selectionStart, at.selectionEnd);
  else cell.select();
}

// what waits for a row or a column is told its new name
function renamed(change) {
  const here = waiting.filter((other) => other.table === change.table);
  if (change.op === "cell" && change.column === "row") {
    for (const other of here) if (other.id === change.id) other.id = change.value.trim();
  }
  if (change.op === "column-rename") for (const other of here) if (other.column === change.column) other.column = change.value;
}

// an input method at work, or a column being chosen, is not cut off
document.addEventListener("compositionstart", () => { composing = true; });
document.addEventListener("compositionend", () => { composing = false; });
async function composed() {
  const until = (event) => new Promise((done) => document.addEventListener(event, done, { once: true, capture: true }));
  while (composing) await until("compositionend");
  while ($("#new-column")?.open) await until("close");
}

function focusRow(id, column) {
  const row = rows().find((r) => r.dataset.id === id);
  const cell = row && (cells(row).find((c) => c.dataset.column === column) ?? cells(row)[0]);
  cell?.focus();
  cell?.select();
}

// the cursor stays with the value whose rank was changed
function focusRank({ column, value, op }) {
  const ranks = $(`[data-rank-column="${CSS.escape(column)}"]`);
  const there = ranks && $$("[data-rank]", ranks).find((e) => e.dataset.rank === value);
  const buttons = $$("button:not([disabled])", there ?? ranks ?? document.createElement("p"));
  (buttons.find((b) => b.dataset.op === op) ?? buttons[0] ?? there ?? $("#hit"))?.focus();
}

// ---------------------------------------------------------------- somebody else saved meanwhile
function ask(html) {
  asking = true;
  const dialog = $("#conflict");
  dialog.innerHTML = html; // rendered and escaped by the server
  dialog.showModal();
}
document.addEventListener("click", (event) => {
  const choice = event.target.closest("[data-choose]");
  if (!choice) return;
  asking = false;
  $("#conflict").close();
  if (choice.dataset.choose === "theirs") { waiting = []; remember(); return; } // the link leads to their version
  restored = false;
  sheet().dataset.seen = choice.dataset.number;
  sheet().dataset.post = choice.dataset.post;
  send();
});
$("#conflict").addEventListener("cancel", (event) => event.preventDefault());

// ---------------------------------------------------------------- changes
const place = (element) => {
  const row = element.closest("tr[data-row]");
  return { table: sheet().dataset.part, row: row?.dataset.row ?? "", id: row?.dataset.id ?? "" };
};

// the last change of the cell that is not saved yet
const pending = (cell) => {
  const { table, id } = place(cell);
  return waiting.findLast((c) => c.op === "cell" && c.table === table && c.id === id && c.column === cell.dataset.column);
};

// typed, and neither sent nor what stands there; what was refused is not sent again as it is
function unsaid(cell) {
  const value = cell.value.trim();
  const last = pending(cell);
  return last ? value !== last.value.trim() : value !== cell.dataset.saved && value !== cell.defaultValue.trim();
}

function commit(cell) {
  if (unsaid(cell)) add({ op: "cell", ...place(cell), column: cell.dataset.column, value: cell.value });
}

// not "change", which a browser keeps to itself where the cell was put in anew while somebody typed in it
document.addEventListener("focusout", (event) => {
  if (!replacing && event.target.matches(".cells input[data-column]")) commit(event.target);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-op], [data-choose-column]");
  if (!button || !editor.contains(button)) return;
  const op = button.dataset.op ?? button.dataset.chooseColumn;
  const of = { ...place(button), at: "", column: "", value: "", ...column(button), ...rank(button) };
  button.closest("details")?.removeAttribute("open");
  if (button.dataset.op) add({ op, ...of });
  else choose(op, of, button);
});

document.addEventListener("change", (event) => {
  if (event.target.id === "hit") add({ op: "hit", ...place(event.target), column: "", value: event.target.value });
});

// the column whose menu, or whose cell, it is
function column(element) {
  const menu = element.closest("[data-column-name]");
  if (menu) return { at: menu.dataset.columnAt, column: menu.dataset.columnName };
  if (!element.dataset.column || element.dataset.column === "#") return {};
  return { at: cells(element.closest("tr")).indexOf(element), column: element.dataset.column };
}

// the result, and its column, whose rank is changed
function rank(element) {
  const of = element.closest("[data-rank-column]");
  return of ? { column: of.dataset.rankColumn, value: element.closest("[data-rank]").dataset.rank } : {};
}

// the name of a column is chosen from those that the strategy knows
function choose(op, of, button) {
  const dialog = $("#new-column");
  $("#new-column-title").textContent = button.dataset.title;
  const { side } = button.dataset;
  for (const names of $$("[data-names]", dialog)) names.hidden = names.dataset.names !== side;
  dialog.returnValue = "";
  dialog.onclose = () => {
    const value = $(`#new-${side}`, dialog).value;
    if (dialog.returnValue === "yes" && value) add({ op, ...of, value });
  };
  dialog.showModal();
  $(`#new-${side}`, dialog).focus();
}

document.addEventListener("focusin", (event) => {
  const hint = $("#hint");
  if (hint) hint.textContent = event.target.dataset?.hint ?? "";
});

// ---------------------------------------------------------------- keys
document.addEventListener("keydown", (event) => {
  if (event.isComposing || !editor.contains(event.target)) return;
  if (event.key === "Enter" && event.target.matches("#new-column select")) {
    event.preventDefault();
    event.target.form.requestSubmit($("#new-column .main"));
    return;
  }
  const cell = event.target.matches("input[data-column]") ? event.target : null;
  const key = event.key.toLowerCase();
  if ((event.ctrlKey || event.metaKey) && (key === "z" || key === "y") && !event.target.matches("textarea")) {
    if (cell && cell.value !== cell.dataset.saved) return; // the field's own undo
    event.preventDefault();
    add({ op: key === "y" || event.shiftKey ? "redo" : "undo", ...place(event.target), column: "", value: "" });
    return;
  }
  if (!cell) return;
  if (event.altKey && ["arrowup", "arrowdown", "enter"].includes(key)) {
    event.preventDefault();
    commit(cell);
    const op = { arrowup: "up", arrowdown: "down", enter: "add" }[key];
    add({ op, ...place(cell), column: cell.dataset.column, value: "" });
    return;
  }
  if (event.altKey && ["arrowleft", "arrowright"].includes(key) && cells(cell.closest("tr")).indexOf(cell) > 0) {
    event.preventDefault(); // not the browser's way back
    commit(cell);
    const of = column(cell);
    if (of.column) add({ op: `column-${key.slice(5)}`, ...place(cell), ...of, value: "" });
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (key === "escape") { cell.value = cell.dataset.saved; cell.select(); event.stopPropagation(); return; }
  const way = { arrowup: -1, arrowdown: 1, enter: event.shiftKey ? -1 : 1 }[key];
  if (way) {
    event.preventDefault();
    const all = rows();
    const next = all[all.indexOf(cell.closest("tr")) + way];
    const to = next && cells(next)[cells(cell.closest("tr")).indexOf(cell)];
    if (to) { to.focus(); to.select(); } else if (key === "enter") commit(cell); // nowhere to go, so that leaving the cell saves nothing
    return;
  }
  const end = key === "arrowright" ? cell.value.length : key === "arrowleft" ? 0 : -1;
  const whole = cell.selectionStart === 0 && cell.selectionEnd === cell.value.length;
  if (end >= 0 && !event.shiftKey && (whole || (cell.selectionStart === end && cell.selectionEnd === end))) {
    const all = cells(cell.closest("tr"));
    const to = all[all.indexOf(cell) + (key === "arrowright" ? 1 : -1)];
    if (to) { event.preventDefault(); to.focus(); to.select(); }
  }
}, true);

// what an earlier page left stands in its cell; what was typed and left while this page was coming is saved
for (const row of rows()) for (const cell of cells(row)) {
  if (cell.value === cell.defaultValue) cell.value = pending(cell)?.value ?? cell.value;
  else if (cell !== document.activeElement) commit(cell);
}
send();
