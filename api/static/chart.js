// Draws the figures whose tables ask for it: stacked shares, lines with their intervals, or a bar a row with its interval. The table stays, for those
// who would rather read it: a row is a place on the time axis, and a head with `data-series` is a series in its colour.

import { _, language } from "./words.js";

const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });
const number = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
const dark = matchMedia("(prefers-color-scheme: dark)");
const traces = { shares: (series) => [bars(series)], lines: (series) => [band(series), line(series)], rows: (series) => [lying(series)] };
const ROW_PX = 36;
const LETTER_PX = 7;

let library = null;

document.addEventListener("report", drawAll);
document.addEventListener("click", (event) => event.target.matches("[data-save]") && save(event.target));
dark.addEventListener("change", drawAll);
matchMedia("print").addEventListener("change", drawAll);  // paper is light
drawAll();

async function drawAll() {
  const figures = [...document.querySelectorAll("figure[data-chart]")].filter((figure) => rowsOf(figure).length > 1);
  if (!figures.length) return;
  library ??= load(figures[0].querySelector(".chart").dataset.plotly);
  await library;
  for (const figure of figures) await draw(figure);
}

async function draw(figure) {
  const chart = figure.querySelector(".chart"), rows = rowsOf(figure), kind = figure.dataset.chart;
  chart.hidden = false;
  const series = seriesOf(figure, rows);
  const found = series.flatMap((each) => traces[kind](each)).filter(Boolean);
  const { unit } = figure.dataset;
  if (kind === "rows") chart.style.blockSize = `${rows.length * ROW_PX + 60}px`;
  const drawn = kind === "rows" ? lyingLayout(chart, rows, unit) : layout(chart, rows, kind === "shares" ? [0, 1] : reach(series), unit);
  await Plotly.newPlot(chart, found, drawn, { displayModeBar: false, responsive: true, locale: "en" });
  const button = figure.querySelector("[data-save]");
  if (button) button.hidden = false;
}

function save(button) {
  const figure = button.closest("figure");
  Plotly.downloadImage(figure.querySelector(".chart"), { format: "png", scale: 2, filename: figure.dataset.name || "chart" });
}

// While it loads, Plotly writes style elements for maps and buttons that are not here and that our content policy would
// refuse; the link to page.css, which carries the id that Plotly looks for, has the rules that it does need.
async function load(source) {
  const create = document.createElement;
  document.createElement = (name) => create.call(document, name === "style" ? "template" : name);
  try {
    await new Promise((resolve, reject) => {
      document.head.append(Object.assign(create.call(document, "script"), { src: source, onload: resolve, onerror: reject }));
    });
  } finally {
    delete document.createElement;
  }
}

function rowsOf(figure) {
  return [...figure.querySelector("table").tBodies[0].rows];
}

function seriesOf(figure, rows) {
  const unit = figure.dataset.unit;
  return [...figure.querySelector("table").tHead.rows[0].cells].flatMap((head, column) => {
    if (!head.dataset.series) return [];
    const cells = rows.map((row) => row.cells[column].dataset);
    const told = cells.map((cell, at) => [rows[at].dataset.title, `${head.textContent}: ${shown(valueOf(cell.value), unit)}`,
      cell.low ? _("{low} تا {high}", { low: shown(valueOf(cell.low), unit), high: shown(valueOf(cell.high), unit) }) : "",
      _("از {count} نظر", { count: number.format(rows[at].dataset.n) })].filter(Boolean).join("<br>"));
    return [{ name: head.textContent, color: style(`--${head.dataset.series}`), told,
      values: cells.map((cell) => valueOf(cell.value)), low: cells.map((cell) => valueOf(cell.low)), high: cells.map((cell) => valueOf(cell.high)) }];
  });
}

function valueOf(written) {
  return written === undefined || written === "" ? null : Number(written);
}

function shown(value, unit) {
  return value === null ? "—" : unit === "share" ? percent.format(value) : number.format(value);
}

function bars({ name, color, told, values }) {
  return { type: "bar", name, x: places(values), y: values, marker: { color, line: { width: 0 } }, hovertext: told, hoverinfo: "text" };
}

