// Goes through the texts of a queue one at a time, and brings the next ones before they are needed. Without it, they stand one
// under the other, each with its form.

import { prepareAll } from "./correct.js";
import { number } from "./words.js";

const AHEAD = 3;  // so that whoever is quick does not wait
const root = document.querySelector("[data-review]");
const list = root.querySelector("[data-offers]");
const end = root.querySelector("[data-end]");
const left = root.querySelector("[data-left]");
const pager = document.querySelector("[data-more-offers]");
let coming = null;

if (list) {
  root.querySelector("[data-on]").addEventListener("click", () => step(1));
  root.querySelector("[data-back]").addEventListener("click", () => step(-1));
  root.addEventListener("keydown", pressed);
  root.addEventListener("said", (event) => { count(event, -1); step(1); });
  root.addEventListener("unsaid", (event) => { count(event, 1); offerOf(event.detail.id)?.focus({ preventScroll: true }); });
  update();
}

function offers() {
  return [...list.children];
}

function offerOf(id) {
  return list.querySelector(`[data-offer="${id}"]`);
}

function current() {
  return list.querySelector("[data-current]");
}

async function step(by) {
  if (by > 0 && current() === list.lastElementChild) await bring();
  const here = current();
  const next = here ? (by > 0 ? here.nextElementSibling : here.previousElementSibling) : by < 0 ? list.lastElementChild : null;
  if (!next && (by < 0 || !here)) return;
  here?.removeAttribute("data-current");
  next?.setAttribute("data-current", "");
  update();
  (next ?? end).focus({ preventScroll: true });
  root.scrollIntoView({ block: "nearest" });
}

function update() {
  const here = current();
  end.hidden = Boolean(here);
  end.querySelector("[data-passed]").hidden = left.dataset.left === "0";
  root.querySelector("[data-back]").disabled = here === list.firstElementChild;
  root.querySelector("[data-on]").disabled = !here;
  if (here && offers().length - offers().indexOf(here) <= AHEAD) bring();
}

// What somebody had seen before was not among those that are left.
function count(event, by) {
  const offer = event.target.closest("[data-offer]");
  const said = offer.querySelector(".said") !== null;
  const counted = offer.dataset.counted !== undefined;
  if (offer.dataset.seen !== undefined || said === counted) return;
  offer.toggleAttribute("data-counted", said);
  left.dataset.left = Math.max(0, Number(left.dataset.left) + by);
  left.textContent = number.format(Number(left.dataset.left));
}

function bring() {
  coming ??= fetchNext().finally(() => { coming = null; });
  return coming;
}

async function fetchNext() {
  const link = pager.querySelector("[rel=next]");
  if (!link) return;
  const answer = await fetch(link.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  link.replaceWith(...page.querySelectorAll("[data-more-offers] [rel=next]"));
  for (const offer of page.querySelectorAll("[data-offer]")) {
    if (offerOf(offer.dataset.offer)) continue;
    offer.removeAttribute("data-current");
    list.append(offer);
    prepareAll(offer);
  }
}

function pressed(event) {
  if (event.target.closest("input, select, textarea, dialog") || event.ctrlKey || event.metaKey || event.altKey) return;
  const here = current();
  const act = {
    KeyJ: () => step(1),
    KeyK: () => step(-1),
    KeyY: () => here?.querySelector("form.correcting [data-right]:not(:disabled)")?.click(),
    KeyE: () => (here?.querySelector("form.correcting select") ?? here?.querySelector("[data-correct]"))?.focus(),
    KeyU: () => here?.querySelector("[data-undo] button")?.click(),
  }[event.code];
  if (!act) return;
  event.preventDefault();
  act();
}
