// Uploads without leaving the page and follows the tagging. The forms and links work without it too: what is shown here are
// pieces of the very pages that the server renders, so no word is written twice.

import { _, duration, number } from "./words.js";

const REFRESH_MS = 4000;
const LOOKED_AT_BYTES = 20 * 1024 * 1024;  // to look at a file it is sent once more

const form = document.querySelector(".upload form");
const live = document.getElementById("live");

if (form) {
  const drop = form.querySelector(".drop");
  const input = form.querySelector("input[type=file]");
  input.addEventListener("change", () => input.files.length && begin(input.files[0]));
  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    if (event.dataTransfer.files.length) begin(event.dataTransfer.files[0]);
  });
}

for (const panel of document.querySelectorAll("[data-batch][data-status=tagging]")) {
  follow(panel, () => location.reload());
}

function begin(file) {
  if (file.size > LOOKED_AT_BYTES) send(file);
  else look(file);
}

async function look(file, mapping = null) {
  show(words(_("«{name}» دیده می‌شود…", { name: file.name })), document.createElement("progress"));
  const body = new FormData();
  body.append("file", file);
  if (mapping) body.append("mapping", JSON.stringify(mapping));
  let page;
  try {
    const answer = await fetch("/upload/preview", { method: "POST", body, headers: { Accept: "text/html" } });
    page = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    show(words(_("فرستادن فایل ناتمام ماند. یک بار دیگر بفرستید."), "notice bad"));
    return;
  }
  form.reset();
  const preview = page.querySelector("[data-preview]");
  if (!preview) {
    refused(page.querySelector("[data-problem]") ?? words(_("پاسخی که باید، نرسید.")), file, look);
    return;
  }
  preview.classList.remove("card");
  preview.querySelector("[data-take]").addEventListener("click", () => send(file, mapping));
  preview.querySelector("[data-cancel]").addEventListener("click", () => { live.hidden = true; });
  for (const select of preview.querySelectorAll("select")) {
    select.addEventListener("change", () => look(file, chosenMapping(preview)));
  }
  show(preview);
  preview.querySelector("[data-take]").focus();
}

// Our field → their header, for every select; a field that was found before and is given up is filled from no column.
function chosenMapping(preview) {
  const mapping = {};
  for (const { dataset } of preview.querySelectorAll("select")) if (dataset.before) mapping[dataset.before] = "-";
  for (const { dataset, value } of preview.querySelectorAll("select")) {
    if (value) mapping[value] = mapping[value] && mapping[value] !== "-" ? `${mapping[value]}+${dataset.header}` : dataset.header;
  }
  return mapping;
}

function send(file, mapping = null) {
  const request = new XMLHttpRequest();
  const bar = Object.assign(document.createElement("progress"), { max: 1, value: 0 });
  show(words(_("«{name}» فرستاده می‌شود…", { name: file.name })), bar);
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) bar.value = event.loaded / event.total;
    if (event.loaded === event.total) show(words(_("«{name}» رسید و دارد شمرده می‌شود…", { name: file.name })), document.createElement("progress"));
  });
  request.addEventListener("load", () => arrived(request, file));
  request.addEventListener("error", () => show(words(_("فرستادن فایل ناتمام ماند. یک بار دیگر بفرستید."), "notice bad")));
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "text/html");
  const body = new FormData();
  body.append("file", file);
  if (mapping) body.append("mapping", JSON.stringify(mapping));
  request.send(body);
  form.reset();
}

function arrived(request, file) {
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  const panel = page.querySelector("[data-batch]");
  if (!panel) {
    refused(page.querySelector("[data-problem]") ?? words(_("پاسخی که باید، نرسید.")), file);
    return;
  }
  const title = words(page.querySelector("h1").textContent, "live-head");
  const link = Object.assign(document.createElement("a"), { href: request.responseURL, textContent: _("همه‌چیزِ این فایل") });
  title.append(link);
  panel.classList.remove("live");
  show(title, panel, ...page.querySelectorAll(".understood, .understood ~ .notice"));
  refresh();
  if (panel.dataset.status === "tagging") follow(panel, refresh, refresh);
}

function refused(problem, file, again = send) {
  problem.className = "notice bad";
  problem.querySelector("a[href='/']")?.parentElement.remove();
  if (problem.dataset.problem === "no_text_column") {
    problem.querySelector("p").textContent = _("کدام ستون متن نظر را دارد؟");
    for (const option of problem.querySelectorAll("[data-option]")) {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "quiet", textContent: option.dataset.option });
      button.addEventListener("click", () => again(file, { text: option.dataset.option }));
      option.replaceChildren(button);
      option.className = "";
    }
  }
  show(problem);
}

function follow(panel, done, meanwhile = () => {}) {
  const events = new EventSource(`/v1/batches/${panel.dataset.batch}/events`);
  let last = performance.now();
  events.addEventListener("progress", (event) => {
    progress(panel, JSON.parse(event.data));
    if (performance.now() - last < REFRESH_MS) return;
    last = performance.now();
    meanwhile();
  });
  events.addEventListener("done", (event) => {
    events.close();
    progress(panel, JSON.parse(event.data));
    done();
  });
  events.addEventListener("gone", () => { events.close(); done(); });
}

function progress(panel, batch) {
  const parts = [_("{tagged} از {all} نظر خوانده شد", { tagged: number.format(batch.tagged), all: number.format(batch.accepted - batch.erased) })];
  if (batch.status === "tagging" && batch.rows_per_s) parts.push(_("{count} نظر در ثانیه", { count: number.format(batch.rows_per_s) }));
  if (batch.status === "tagging" && batch.eta_s !== null) parts.push(_("{time} مانده", { time: duration(batch.eta_s) }));
  panel.querySelector("progress").value = batch.tagged;
  panel.querySelector("[data-progress-words]").textContent = parts.join(" · ");
  const count = document.querySelector("[data-tagged]");
  if (count) count.textContent = number.format(batch.tagged);
}

async function refresh() {
  const answer = await fetch(location.href);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const report = page.getElementById("report");
  if (!report) { location.reload(); return; }  // the session is over: the sign-in comes
  document.getElementById("report").replaceWith(report);
  const filters = document.getElementById("filters");
  if (!filters.matches(":focus-within")) filters.replaceWith(page.getElementById("filters"));  // nobody is choosing
  document.dispatchEvent(new Event("report"));
}

function words(text, className = "") {
  return Object.assign(document.createElement("p"), { textContent: text, className });
}

function show(...nodes) {
  live.replaceChildren(...nodes);
  live.hidden = false;
}