// One bar a row and series, the first row on top; where an interval is known, it is drawn upon the bar.
function lying({ name, color, told, values, low, high }) {
  const reaches = (ends, sign) => values.map((value, place) => (value === null || ends[place] === null ? 0 : sign * (ends[place] - value)));
  return { type: "bar", orientation: "h", name, y: places(values), x: values, marker: { color, opacity: 0.55, line: { width: 0 } }, hovertext: told, hoverinfo: "text",
    error_x: { type: "data", symmetric: false, array: reaches(high, 1), arrayminus: reaches(low, -1), color: style("--ink"), thickness: 1.5, width: 3 } };
}

function line({ name, color, told, values }) {
  return { type: "scatter", mode: "lines+markers", cliponaxis: false, name, x: places(values), y: values, line: { color, width: 2 }, marker: { color, size: 5 }, hovertext: told, hoverinfo: "text" };
}

function band({ color, low, high }) {
  const runs = [];
  for (const place of places(low).filter((place) => low[place] !== null)) {
    if ((low[place - 1] ?? null) !== null) runs.at(-1).push(place);
    else runs.push([place]);
  }
  if (!runs.length) return null;
  const around = (over, under) => runs.flatMap((run) => [...run.map(over), ...run.map(under).toReversed(), null]);  // null parts what has a gap between
  return { type: "scatter", mode: "lines", hoverinfo: "skip", showlegend: false, line: { width: 0 }, fill: "toself", fillcolor: color, opacity: 0.15,
    x: around((place) => place, (place) => place), y: around((place) => high[place], (place) => low[place]) };
}

function places(values) {
  return values.map((_, place) => place);
}

function layout(chart, rows, [low, high], unit) {
  const longest = Math.max(...rows.map((row) => row.dataset.tick.length));
  const every = Math.ceil(rows.length / Math.min(6, Math.max(1, Math.floor(chart.clientWidth / (8 * longest)))));
  const ticks = rows.map((row, place) => [place, row.dataset.tick]).filter(([place]) => place % every === 0);
  const steps = stepsBetween(low, high);
  const font = { family: getComputedStyle(document.body).fontFamily, size: 12, color: style("--soft") };
  return {
    barmode: "stack",
    bargap: 0.28,
    showlegend: false,
    paper_bgcolor: "transparent",
    plot_bgcolor: "transparent",
    font,
    margin: { l: 48, r: 8, t: 12, b: 36 },
    xaxis: { tickvals: ticks.map(([place]) => place), ticktext: ticks.map(([, tick]) => tick), fixedrange: true, tickangle: 0, ticks: "outside", ticklen: 6, tickcolor: "transparent", showgrid: false, zeroline: false },
    yaxis: { range: [low, high + 0.005 * (high - low)], tickvals: steps, ticktext: steps.map((step) => shown(step, unit)), gridcolor: style("--line"), fixedrange: true, zeroline: false },
    hoverlabel: { bgcolor: style("--surface"), bordercolor: style("--line"), font: { ...font, color: style("--ink") } },
  };
}

function lyingLayout(chart, rows, unit) {
  const steps = [0, 0.25, 0.5, 0.75, 1], upright = layout(chart, rows, [0, 1], unit);
  const most = Math.floor((0.42 * chart.clientWidth) / LETTER_PX);
  const titles = rows.map((row) => (row.dataset.tick.length > most ? `${row.dataset.tick.slice(0, most - 1)}…${document.dir === "rtl" ? "\u200f" : ""}` : row.dataset.tick));
  const longest = Math.max(...titles.map((title) => title.length));
  return {
    ...upright,
    barmode: "group",
    bargap: 0.3,
    margin: { l: longest * LETTER_PX + 12, r: 16, t: 4, b: 36 },
    xaxis: { range: [0, 1.005], tickvals: steps, ticktext: steps.map((step) => shown(step, unit)), gridcolor: style("--line"), fixedrange: true, zeroline: false },
    yaxis: { tickvals: places(rows), ticktext: titles, autorange: "reversed", fixedrange: true, ticks: "outside", ticklen: 6, tickcolor: "transparent", showgrid: false, zeroline: false },
  };
}

function reach(series) {
  const values = series.flatMap(({ values, low, high }) => [...values, ...low, ...high]).filter((value) => value !== null);
  const low = Math.min(0, ...values), high = Math.max(0, ...values);
  return [low, high > low ? high : 1];
}

function stepsBetween(low, high) {
  const rough = (high - low) / 4, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 2.5, 5, 10].find((each) => each * power >= rough * 0.999);
  const first = Math.ceil(low / step - 1e-9), count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, place) => (first + place) * step);
}

function style(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
