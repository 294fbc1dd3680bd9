// Keys, dialogs, theme, ticks that save themselves, and what to say when the connection is gone.

const SWITCH = "single-keys";
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const seen = (element) => element.checkVisibility?.() ?? element.offsetParent !== null;

// ---------------------------------------------------------------- keys
const typing = (element) =>
  element.matches("textarea, select, [contenteditable]") ||
  (element.matches("input") && !element.matches("[type=radio], [type=checkbox], [type=button], [type=submit]"));

let first = ""; // the first of two keys, as in G then T
let firstAt = 0;

document.addEventListener("keydown", (event) => {
  const at = event.target;
  if (event.isComposing) return; // a word is being spelled in an input method
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const send = $("[data-send]", at.closest("form") ?? document);
    if (send) { event.preventDefault(); send.click(); }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") { leave(at); return; }
  if (typing(at) || localStorage.getItem(SWITCH) === "off" || $("dialog[open]")) return;
  if (event.key === "Enter") { openLine(event, at); return; }
  const key = event.key.toLowerCase();
  const both = first && Date.now() - firstAt < 1200 ? `${first} ${key}` : "";
  first = "";
  if (press(both) || press(key) || step(key) || tickAtHand(key)) { event.preventDefault(); return; }
  if (key === "g") { first = key; firstAt = Date.now(); event.preventDefault(); }
});

function press(key) {
  const keyed = key ? $$(`[data-key="${CSS.escape(key)}"]`).filter((e) => seen(e) || e.matches("[type=radio]")) : [];
  const target = keyed.find((e) => e.closest(".call")) ?? keyed[0]; // during a call the keys are the call's
  if (!target || target.disabled) return false;
  if (target.matches("[type=radio]")) choose(target);
  else if (target.matches("[type=checkbox]")) target.click();
  else if (target.matches("input, textarea, select")) { target.focus(); target.select?.(); }
  else target.click();
  return true;
}

function choose(radio) {
  if (radio.closest("fieldset") && !seen(radio.closest("fieldset"))) return;
  radio.checked = true;
  radio.focus();
  radio.dispatchEvent(new Event("change", { bubbles: true }));
  const amount = radio.value === "promise" && $("#promise_amount");
  if (amount) { amount.focus(); amount.select(); }
}

function leave(at) {
  const found = $("#found");
  if (found) found.textContent = "";
  if (typing(at)) at.blur();
  $$("details.menu[open]").forEach((menu) => menu.removeAttribute("open"));
}

// ---------------------------------------------------------------- lists: J and K move, Enter opens
function lines() {
  const list = $("[data-rows]");
  return list ? $$("tbody tr", list).filter((row) => $("a", row)) : [];
}

function step(key) {
  const way = { j: 1, k: -1 }[key];
  const rows = way ? lines() : [];
  if (!rows.length) return false;
  const now = rows.findIndex((row) => row.contains(document.activeElement));
  const row = rows[Math.max(0, Math.min(rows.length - 1, now + way))];
  $("a", row).focus();
  row.scrollIntoView({ block: "nearest" });
  return true;
}

function openLine(event, at) {
  if (at !== document.body) return;
  const rows = lines();
  if (rows.length) { event.preventDefault(); $("a", rows[0]).click(); }
}

// ---------------------------------------------------------------- the script: digits tick the element at hand
const elements = () => $$("[data-element]").filter(seen);
const atHand = () => $(".element.at") ?? null;

// elements and answers that depend on earlier ticks; a tick of an element that is not up itself counts for none
function branch() {
  const ticked = {};
  for (const part of $$("[data-element], [data-after]")) {
    const after = part.dataset.after ? Object.entries(JSON.parse(part.dataset.after)) : [];
    part.hidden = !after.every(([element, outcomes]) => outcomes.includes(ticked[element]));
    const radio = part.dataset.element && !part.hidden && $("input:checked", part);
    if (radio) ticked[part.dataset.element] = radio.value;
  }
}

function mark(wanted) {
  branch();
  const all = elements();
  const element = wanted ?? all.find((e) => !$("input:checked", e));
  $$(".element.at").forEach((e) => e.classList.remove("at"));
  element?.classList.add("at");
  const count = $("[data-ticked]");
  if (count) count.textContent = `${all.filter((e) => $("input:checked", e)).length} / ${all.length}`;
}

function tickAtHand(key) {
  const element = /^[1-9]$/.test(key) && atHand();
  const radio = element && $$("input", element)[Number(key) - 1];
  if (!radio) return false;
  radio.checked = true;
  follow(radio);
  save(radio);
  mark();
  atHand()?.scrollIntoView({ block: "nearest" });
  return true;
}

// who was reached follows from the identity check, unless it was said already
function follow(radio) {
  if (radio.dataset.reached && !$("[name=reached]:checked")) {
    const reached = $(`[name=reached][value=${radio.dataset.reached}]`);
    if (reached) reached.checked = true;
  }
  const result = radio.dataset.result && $(`[name=result][value=${radio.dataset.result}]`);
  if (result) result.checked = true;
}

