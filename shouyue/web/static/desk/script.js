// The form of a script: what is typed is kept here at once, sent a moment later, and sent again until it is saved.

const form = document.querySelector("#script-form");
const kept = form && `script:${form.dataset.user}:${form.dataset.name}`;
const status = document.querySelector("[data-saved]");
const WAIT = 900; // ms after the last key
const AGAIN = 5000; // ms until a save that did not arrive is tried again

let timer = 0;
let busy = false;
let dirty = false; // typed since the last save was sent
let leaving = null; // the button that waits for a save to arrive

const typed = () => new URLSearchParams([...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken"));
const say = (text) => { status.textContent = text; };

function changed() {
  dirty = true;
  localStorage.setItem(kept, typed());
  later(WAIT);
}

function later(wait) {
  clearTimeout(timer);
  timer = setTimeout(save, wait);
}

function save() {
  clearTimeout(timer);
  timer = 0;
  if (busy || !dirty) return;
  dirty = false;
  htmx.trigger(form, "save");
}

function arrived(event) {
  if (event.detail.elt !== form) return;
  busy = false;
  const code = event.detail.xhr?.status ?? 0;
  if (event.detail.successful) {
    if (!dirty) localStorage.removeItem(kept);
    say(form.dataset.done);
  } else if (code === 0 || code >= 500) {
    dirty = true;
    say(form.dataset.later);
    later(AGAIN);
    leaving = null;
    return;
  } else {
    say(""); // why it was refused stands above the form
    dirty = false;
    leaving = null;
    return;
  }
  if (leaving) { const button = leaving; leaving = null; localStorage.removeItem(kept); form.requestSubmit(button); }
  else if (dirty) later(WAIT);
}

// is it otherwise than the page came?
function touched(field) {
  if (field.type === "checkbox") return field.checked !== field.defaultChecked;
  if (!field.options) return field.value !== field.defaultValue;
  const came = [...field.options].findIndex((option) => option.defaultSelected);
  return field.selectedIndex !== Math.max(came, 0);
}

// what an earlier page could not save, and what was typed while this one was still coming
function restore() {
  const fields = [...form.elements].filter((field) => field.name && field.name !== "csrfmiddlewaretoken" && field.name !== "do");
  const early = fields.filter((field) => field.type !== "hidden" && touched(field));
  const left = new URLSearchParams(localStorage.getItem(kept) ?? "");
  let differs = early.length > 0;
  for (const field of left.size ? fields : []) {
    if (early.includes(field)) continue;
    if (field.type === "checkbox") {
      const on = left.has(field.name);
      differs ||= field.checked !== on;
      field.checked = on;
    } else if (left.has(field.name) && field.value !== left.get(field.name)) {
      if (field.id !== "seen") differs = true;
      field.value = left.get(field.name);
    }
  }
  if (differs) { changed(); save(); } else localStorage.removeItem(kept);
}

if (form) {
  form.addEventListener("input", changed);
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (!busy) { localStorage.removeItem(kept); return; } // the form goes as a whole
    event.preventDefault(); // what is under way makes the version that this one follows
    event.stopImmediatePropagation();
    leaving = event.submitter;
  }, true);
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt === form) { busy = true; say(form.dataset.saving); }
  });
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.requestConfig?.elt === form && event.detail.xhr.status >= 500) event.detail.shouldSwap = false;
  });
  document.body.addEventListener("htmx:afterRequest", arrived);
  document.body.addEventListener("click", (event) => {
    const over = event.target.closest("[data-over]");
    if (over) { document.querySelector("#seen").value = over.dataset.over; dirty = true; save(); }
    if (event.target.closest("[data-leave]")) localStorage.removeItem(kept);
  });
  addEventListener("online", () => later(0));
  addEventListener("DOMContentLoaded", restore); // htmx is there then
}
