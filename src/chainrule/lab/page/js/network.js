// The network as a picture: a map in each unit, and connections whose color and width are their weights.
import {act} from "./actions.js";
import {paintSigned} from "./charts_paint.js";
import {html, useEffect, useLayoutEffect, useRef, useState} from "./html.js";
import {useStore} from "./store.js";
import {t} from "./words.js";

const NODE = 38;
const SIDE = 34; // free on the left and the right, for the headings
const NAMES = 116; // free on the left where inputs have names and no picture
const ROW = 50;
const TOP = 46;
const NARROWEST = 112; // from one column to the next
const MOST = 10; // units of a layer that are drawn
const WIDEST = 7;
const RESHAPING = ["Flatten", "Reshape"]; // no units of their own

/** The network; `onUnit` and `onWeight` are told what was chosen: a layer and a unit, or a weight's layer, row and column. */
export function NetworkPicture({onUnit, onWeight}) {
  const built = useStore((known) => known.built);
  const {weights, units} = useStore((known) => known.frames);
  const off = useStore((known) => known.state?.off ?? []);
  const frame = useRef(null);
  const [width, setWidth] = useState(600);
  useLayoutEffect(() => {
    const element = frame.current;
    const look = () => setWidth(element.clientWidth);
    const resizing = new ResizeObserver(look);
    resizing.observe(element);
    look();
    return () => resizing.disconnect();
  }, []);
  if (!built) return html`<div ref=${frame} class="network"></div>`;
  const columns = columnsOf(built);
  const named = built.examples.names.length > 0 && !units?.layers.some(({layer}) => layer < 0);
  const left = named ? NAMES : SIDE;
  const gap = Math.max(NARROWEST, (width - NODE - left - SIDE) / Math.max(columns.length - 1, 1));
  const tallest = Math.max(...columns.map(rows));
  const height = TOP + tallest * ROW + 4;
  const full = NODE + left + SIDE + gap * (columns.length - 1);
  const place = (column, unit) => ({x: left + column * gap, y: TOP + (tallest - rows(columns[column])) * ROW / 2 + unit * ROW});
  return html`<div ref=${frame} class="network" tabindex="0" role="group" aria-label=${t("network.name")}>
    <div class="network-inside" style=${{width: `${Math.max(full, 0)}px`, height: `${height}px`}}>
      <svg width=${full} height=${height} aria-hidden="true">
        ${columns.map((column, i) => i > 0 && html`<${Connections} key=${i} from=${columns[i - 1]} to=${column} place=${place} i=${i} layer=${weights?.layers.find((entry) => isOwn(entry, column))} onWeight=${onWeight} />`)}
      </svg>
      ${columns.map((column, i) => html`<div key=${`head${i}`} class="network-head" style=${{left: `${place(i, 0).x + NODE / 2}px`}}>
        <strong>${column.title}</strong>${column.also.map((name) => html`<span>${name}</span>`)}</div>`)}
      ${columns.map((column, i) => Array.from({length: column.drawn}, (_, unit) => html`<${Unit} key=${`${i}.${unit}`} at=${at(place(i, unit))} column=${column} unit=${unit}
          of=${pictureOf(column, units)} off=${off.some(([layer, n]) => layer === column.layer && n === unit)} onUnit=${onUnit} />`))}
      ${named && columns[0].names.slice(0, columns[0].drawn).map((name, unit) => html`<span key=${`name${unit}`} class="unit-name" aria-hidden="true" style=${nameAt(place(0, unit))}>${name}</span>`)}
      ${columns.map((column, i) => column.more > 0 && html`<div key=${`more${i}`} class="network-more small faint" style=${{left: `${place(i, 0).x}px`, top: `${place(i, column.drawn).y - 8}px`}}>${t("network.more", {count: column.more.toLocaleString()})}</div>`)}
    </div></div>`;
}

// What is shown of a layer's units: what they answer, after the activation that joins them; of pixels, the weights that look at them.
function pictureOf(column, units) {
  const [own, shown] = [column.layer, column.shows].map((layer) => units?.layers.find((entry) => entry.layer === layer));
  return own?.height > 1 && shown?.height === 1 ? own : shown;
}

