// More to look at: weights, histograms, gradients, confusion matrix, the worst examples; each when it is asked for.
import {Example} from "./data_preview.js";
import {html} from "./html.js";
import {Button, Table} from "./parts.js";
import {store} from "./store.js";
import {t} from "./words.js";

/** By id: the name, the part of the frames that it needs, and what it shows of that. */
export const PANELS = [
  {id: "weights", name: () => t("train.panel.weights"), part: "weights", Shown: Weights},
  {id: "histograms", name: () => t("train.panel.histograms"), part: "histograms", Shown: Histograms},
  {id: "rms", name: () => t("train.panel.rms"), part: "rms", Shown: GradientSizes},
  {id: "confusion", name: () => t("train.panel.confusion"), part: "confusion", Shown: Confusion},
  {id: "worst", name: () => t("train.panel.worst"), part: "worst", Shown: Worst},
];

function Weights({part}) {
  return html`<div class="panel-list">${part.layers.map((layer) => html`<div key=${layer.path}>
    <h3><span class="mono">${layer.path}</span> <span class="faint">${t("train.rms", {rms: layer.rms})}</span></h3>
    <${Heat} values=${layer.values} texts=${layer.texts} largest=${layer.largest} name=${layer.path} /></div>`)}</div>`;
}

// A matrix as colored cells with their numbers where there is room.
function Heat({values, texts, largest, name}) {
  if (!values?.length) return null;
  return html`<div class="table-frame" tabindex="0" role="region" aria-label=${name}><table class="heat"><tbody>
    ${values.map((row, i) => html`<tr>${row.map((value, j) => html`<td class=${value < 0 ? "negative" : "positive"}
      style=${{"--share": `${largest && value !== null ? Math.round((55 * Math.abs(value)) / largest) : 0}%`}}>${texts?.[i]?.[j] ?? value}</td>`)}</tr>`)}
  </tbody></table></div>`;
}

function Histograms({part}) {
  const kinds = {weights: t("train.hist.weights"), activations: t("train.hist.activations"), gradients: t("train.hist.gradients")};
  return html`<div class="panel-list">${Object.entries(kinds).map(([kind, name]) => part[kind] && html`<div key=${kind}><h3>${name}</h3>
    <div class="histograms">${part[kind].map((entry) => html`<${Histogram} key=${entry.label} entry=${entry} />`)}</div></div>`)}</div>`;
}

function Histogram({entry}) {
  const most = Math.max(...(entry.counts ?? []), 1);
  const width = 100 / (entry.counts?.length || 1);
  return html`<figure class="histogram"><figcaption class="small">${entry.label}</figcaption>
    <svg viewBox="0 0 100 40" preserveAspectRatio="none" role="img" aria-label=${t("train.hist.alt", {label: entry.label, low: entry.low, high: entry.high})}>
      ${(entry.counts ?? []).map((count, i) => html`<rect x=${i * width} width=${width * 0.92} y=${40 - (40 * count) / most} height=${(40 * count) / most} />`)}</svg>
    <div class="ends small faint mono"><span>${entry.low}</span><span>${entry.high}</span></div>
    ${entry.note && html`<p class="small">${entry.note}</p>`}</figure>`;
}

function GradientSizes({part}) {
  return html`<table class="bars"><caption class="small faint">${t("train.rms.about")}</caption><tbody>${part.layers.map((layer) => html`<tr key=${layer.label}>
    <th scope="row">${layer.label}</th><td class="bar"><span style=${{width: `${100 * (layer.share ?? 0)}%`}}></span></td><td class="mono">${layer.text}</td>
    <td class="small">${layer.note}</td></tr>`)}</tbody></table>`;
}

function Confusion({part}) {
  if (!part.counts) return html`<p>${part.caption}</p>`;
  const most = Math.max(...part.counts.flat(), 1);
  return html`<p class="small">${part.caption}. ${t("train.confusion.about")}</p><div class="table-frame" tabindex="0" role="region" aria-label=${t("train.panel.confusion")}><table class="heat confusion">
    <thead><tr><td></td>${part.classes.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
    <tbody>${part.counts.map((row, i) => html`<tr><th scope="row">${part.classes[i]}</th>${row.map((count, j) => html`<td class=${i === j ? "negative" : "positive"}
      style=${{"--share": `${Math.round((60 * count) / most)}%`}}>${count}</td>`)}</tr>`)}</tbody></table></div>`;
}

function Worst({part}) {
  if (part.note) return html`<p>${part.note}</p>`;
  if (part.examples.some((example) => example.pixels || example.series)) {
    return html`<ul class="pictures">${part.examples.map((example) => html`<li key=${example.row}><${Example} ...${example} name=${example.truth} />
      <span class="small">${t("train.worst.said", {said: example.said, truth: example.truth})}</span><span class="small faint mono">${example.loss}</span><${SeePass} example=${example} /></li>`)}</ul>`;
  }
  return html`<div class="worst"><${Table} caption=${t("train.panel.worst")} head=${[t("train.worst.example"), t("train.worst.truth"), t("train.worst.says"), t("train.worst.loss")]}
    rows=${part.examples.map((example) => [html`${example.text} <${SeePass} example=${example} />`, example.truth, example.said, example.loss])} rowHead /></div>`;
}

// The pass goes through examples that it trains on.
function SeePass({example}) {
  if (example.set !== "train") return null;
  return html`<${Button} kind="small quiet" label=${t("train.worst.pass")} onClick=${() => store.go("pass", {room: "pass", example: example.row})} />`;
}
