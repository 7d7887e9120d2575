// An array as a table of cells: a window that can be moved, each cell a button that asks why.
import {html, useEffect, useRef, useState} from "./html.js";
import {Button} from "./parts.js";
import {t} from "./words.js";

const ARROWS = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]};
const WAYS = [
  {way: "left", sign: "←", label: () => t("cells.left")},
  {way: "up", sign: "↑", label: () => t("cells.up")},
  {way: "down", sign: "↓", label: () => t("cells.down")},
  {way: "right", sign: "→", label: () => t("cells.right")},
];

/** The path of a cell: the template of its array with the row and the column, or the pixel, in their places. */
export function pathOf(part, row, column) {
  const places = {row: part.rows[row], column: part.columns[column], pixel: part.flat?.[row][column]};
  return part.template.replace(/\{(\w+)\}/g, (_, place) => places[place]);
}

export function Cells({part, role = "", chosen, onAsk, onMove}) {
  const {symbol, name, shape, statistics, pixels} = part;
  return html`<figure class=${`array ${role}`} data-array=${name}>
    <figcaption><strong class="symbol">${symbol}</strong> <span class="faint small">${name !== symbol && html`<code>${name}</code> · `}${shape}</span></figcaption>
    ${part.picks.map((pick) => html`<${Pick} key=${pick.label} pick=${pick} onMove=${onMove} />`)}
    <${Grid} part=${part} chosen=${chosen} onAsk=${onAsk} />
    ${Object.keys(part.moves).length > 0 && html`<div class="moves" role="group" aria-label=${t("cells.window")}>
      ${WAYS.filter(({way}) => part.moves[way]).map(({way, sign, label}) =>
        html`<${Button} key=${way} kind="small" label=${label()} onClick=${() => onMove(part.moves[way])}>${sign}<//>`)}</div>`}
    ${(pixels || Object.keys(part.moves).length > 0) && html`<p class="faint small">${t("cells.statistics", {...statistics})}</p>`}
  </figure>`;
}

function Pick({pick, onMove}) {
  return html`<div class="pick small"><span>${pick.label}</span>
    <${Button} kind="small" label=${t("cells.less", {...pick})} disabled=${!pick.less} onClick=${() => onMove(pick.less)}>−<//>
    <span class="mono">${pick.now} / ${pick.last}</span>
    <${Button} kind="small" label=${t("cells.more", {...pick})} disabled=${!pick.more} onClick=${() => onMove(pick.more)}>+<//></div>`;
}

// One cell at a time is in the order of the tab key; the arrow keys go from cell to cell.
function Grid({part, chosen, onAsk}) {
  const table = useRef(null);
  const [here, setHere] = useState([0, 0]);
  const width = part.cells[0]?.length ?? 0;
  useEffect(() => {
    setHere(([row, column]) => (row < part.cells.length && column < width ? [row, column] : [0, 0]));
  }, [part.cells.length, width]);
  const key = (event) => {
    const way = ARROWS[event.key];
    if (!way) return;
    event.preventDefault();
    event.stopPropagation();
    const next = [here[0] + way[0], here[1] + way[1]];
    if (!part.cells[next[0]]?.[next[1]]) return;
    setHere(next);
    table.current.querySelector(`[data-cell="${next}"]`).focus();
  };
  const numbered = part.cells.length > 1 || width > 1;
  return html`<div class="cells-frame"><table class=${`cells ${part.pixels ? "pixels" : ""}`} role="grid" aria-label=${part.name} ref=${table} onKeyDown=${key}>
    ${!part.pixels && numbered && html`<thead><tr role="row">${part.rows.length > 0 && html`<td class="corner"></td>`}
      ${part.columns.map((column) => html`<th scope="col" role="columnheader">${column}</th>`)}</tr></thead>`}
    <tbody>${part.cells.map((row, i) => html`<tr role="row" key=${i}>
      ${!part.pixels && part.rows.length > 0 && html`<th scope="row" role="rowheader">${part.rows[i]}</th>`}
      ${row.map((cell, j) => html`<${Cell} key=${j} part=${part} cell=${cell} row=${i} column=${j} first=${here[0] === i && here[1] === j}
        chosen=${chosen} onAsk=${onAsk} onHere=${setHere} />`)}</tr>`)}</tbody>
  </table></div>`;
}

function Cell({part, cell: [text, percent], row, column, first, chosen, onAsk, onHere}) {
  const path = pathOf(part, row, column);
  const before = part.before?.[row][column] ?? null;
  const sign = percent > 0 ? "positive" : percent < 0 ? "negative" : "";
  const ask = (event) => {
    const cell = event.currentTarget;
    onHere([row, column]);
    onAsk(path);
    requestAnimationFrame(() => cell.scrollIntoView({block: "nearest"})); // what opens may cover it
  };
  const key = (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    ask(event);
  };
  return html`<td role="gridcell" class=${`${sign} ${before === null ? "" : "changed"}`} style=${{"--share": `${Math.abs(percent)}%`}}
    tabindex=${first ? 0 : -1} data-cell=${`${row},${column}`} data-path=${path} aria-selected=${chosen === path}
    aria-label=${t("cells.why", {path, value: text})} title=${part.pixels ? `${path} = ${text}` : undefined} onClick=${ask} onKeyDown=${key}>
    ${!part.pixels && text}${!part.pixels && before !== null && html`<small>${before}</small>`}</td>`;
}
