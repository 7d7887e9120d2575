// The network as a picture: a map in each unit, and connections whose color and width are their weights.
import {act} from "./actions.js";
import {paintSigned} from "./charts_paint.js";
import {html, useEffect, useLayoutEffect, useRef, useState} from "./html.js";
import {useStore} from "./store.js";
import {t} from "./words.js";

const NODE = 38;
const ROW = 50;
const TOP = 46;
const NARROWEST = 112; // from one column to the next
const MOST = 10; // units of a layer that are drawn
const WIDEST = 7;

/** The network; `onUnit(layer, unit)` is told which unit was chosen. */
export function NetworkPicture({onUnit}) {
  const built = useStore((known) => known.built);
  const {weights, units} = useStore((known) => known.frames);
  const off = useStore((known) => known.state?.off ?? []);
  const frame = useRef(null);
  const [width, setWidth] = useState(600);
  useLayoutEffect(() => {
    const look = () => setWidth(frame.current.clientWidth);
    const resizing = new ResizeObserver(look);
    resizing.observe(frame.current);
    look();
    return () => resizing.disconnect();
  }, []);
  if (!built) return html`<div ref=${frame} class="network"></div>`;
  const columns = columnsOf(built);
  const gap = Math.max(NARROWEST, (width - NODE - 24) / Math.max(columns.length - 1, 1));
  const tallest = Math.max(...columns.map((column) => column.drawn + (column.more ? 0.6 : 0)));
  const height = TOP + tallest * ROW + 4;
  const full = NODE + 24 + gap * (columns.length - 1);
  const place = (column, unit) => ({x: 12 + column * gap, y: TOP + (tallest - columns[column].drawn - (columns[column].more ? 0.6 : 0)) * ROW / 2 + unit * ROW});
  return html`<div ref=${frame} class="network" tabindex="0" role="group" aria-label=${t("network.name")}>
    <div class="network-inside" style=${{width: `${Math.max(full, 0)}px`, height: `${height}px`}}>
      <svg width=${full} height=${height} aria-hidden="true">
        ${columns.map((column, i) => i > 0 && html`<${Connections} key=${i} from=${columns[i - 1]} to=${column} place=${place} i=${i} layer=${weights?.layers.find((entry) => entry.layer === column.layer)} />`)}
      </svg>
      ${columns.map((column, i) => html`<div key=${`head${i}`} class="network-head" style=${{left: `${place(i, 0).x + NODE / 2}px`}}>
        <strong>${column.title}</strong>${column.also.map((name) => html`<span>${name}</span>`)}</div>`)}
      ${columns.map((column, i) => column.block
        ? html`<div key=${`block${i}`} class="network-block" style=${at(place(i, 0))}><span class="small">${column.block}</span></div>`
        : Array.from({length: column.drawn}, (_, unit) => html`<${Unit} key=${`${i}.${unit}`} at=${at(place(i, unit))} column=${column} unit=${unit}
          map=${mapOf(units, column, unit)} size=${units?.size} off=${off.some(([layer, n]) => layer === column.layer && n === unit)} onUnit=${onUnit} />`))}
      ${columns.map((column, i) => column.more > 0 && html`<div key=${`more${i}`} class="network-more small faint" style=${{left: `${place(i, 0).x}px`, top: `${place(i, column.drawn).y - 8}px`}}>${t("network.more", {count: column.more.toLocaleString()})}</div>`)}
    </div></div>`;
}

const at = ({x, y}) => ({left: `${x}px`, top: `${y}px`});

function mapOf(units, column, unit) {
  const layer = units?.layers.find((entry) => entry.layer === column.shows);
  return layer?.units[unit] ?? null;
}

// One column for the inputs, and one for each layer that has units or another shape; activations and the like join the
// column before them.
function columnsOf(built) {
  const {examples, layers, blueprint} = built;
  const flat = !examples.shape.includes("×");
  const inputs = flat ? examples.names.length || Number(examples.shape) : 1;
  const columns = [{layer: -1, shows: -1, title: t("network.inputs"), also: [], block: flat ? null : examples.shape, ...drawn(inputs, !flat), names: examples.names}];
  layers.forEach((plan, layer) => {
    const type = blueprint.layers[layer]?.type ?? "Dense";
    const last = columns.at(-1);
    const vector = !plan.output.includes("×");
    if (type !== "Dense" && plan.input === plan.output && last.layer >= 0) {
      last.also.push(plan.label);
      last.shows = layer;
      return;
    }
    columns.push({layer, shows: layer, title: plan.label, also: [], block: vector ? null : plan.output, dense: type === "Dense", ...drawn(plan.units, !vector), last: layer === layers.length - 1});
  });
  return columns;
}

function drawn(count, asBlock) {
  if (asBlock) return {count, drawn: 1, more: 0};
  return {count, drawn: Math.min(count, MOST), more: Math.max(count - MOST, 0)};
}

function Connections({from, to, place, i, layer}) {
  const lines = [];
  for (let unit = 0; unit < to.drawn; unit++) {
    for (let source = 0; source < from.drawn; source++) {
      const [a, b] = [place(i - 1, source), place(i, unit)];
      const [x1, y1, x2, y2] = [a.x + (from.block ? 74 : NODE), a.y + NODE / 2, b.x, b.y + NODE / 2];
      const bend = (x2 - x1) / 2;
      const weight = from.block || to.block ? undefined : layer?.values?.[source]?.[unit];
      lines.push(html`<path key=${`${source}.${unit}`} d=${`M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`} fill="none" class=${classOf(weight)}
        stroke-width=${widthOf(weight, layer?.largest)}>${weight !== undefined && html`<title>${t("network.weight", {text: layer.texts?.[source]?.[unit] ?? String(weight)})}</title>`}</path>`);
    }
  }
  return html`<g>${lines}</g>`;
}

const classOf = (weight) => (weight === undefined || weight === null ? "unknown" : weight < 0 ? "negative" : "positive");

const widthOf = (weight, largest) => (weight === undefined || weight === null || !largest ? 1 : 0.4 + (WIDEST * Math.abs(weight)) / largest);

function Unit({at: style, column, unit, map, size, off, onUnit}) {
  const canvas = useRef(null);
  const dark = useStore((known) => known.dark);
  useEffect(() => {
    if (map) paintSigned(canvas.current, map, size, dark);
  }, [map, size, dark]);
  const name = column.layer < 0 ? column.names[unit] ?? `x${unit + 1}` : t("network.unit", {layer: column.title, unit: unit + 1});
  const inside = html`${map ? html`<canvas ref=${canvas}></canvas>` : html`<span class="small">${column.layer < 0 ? name.slice(0, 4) : unit + 1}</span>`}`;
  if (column.layer < 0 || column.last) return html`<div class="unit" style=${style} title=${name}>${inside}</div>`;
  const told = off ? t("network.is_off", {name}) : name;
  return html`<button type="button" class=${`unit ${off ? "off" : ""}`} style=${style} title=${told} aria-label=${told}
    onClick=${() => onUnit?.(column.layer, unit, name, off)}>${inside}</button>`;
}

/** What can be done with a unit that was chosen. */
export const switchUnit = (layer, unit, off) => act("switch", {layer, unit, off});
