// Keeps empty fields of the filters out of the address; the server ignores them anyway.

for (const form of document.querySelectorAll("form[data-filters]")) {
  form.addEventListener("submit", () => {
    for (const field of form.elements) field.disabled = field.name !== "" && field.value.trim() === "";
  });
  // Whoever comes back finds the form as it was.
  addEventListener("pageshow", () => { for (const field of form.elements) field.disabled = false; });
}
