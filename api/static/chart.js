// Draws the table of sentiment by time as stacked bars. The table stays, for those who would rather read it.

const percent = new Intl.NumberFormat("fa", { style: "percent", maximumFractionDigits: 0 });
const number = new Intl.NumberFormat("fa");
const narrow = matchMedia("(max-width: 40rem)");
const dark = matchMedia("(prefers-color-scheme: dark)");

let library = null;

document.addEventListener("report", draw);
dark.addEventListener("change", draw);
draw();

async function draw() {
  const table = document.getElementById("trend-table");
  const rows = table ? [...table.tBodies[0].rows] : [];
  if (rows.length < 2) return;
  const chart = document.getElementById("trend-chart");
  library ??= load(chart.dataset.plotly);
  await library;
  chart.hidden = false;
  const heads = [...table.tHead.rows[0].cells].slice(2);
  await Plotly.newPlot(chart, heads.map((head, column) => trace(rows, head, column + 2)), layout(rows), {
    displayModeBar: false, responsive: true, locale: "en",
  });
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

function trace(rows, head, column) {
  const code = rows[0].cells[column].dataset.code;
  const shares = rows.map((row) => Number(row.cells[column].dataset.value));
  return {
    type: "bar",
    name: head.textContent,
    x: rows.map((_, position) => position),
    y: shares,
    marker: { color: style(`--${code}`), line: { width: 0 } },
    hovertext: rows.map((row, position) =>
      `${row.dataset.title}<br>${head.textContent}: ${percent.format(shares[position])} از ${number.format(row.cells[1].dataset.value)} نظر`),
    hoverinfo: "text",
  };
}

function layout(rows) {
  const every = Math.ceil(rows.length / (narrow.matches ? 4 : 6));
  const shown = rows.map((row, position) => [position, row.dataset.tick]).filter(([position]) => position % every === 0);
  const ink = style("--soft");
  return {
    barmode: "stack",
    bargap: 0.28,
    showlegend: false,
    paper_bgcolor: "transparent",
    plot_bgcolor: "transparent",
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: ink },
    margin: { l: 44, r: 8, t: 12, b: 36 },
    xaxis: { tickvals: shown.map(([position]) => position), ticktext: shown.map(([, tick]) => tick), fixedrange: true, tickangle: 0, ticks: "outside", ticklen: 6, tickcolor: "transparent", showgrid: false, zeroline: false },
    yaxis: { range: [0, 1.005], tickvals: [0, 0.25, 0.5, 0.75, 1], ticktext: [0, 0.25, 0.5, 0.75, 1].map((share) => percent.format(share)), gridcolor: style("--line"), fixedrange: true, zeroline: false },
    hoverlabel: { bgcolor: style("--surface"), bordercolor: style("--line"), font: { color: style("--ink"), family: getComputedStyle(document.body).fontFamily } },
  };
}

function style(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
