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

const TONES = ["--accent", "--green", "--blue", "--amber"];
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function options(series) {
  const grid = { color: token("--line") };
  const ticks = { color: token("--muted"), precision: 0, maxRotation: 0, autoSkipPadding: 16 };
  return {
    animation: false,
    maintainAspectRatio: false,
    interaction: { mode: "index", intersect: false },
    plugins: {
      legend: { display: series.length > 1, align: "end", labels: { color: token("--ink"), boxWidth: 12, boxHeight: 12 } },
    },
    scales: {
      x: { grid: { display: false }, border: grid, ticks },
      y: { beginAtZero: true, grid, border: { display: false }, ticks },
    },
  };
}

function draw(figure) {
  const { kind, labels, series } = JSON.parse(document.getElementById(figure.dataset.chart).textContent);
  const canvas = figure.querySelector("canvas");
  Chart.getChart(canvas)?.destroy();
  const datasets = series.map(({ label, values }, number) => {
    const color = token(TONES[number]);
    return { label, data: values, borderColor: color, backgroundColor: color, borderWidth: 2, pointRadius: 0, pointHitRadius: 8, borderRadius: 2 };
  });
  new Chart(canvas, { type: kind, data: { labels, datasets }, options: options(series) });
}

const drawAll = () => document.querySelectorAll("figure[data-chart]").forEach(draw);
drawAll();
document.addEventListener("htmx:afterSwap", (event) => event.target.querySelectorAll?.("figure[data-chart]").forEach(draw));
new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
