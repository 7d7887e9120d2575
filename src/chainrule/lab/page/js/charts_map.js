// What the network answers everywhere: the boundary in the plane, or the curve of a regression, with the points of the data.
import {CLASSES, paintClasses, paintPoint, paintSigned} from "./charts_paint.js";
import {html, useEffect, useRef} from "./html.js";
import {useStore} from "./store.js";
import {t} from "./words.js";

const SIDE = 340;

export function AnswerMap({map, points, size = SIDE}) {
  const place = useRef(null);
  const dark = useStore((known) => known.dark);
  useEffect(() => {
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const canvas = place.current;
    canvas.width = canvas.height = size * ratio;
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    context.fillStyle = dark ? "#181c21" : "#ffffff";
    context.fillRect(0, 0, size, size);
    const bounds = map?.bounds ?? (points?.X && boundsOf(points));
    if (map?.kind === "plane" && map.values) paintPlane(context, map, size, dark);
    if (points?.X && bounds) paintPoints(context, points, bounds, size);
    if (map?.kind === "curve" && map.y) paintCurve(context, map, size, dark);
  }, [map, points, dark, size]);
  const classes = points?.classes ?? [];
  return html`<figure class="map"><canvas ref=${place} role="img" aria-label=${t("train.map.alt")}></canvas>
    <figcaption class="small faint">${classes.length > 1 && points.task !== "regression" && html`<${Legend} classes=${classes} />`}
      ${map?.task === "regression" && map.low && html`<span>${t("train.map.range", {low: map.low, high: map.high})}</span>`}
      ${points?.X_val?.length > 0 && html`<span>${t("train.map.hollow")}</span>`}</figcaption>${map?.note && html`<p class="problem">${map.note}</p>`}</figure>`;
}

function Legend({classes}) {
  return html`<span class="legend">${classes.map((name, label) => html`<span><${Mark} label=${label} />${name}</span>`)}</span>`;
}

/** The mark of a class, as in the map. */
export function Mark({label}) {
  const place = useRef(null);
  useEffect(() => {
    place.current.width = place.current.height = 28;
    const context = place.current.getContext("2d");
    context.scale(2, 2);
    paintPoint(context, 7, 7, label, false, 5);
  }, [label]);
  return html`<canvas class="mark" ref=${place} aria-hidden="true"></canvas>`;
}

function paintPlane(context, map, size, dark) {
  const small = document.createElement("canvas");
  if (map.sure) paintClasses(small, map.values, map.sure, map.size, dark);
  else paintSigned(small, map.values, map.size, map.size, dark);
  context.imageSmoothingEnabled = true;
  context.globalAlpha = map.sure ? 0.8 : 0.75;
  context.drawImage(small, 0, 0, size, size);
  context.globalAlpha = 1;
}

/** From where to where a picture of points goes; a curve brings no bounds for its values. */
export function boundsOf({bounds, X}) {
  if (bounds.length > 1) return bounds;
  const values = X.map(([, y]) => y);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = 0.12 * (high - low || 1);
  return [...bounds, [low - margin, high + margin]];
}

const placed = (bounds, size) => {
  const [[left, right], [low, high]] = bounds;
  return ([x, y]) => [((x - left) / (right - left)) * size, size - ((y - low) / (high - low)) * size];
};

export function paintPoints(context, points, bounds, size) {
  const place = placed(bounds, size);
  const radius = points.X.length > 400 ? 2.5 : 4;
  const regression = points.task === "regression";
  const each = (X, y, hollow) => X?.forEach((row, i) => {
    const [px, py] = place(row);
    paintPoint(context, px, py, regression ? 0 : y[i], hollow, radius);
  });
  each(points.X, points.y, false);
  each(points.X_val, points.y_val, true);
}

function paintCurve(context, map, size, dark) {
  const place = placed(map.bounds, size);
  context.strokeStyle = dark ? "#ff9d57" : CLASSES[1];
  context.lineWidth = 3;
  context.beginPath();
  let drawn = false;
  map.x.forEach((x, i) => {
    if (map.y[i] === null) return;
    const [px, py] = place([x, map.y[i]]);
    context[drawn ? "lineTo" : "moveTo"](px, py);
    drawn = true;
  });
  context.stroke();
}
