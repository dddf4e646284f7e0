// Corrects texts without leaving the page. Links and forms work without it too: what is shown here are pieces of the very pages
// that the server renders, each put in the place of the piece of the same name (data-fresh).

import { _, number } from "./words.js";

const ROWS_AT_ONCE = 100;
const said = Object.assign(document.createElement("p"), { className: "hidden-label" });

said.role = "status";
document.body.append(said);
prepareAll(document);
document.addEventListener("click", clicked);
document.addEventListener("submit", submitted);
document.addEventListener("input", changed);
document.addEventListener("keydown", pressed);
for (const form of document.querySelectorAll("form[data-selection]")) count(form);

export function prepareAll(part) {
  for (const form of part.querySelectorAll("form.correcting")) prepare(form);
}

// What a form sends, without leaving the page: null once it is done, or the notice that says why not.
export async function send(form, submitter) {
  const body = new URLSearchParams(new FormData(form, submitter));
  return unlessLost(async () => {
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "text/html" }, redirect: "manual" });
    return answer.type === "opaqueredirect" ? null : problemIn(await parse(answer));
  });
}

// Puts what the server has by now in the place of what is shown: rows of a list by their ids, or all of a page that is of one thing.
export async function refresh(ids) {
  if (document.querySelector("[data-whole]")) return replace(await read(location.href));
  const offer = ["queue", "seed"].map((name) => [name, document.querySelector(`[name=${name}]`)?.value ?? ""]);
  for (let start = 0; start < ids.length; start += ROWS_AT_ONCE) {
    const asked = new URLSearchParams([...ids.slice(start, start + ROWS_AT_ONCE).map((id) => ["ids", id]), ...offer]);
    replace(await read(`/texts/rows?${asked}`));
  }
}

export function tell(words) {
  said.textContent = words;
}

function replace(page) {
  for (const fresh of page.querySelectorAll("[data-fresh]")) {
    document.querySelector(`[data-fresh="${fresh.dataset.fresh}"]`)?.replaceWith(fresh);
  }
}

async function read(address) {
  return parse(await fetch(address, { headers: { Accept: "text/html" } }));
}

