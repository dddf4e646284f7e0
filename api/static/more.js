// Brings the next texts under those that are there; without it, or where that fails, the link leads to them.

const list = document.querySelector("[data-more]");
const pager = document.querySelector(".pager");

pager?.addEventListener("click", async (event) => {
  const link = event.target.closest("[rel=next]");
  if (!list || !link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  link.ariaBusy = "true";
  try {
    const answer = await fetch(link.href);
    if (!answer.ok) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const items = [...page.querySelectorAll("[data-more] > li")];
    link.replaceWith(...page.querySelectorAll(".pager [rel=next]"));
    list.append(...items);
    items[0]?.querySelector("a")?.focus({ preventScroll: true });
  } catch {
    location.assign(link.href);
  }
});