// Those inside of a block do not lead from one column to the next.
const isOwn = ({layer, path}, column) => layer === column.layer && path.split(".").length === 2;

const rows = (column) => column.drawn + (column.more ? 0.6 : 0);

const at = ({x, y}) => ({left: `${x}px`, top: `${y}px`});

const nameAt = ({x, y}) => at({x, y: y + NODE / 2});

// One column for the inputs, and one for each layer that makes other units; activations and the like join it.
function columnsOf({examples, layers, blueprint}) {
  const inputs = {layer: -1, shows: -1, title: t("network.inputs"), also: [], names: examples.names, ...drawn(examples.channels)};
  const columns = [inputs];
  layers.forEach((plan, layer) => {
    const type = blueprint.layers[layer]?.type ?? "Dense";
    const last = columns.at(-1);
    if (last.layer >= 0 && (RESHAPING.includes(type) || (type !== "Dense" && !plan.branches.length && plan.input === plan.output))) {
      last.also.push(plan.label);
      if (!RESHAPING.includes(type)) last.shows = layer;
    } else if (!RESHAPING.includes(type)) {
      columns.push({layer, shows: layer, title: plan.label, also: plan.branches.map((branch) => branch.map(({label}) => label).join(" → ")).filter(Boolean), names: [], ...drawn(plan.units), last: layer === layers.length - 1});
    }
  });
  return columns;
}

const drawn = (count) => ({count, drawn: Math.min(count, MOST), more: Math.max(count - MOST, 0)});

function Connections({from, to, place, i, layer, onWeight}) {
  const lines = [];
  for (let unit = 0; unit < to.drawn; unit++) {
    for (let source = 0; source < from.drawn; source++) {
      const [a, b] = [place(i - 1, source), place(i, unit)];
      const [x1, y1, x2, y2] = [a.x + NODE, a.y + NODE / 2, b.x, b.y + NODE / 2];
      const bend = (x2 - x1) / 2;
      const weight = layer?.rows === from.count ? layer.values[source]?.[unit] : undefined;
      lines.push(html`<path key=${`${source}.${unit}`} d=${`M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`} fill="none" class=${classOf(weight)}
        stroke-width=${widthOf(weight, layer?.largest)}
        onClick=${weight !== undefined && (() => onWeight?.(to.layer, source, unit))}>${weight !== undefined && html`<title>${t("network.weight", {text: layer.texts[source][unit]})}</title>`}</path>`);
    }
  }
  return html`<g>${lines}</g>`;
}

const classOf = (weight) => (weight === undefined || weight === null ? "unknown" : weight < 0 ? "negative" : "positive");

const widthOf = (weight, largest) => (weight === undefined || weight === null || !largest ? 1 : 0.4 + (WIDEST * Math.abs(weight)) / largest);

function Unit({at: style, column, unit, of, off, onUnit}) {
  const canvas = useRef(null);
  const dark = useStore((known) => known.dark);
  const map = of?.units[unit];
  useEffect(() => {
    if (map) paintSigned(canvas.current, map, of.height, of.width, dark);
  }, [map, dark]);
  const name = column.layer < 0 ? column.names[unit] ?? column.title : t("network.unit", {layer: column.title, unit: unit + 1});
  const inside = html`${map ? html`<canvas ref=${canvas}></canvas>` : html`<span class="small">${unit + 1}</span>`}`;
  if (column.layer < 0 || column.last) return html`<div class="unit" style=${style} title=${name}>${inside}</div>`;
  const told = off ? t("network.is_off", {name}) : name;
  return html`<button type="button" class=${`unit ${off ? "off" : ""}`} style=${style} title=${told} aria-label=${told}
    onClick=${() => onUnit?.(column.layer, unit, name, off)}>${inside}</button>`;
}

/** What can be done with a unit that was chosen. */
export const switchUnit = (layer, unit, off) => act("switch", {layer, unit, off});
