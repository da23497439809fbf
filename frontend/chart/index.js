// Draws every <figure data-chart="id">, whose numbers are in the JSON of that id (templates/parts/chart.html).

import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
} from "chart.js";

Chart.register(
  BarController, BarElement, CategoryScale, Legend, LinearScale, LineController, LineElement, PointElement, Tooltip,
);

Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;

const TONES = ["--accent", "--green", "--blue", "--amber"];
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// Below its bars a name has two short lines.
const LINE = 18;
function lines(label) {
  if (label.length <= LINE) return label;
  const cut = label.lastIndexOf(" ", LINE);
  const first = label.slice(0, cut > 0 ? cut : LINE);
  const rest = label.slice(first.length).trim();
  return [first, rest.length > LINE ? `${rest.slice(0, LINE - 1)}…` : rest];
}

// A line carries its name at its end, in its colour: nobody has to look it up in a legend.
const FONT = `12px ${Chart.defaults.font.family}`;
const NAME_GAP = 6;
const NAME_HEIGHT = 14;
const names = {
  id: "names",
  beforeLayout({ ctx, data, options }) {
    ctx.font = FONT;
    const widths = data.datasets.map(({ label }) => ctx.measureText(label).width);
    options.layout.padding.right = 2 * NAME_GAP + Math.ceil(Math.max(...widths));
  },
  afterDatasetsDraw(chart) {
    const { ctx, chartArea, data } = chart;
    const endOf = (number) => chart.getDatasetMeta(number).data.at(-1)?.y ?? 0;
    const ends = data.datasets.map(({ label, borderColor }, number) => ({ label, borderColor, y: endOf(number) }));
    ends.sort((one, two) => two.y - one.y);
    // From the lowest upwards each keeps clear of the one below; what would leave the top pushes all of them down.
    let free = chartArea.bottom;
    for (const end of ends) {
      end.y = Math.min(end.y, free);
      free = end.y - NAME_HEIGHT;
    }
    const down = Math.max(0, chartArea.top - ends.at(-1).y);
    ctx.save();
    ctx.font = FONT;
    ctx.textBaseline = "middle";
    for (const { label, borderColor, y } of ends) {
      ctx.fillStyle = borderColor;
      ctx.fillText(label, chartArea.right + NAME_GAP, y + down);
    }
    ctx.restore();
  },
};

function options(kind, series, unit) {
  const grid = { color: token("--line") };
  const ticks = { color: token("--muted"), precision: 0, maxRotation: 0, autoSkipPadding: 16 };
  return {
    animation: false,
    maintainAspectRatio: false,
    layout: { padding: {} },
    interaction: { mode: "index", intersect: false },
    plugins: {
      tooltip: { callbacks: { label: ({ dataset, formattedValue }) => `${dataset.label}: ${formattedValue}${unit}` } },
      legend: { display: kind === "bar" && series.length > 1, align: "end", labels: { color: token("--ink"), boxWidth: 12, boxHeight: 12 } },
    },
    scales: {
      x: { grid: { display: false }, border: grid, ticks },
      y: { beginAtZero: true, grid, border: { display: false }, ticks: { ...ticks, ...(unit && { callback: (value) => `${Math.round(value * 10) / 10}${unit}` }) } },
    },
  };
}

function draw(figure) {
  const { kind, labels, series, unit } = JSON.parse(document.getElementById(figure.dataset.chart).textContent);
  const canvas = figure.querySelector("canvas");
  Chart.getChart(canvas)?.destroy();
  const datasets = series.map(({ label, values }, number) => {
    const color = token(TONES[number]);
    return { label, data: values, borderColor: color, backgroundColor: color, borderWidth: 2, pointRadius: 0, pointHitRadius: 8, borderRadius: 2 };
  });
  new Chart(canvas, { type: kind, data: { labels: kind === "bar" ? labels.map(lines) : labels, datasets }, options: options(kind, series, unit), plugins: kind === "line" ? [names] : [] });
}

const drawAll = () => document.querySelectorAll("figure[data-chart]").forEach(draw);
drawAll();
document.addEventListener("htmx:afterSwap", (event) => event.target.querySelectorAll?.("figure[data-chart]").forEach(draw));
new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