async function parse(answer) {
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

async function unlessLost(act) {
  try {
    return await act();
  } catch {
    return notice(_("پاسخی نرسید. یک بار دیگر بفرستید."));
  }
}

function problemIn(page) {
  const problem = page.querySelector("[data-problem]");
  if (!problem) return notice(_("پاسخی که باید، نرسید."));
  problem.className = "notice bad";
  problem.querySelector("a[href='/']")?.parentElement.remove();
  return problem;
}

function notice(words) {
  return Object.assign(document.createElement("p"), { className: "notice bad", textContent: words });
}

function complain(form, problem) {
  form.querySelector(".notice")?.remove();
  problem.role = "alert";
  form.append(problem);
}

function clicked(event) {
  const link = event.target.closest("a[data-correct]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    open(link);
  }
  const cancel = event.target.closest("[data-cancel]");
  if (cancel?.closest("dialog, [data-fresh]")) {
    event.preventDefault();
    close(cancel.closest("form"));
  }
  const more = event.target.closest("[data-one-more]");
  if (more) addRow(more.closest("fieldset"));
  const away = event.target.closest("[data-take-away]");
  if (away) takeAway(away.closest("[data-row]"));
}

async function open(link) {
  const place = link.closest("[data-fresh]");
  if (place.querySelector("form.correcting")) return;
  const form = (await read(link.href)).querySelector("form.correcting");
  if (!form) { location.assign(link.href); return; }  // the session is over, or the text is gone
  place.append(form);
  prepare(form);
  form.querySelector("select").focus();
}

function close(form) {
  const dialog = form.closest("dialog");
  if (dialog) { dialog.close(); return; }
  const offer = form.closest("[data-offer]");
  const place = form.closest("[data-fresh]");
  if (offer) { form.reset(); prepare(form); offer.focus(); return; }
  form.remove();
  place.querySelector("[data-correct]")?.focus();
}

function prepare(form) {
  for (const button of form.querySelectorAll("[data-one-more], [data-take-away]")) button.hidden = false;
  form.dataset.shown = held(form);
  mark(form);
}

function held(form) {
  const fields = [...new FormData(form)].filter(([name]) => name !== "why");
  return new URLSearchParams(withoutEmptyRows(form, fields)).toString();
}

// The polarity of a row without a code says nothing.
function withoutEmptyRows(form, fields) {
  const said = [...form.querySelectorAll("[data-row]")].map((row) => [...row.querySelectorAll("select")].map((each) => each.value));
  const other = fields.filter(([name]) => !["reason", "polarity", "add", "remove"].includes(name));
  return [...other, ...said.filter(([code]) => code).map((values) => ["row", values.join(" ")])];
}

function mark(form) {
  const same = held(form) === form.dataset.shown;
  form.querySelector("[data-save]").disabled = same;
  form.querySelector("[data-right]").disabled = !same;
}

function changed(event) {
  const form = event.target.closest("form.correcting");
  if (form) mark(form);
  const selection = document.querySelector("form[data-selection]");
  if (selection && event.target.form === selection) count(selection);
}

function addRow(fieldset) {
  const rows = fieldset.querySelector("[data-rows]");
  const row = rows.lastElementChild.cloneNode(true);
  for (const select of row.querySelectorAll("select")) for (const option of select.options) option.selected = option.defaultSelected = false;
  rows.append(row);
  row.querySelector("select").focus();
}

function takeAway(row) {
  const form = row.closest("form");
  const next = row.nextElementSibling ?? row.previousElementSibling;
  if (next) row.remove();
  else row.querySelector("select").value = "";
  (next ?? row).querySelector("select").focus();
  mark(form);
}

async function submitted(event) {
  const form = event.target;
  const act = form.matches("[data-correcting]") ? save : form.matches("[data-undo]") ? undo : form.matches("[data-selection]") ? ask : form.matches("[data-correcting-all]") ? saveAll : null;
  if (!act || form.dataset.outside !== undefined) return;
  event.preventDefault();
  if (form.ariaBusy) return;
  form.ariaBusy = "true";
  try {
    await act(form, event.submitter);
  } finally {
    form.ariaBusy = null;
  }
}

async function save(form, submitter) {
  const id = form.dataset.correcting;
  const problem = await send(form, submitter);
  if (problem) { complain(form, problem); return; }
  const corrected = held(form) !== form.dataset.shown;
  await refresh([id]);
  const words = corrected ? _("اصلاح شد.") : _("تأیید شد.");
  tell(words);
  const place = document.querySelector(`[data-fresh="${id}"]`);
  show(place);
  place?.dispatchEvent(new CustomEvent("said", { bubbles: true, detail: { id } }));
}

async function undo(form, submitter) {
  const place = form.closest("[data-fresh]");
  const problem = await send(form, submitter);
  if (problem) { complain(form, problem); return; }
  const dialog = form.closest("dialog");
  await refresh(dialog ? shownIds() : [place?.dataset.fresh]);
  dialog?.close();
  tell(_("برگردانده شد."));
  const fresh = place && document.querySelector(`[data-fresh="${place.dataset.fresh}"]`);
  show(fresh);
  fresh?.dispatchEvent(new CustomEvent("unsaid", { bubbles: true, detail: { id: place.dataset.fresh } }));
}

// Whoever was in a form that is gone goes on from where it was.
function show(place) {
  const next = place?.querySelector("[data-correct], [data-undo] button, [tabindex]") ?? document.querySelector("[data-correct]");
  next?.focus({ preventScroll: true });
  place?.scrollIntoView({ block: "nearest" });
}

// Several texts at once: the form comes into a dialog, and then what became of them.

async function ask(form) {
  const dialog = document.body.appendChild(document.createElement("dialog"));
  dialog.className = "card";
  dialog.addEventListener("close", () => { dialog.remove(); form.querySelector("[data-correct-all]").focus(); });
  const page = await post(form);
  const asked = page?.querySelector("form.correcting");
  dialog.append(asked ? heading(asked.ariaLabel) : heading(_("نشد")), asked ?? (page ? problemIn(page) : notice(_("پاسخی نرسید. یک بار دیگر بفرستید."))));
  if (asked) prepare(asked);
  else dialog.append(closing());
  dialog.ariaLabel = asked?.ariaLabel ?? _("نشد");
  dialog.showModal();
}

async function saveAll(form, submitter) {
  const dialog = form.closest("dialog");
  if (!dialog) { form.dataset.outside = ""; form.requestSubmit(submitter); return; }
  const page = await post(form, submitter);
  const outcome = page?.querySelector("[data-outcome]");
  if (!outcome) { complain(form, page ? problemIn(page) : notice(_("پاسخی نرسید. یک بار دیگر بفرستید."))); return; }
  outcome.classList.remove("card");
  form.replaceWith(outcome);
  outcome.append(closing());
  outcome.querySelector("button").focus();
  await refresh(shownIds());
  for (const box of document.querySelectorAll("[form=selection]:checked, [data-selection] [name=all]")) box.checked = false;
  for (const selection of document.querySelectorAll("form[data-selection]")) count(selection);
}

async function post(form, submitter) {
  const body = new URLSearchParams(new FormData(form, submitter));
  try {
    return await parse(await fetch(form.action, { method: "POST", body, headers: { Accept: "text/html" } }));
  } catch {
    return null;
  }
}

function heading(words) {
  return Object.assign(document.createElement("h2"), { textContent: words });
}

function closing() {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "quiet", textContent: _("بستن") });
  button.addEventListener("click", () => button.closest("dialog").close());
  return button;
}

function shownIds() {
  return [...document.querySelectorAll(".listed [data-fresh]")].map((each) => each.dataset.fresh);
}

function count(selection) {
  const all = selection.elements.namedItem("all");
  const chosen = document.querySelectorAll("[form=selection]:checked").length;
  const words = selection.querySelector("[data-chosen]");
  words.textContent = all?.checked ? "" : _("{count} نظر برگزیده", { count: number.format(chosen) });
  words.hidden = all?.checked || chosen === 0;
  selection.querySelector("[data-correct-all]").disabled = !all?.checked && chosen === 0;
}

function pressed(event) {
  const form = event.target.closest?.("form.correcting");
  if (!form) return;
  if (event.key === "Escape" && !form.closest("dialog")) { event.preventDefault(); close(form); }
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit([...form.querySelectorAll("[data-save], [data-right]")].find((button) => !button.disabled));
  }
}
