// While a tag is pointed at or focused, only the words that say so stay marked.

function light(event) {
  const code = event.target.closest("[data-lights]")?.dataset.lights;
  if (code) for (const mark of marks()) mark.classList.toggle("dim", !mark.dataset.codes.split(" ").includes(code));
}

function dim(event) {
  if (event.target.closest("[data-lights]")) for (const mark of marks()) mark.classList.remove("dim");
}

function marks() {
  return document.querySelectorAll("mark[data-codes]");
}

document.addEventListener("pointerover", light);
document.addEventListener("focusin", light);
document.addEventListener("pointerout", dim);
document.addEventListener("focusout", dim);
