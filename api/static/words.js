// Words, numbers and spans of time of the scripts in the page's language. They are written in Persian where they are used; the
// server puts their English into an English page.

const root = document.documentElement;
const english = JSON.parse(document.querySelector("meta[name=words]")?.content ?? "{}");

export const language = root.lang;
export const number = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });

export function _(text, values = {}) {
  let said = english[text] ?? text;
  if (Array.isArray(said)) said = said[Object.values(values)[0] === "1" ? 0 : 1];
  return said.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export function duration(seconds) {
  if (seconds < 1) return _("کمتر از یک ثانیه");
  if (seconds < 90) return _("{count} ثانیه", { count: number.format(seconds) });
  if (seconds < 5400) return _("{count} دقیقه", { count: number.format(seconds / 60) });
  return _("{count} ساعت", { count: number.format(seconds / 3600) });
}
