// Brings the next texts under those that are there; without it, or where that fails, the link leads to them. Each answer stays
// a list of its own, so that the browser lays out only those in sight.

const pager = document.querySelector(".pager");

pager?.addEventListener("click", async (event) => {
  const link = event.target.closest("[rel=next]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (link.ariaBusy) return;
  link.ariaBusy = "true";
  try {
    const answer = await fetch(link.href);
    if (!answer.ok) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const list = page.querySelector("[data-more]");
    link.replaceWith(...page.querySelectorAll(".pager [rel=next]"));
    pager.before(list);
    list.querySelector("a")?.focus({ preventScroll: true });
  } catch {
    location.assign(link.href);
  }
});
