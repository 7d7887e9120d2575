// Points in up to six classes, or a curve, drawn with the mouse, a finger, or the arrow keys and the space bar.
import {setData, useDraft} from "./build_draft.js";
import {Mark} from "./charts_map.js";
import {paintPoint} from "./charts_paint.js";
import {html, useEffect, useRef, useState} from "./html.js";
import {Button, Problem} from "./parts.js";
import {useStore} from "./store.js";
import {t} from "./words.js";

const SIDE = 300;
const CLASSES = 6;
const APART = 7; // pixels between two points of one stroke
const STEP = 10; // pixels that an arrow key moves the cursor

const toData = (pixels) => Math.round(((pixels - SIDE / 2) / (SIDE / 2)) * 1000) / 1000;
const toPixels = (number) => (number + 1) * (SIDE / 2);

export function DrawnPoints({kind}) {
  const {blueprint, wrong} = useDraft();
  const [points, setPoints] = useState(blueprint.data.kind === kind ? blueprint.data.points ?? [] : []);
  const [label, setLabel] = useState(0);
  const [erasing, setErasing] = useState(false);
  const [cursor, setCursor] = useState(null);
  const [stroke, setStroke] = useState(null);
  const place = useRef(null);
  const dark = useStore((known) => known.dark);
  const curve = kind === "curve";
  useEffect(() => paint(place.current, stroke ?? points, cursor, curve, dark), [points, stroke, cursor, dark]);
  const classes = new Set(points.map((point) => point[2])).size;
  const enough = points.length >= 4 && (curve || classes > 1);
  const use = (drawn) => {
    setPoints(drawn);
    if (drawn.length >= 4 && (curve || new Set(drawn.map((point) => point[2])).size > 1)) setData({kind, name: kind, points: drawn, count: null, noise: null, split: 0});
  };
  const at = (event) => {
    const box = place.current.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * SIDE, ((event.clientY - box.top) / box.height) * SIDE];
  };
  const put = (all, [x, y]) => {
    const near = (point) => Math.hypot(toPixels(point[0]) - x, SIDE - toPixels(point[1]) - y) < (erasing ? 14 : APART);
    if (erasing) return all.filter((point) => !near(point));
    if (all.some(near)) return all;
    const [px, py] = [toData(x), toData(SIDE - y)];
    return [...all, curve ? [px, py] : [px, py, label]];
  };
  const down = (event) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    setStroke(put(points, at(event)));
  };
  const key = (event) => {
    const [x, y] = cursor ?? [SIDE / 2, SIDE / 2];
    const to = {ArrowLeft: [x - STEP, y], ArrowRight: [x + STEP, y], ArrowUp: [x, y - STEP], ArrowDown: [x, y + STEP]}[event.key];
    if (to) setCursor(to.map((value) => Math.min(Math.max(value, 0), SIDE)));
    else if (event.key === " ") use(put(points, [x, y]));
    else return;
    event.preventDefault();
  };
  return html`<div class="stack">
    <p class="small">${curve ? t("data.curve.about") : t("data.points.about")}</p>
    ${!curve && html`<div class="row" role="group" aria-label=${t("data.class")}>${Array.from({length: CLASSES}, (_, n) => html`<${Button} key=${n} kind="small" label=${t("data.class.n", {n})} pressed=${!erasing && n === label}
      onClick=${() => (setLabel(n), setErasing(false))}><${Mark} label=${n} />${n}<//>`)}</div>`}
    <canvas class="drawing" ref=${place} width=${SIDE} height=${SIDE} tabindex="0" role="application" aria-label=${t("data.drawing", {count: points.length})}
      onKeyDown=${key} onBlur=${() => setCursor(null)} onPointerDown=${down} onPointerMove=${(event) => stroke && setStroke(put(stroke, at(event)))}
      onPointerUp=${() => stroke && (use(stroke), setStroke(null))} onPointerCancel=${() => setStroke(null)}></canvas>
    <div class="row"><${Button} kind="small" label=${t("data.erase")} pressed=${erasing} onClick=${() => setErasing(!erasing)} />
      <${Button} kind="small" label=${t("data.clear")} onClick=${() => setPoints([])} /><span class="small faint">${t("data.drawn.count", {count: points.length})}</span></div>
    ${points.length > 0 && !enough && html`<p class="small">${curve ? t("data.curve.few") : t("data.points.few")}</p>`}
    ${enough && wrong && wrong.layer === null && html`<${Problem} text=${wrong.text} />`}
  </div>`;
}

function paint(canvas, points, cursor, curve, dark) {
  const context = canvas.getContext("2d");
  context.fillStyle = dark ? "#181c21" : "#ffffff";
  context.fillRect(0, 0, SIDE, SIDE);
  context.strokeStyle = dark ? "#333b43" : "#d5dbe1";
  context.lineWidth = 1;
  for (const middle of [SIDE / 2]) {
    context.strokeRect(-1, middle, SIDE + 2, 0);
    context.strokeRect(middle, -1, 0, SIDE + 2);
  }
  for (const [x, y, label] of points) paintPoint(context, toPixels(x), SIDE - toPixels(y), curve ? 0 : label, false);
  if (cursor) {
    context.strokeStyle = dark ? "#e8ebee" : "#1b2026";
    context.strokeRect(cursor[0] - 6, cursor[1] - 6, 12, 12);
  }
}
