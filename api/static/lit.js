// While a tag is pointed at or focused, only the words that say so stay marked.

const marks = [...document.querySelectorAll("mark[data-codes]")];

for (const row of document.querySelectorAll("[data-lights]")) {
  const light = () => marks.forEach((mark) => mark.classList.toggle("dim", !mark.dataset.codes.split(" ").includes(row.dataset.lights)));
  const dim = () => marks.forEach((mark) => mark.classList.remove("dim"));
  row.addEventListener("pointerenter", light);
  row.addEventListener("focusin", light);
  row.addEventListener("pointerleave", dim);
  row.addEventListener("focusout", dim);
}