async function save(radio, outcome = radio.value) {
  const token = JSON.parse(document.body.getAttribute("hx-headers"));
  const body = new URLSearchParams({ element: radio.dataset.elementId, outcome });
  try {
    const answer = await fetch(radio.dataset.tick, { method: "POST", headers: { ...token, "HX-Request": "true" }, body });
    radio.closest("[data-element]").toggleAttribute("data-unsaved", !answer.ok);
    if (!answer.ok) $("#notices").innerHTML = await answer.text(); // escaped by the server
    else online(true);
    const there = answer.headers.get("HX-Redirect"); // somebody else has the line: his page
    if (there) location.replace(there);
  } catch {
    online(false); // it is sent again with the outcome
  }
}

// what is on the page of a call goes along when the page changes with whoever has the line
document.addEventListener("formdata", (event) => {
  const from = event.target.dataset.with && $(`#${event.target.dataset.with}`);
  if (!from) return;
  clearTimeout(jotting);
  for (const [name, value] of new FormData(from)) if (/^(tick-.*|note|who)$/.test(name)) event.formData.set(name, value);
});

// the note of a call is kept while it is written; what is wrong with it is said with the outcome
let jotting;
document.addEventListener("input", (event) => {
  const box = event.target;
  if (!box.dataset?.jot) return;
  clearTimeout(jotting);
  jotting = setTimeout(() => {
    const token = JSON.parse(document.body.getAttribute("hx-headers"));
    const body = new URLSearchParams({ [box.name]: box.value });
    fetch(box.dataset.jot, { method: "POST", headers: { ...token, "HX-Request": "true" }, body }).catch(() => online(false));
  }, 700);
});

document.addEventListener("change", (event) => {
  const radio = event.target;
  if (radio.matches?.("[data-tick]")) { follow(radio); save(radio); mark(); }
  if (radio.id === "manner") for (const said of $$("[data-manner]")) said.hidden = said.dataset.manner !== radio.value;
  if (radio.id === "why_late") for (const said of $$("[data-why]")) said.hidden = said.dataset.why !== radio.value;
});
// a second click on a ticked answer takes it back
document.addEventListener("pointerdown", (event) => {
  const radio = $("input[data-tick]", event.target.closest?.(".element .choices label") ?? document.createElement("i"));
  if (radio) radio.dataset.was = radio.checked ? "on" : "";
});
document.addEventListener("click", (event) => {
  const radio = event.target;
  if (radio.matches?.("input[data-tick]") && radio.dataset.was === "on") {
    radio.checked = false;
    radio.dataset.was = "";
    save(radio, "");
    mark(radio.closest("[data-element]"));
  }
});

// ---------------------------------------------------------------- dialogs, theme
document.addEventListener("click", (event) => {
  const opens = event.target.closest("[data-opens]");
  if (opens) $(`#${opens.dataset.opens}`).showModal();
  const closes = event.target.closest("[data-closes]");
  if (closes) $(`#${closes.dataset.closes}`).close();
  if (event.target.closest("[data-theme-toggle]")) toggleTheme();
  if (!event.target.closest("details.menu")) $$("details.menu[open]").forEach((menu) => menu.removeAttribute("open"));
  const all = event.target.closest("[data-all]");
  if (all) $$(`[name="${all.dataset.all}"]`).forEach((box) => { box.checked = all.checked; });
});

function toggleTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; SameSite=Lax`;
}

document.body.addEventListener("htmx:afterSwap", (event) => {
  const asker = $("#asker");
  const swapped = event.detail.target?.id ?? "";
  if (swapped === "asked") { if (!asker.open) asker.showModal(); $("select", asker)?.focus(); }
  else if (asker?.open && swapped.startsWith("shown-")) asker.close();
  mark();
});
// without this the empty form of a search would ask for nothing
document.body.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.elt?.id === "find" && !event.detail.elt.value.trim()) { event.preventDefault(); $("#found").textContent = ""; }
});

// ---------------------------------------------------------------- connection
function online(is) {
  const notice = $("[data-offline]");
  if (notice) notice.hidden = is;
}
addEventListener("offline", () => online(false));
addEventListener("online", () => online(true));
document.body.addEventListener("htmx:sendError", () => online(false));
document.body.addEventListener("htmx:afterOnLoad", () => online(true));

// a form is sent once, however often it is clicked; and what was typed is not lost without a question
document.addEventListener("submit", (event) => {
  if (event.target.matches("[method=post]:not([hx-post], [method=dialog])")) {
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = "1";
    setTimeout(() => delete event.target.dataset.sent, 4000);
  }
});

const keysSwitch = $("[data-keys-switch]");
if (keysSwitch) {
  keysSwitch.checked = localStorage.getItem(SWITCH) !== "off";
  keysSwitch.addEventListener("change", () => localStorage.setItem(SWITCH, keysSwitch.checked ? "on" : "off"));
}
// a call that is opened again: who was reached, and the result, as far as the ticks say them
const answered = $("[name=result]:checked");
for (const radio of $$("[data-element]:not([hidden]) input[data-tick]:checked")) if (!answered) follow(radio);
mark();
$(".field.wrong input, .field.wrong select, .field.wrong textarea")?.focus();
