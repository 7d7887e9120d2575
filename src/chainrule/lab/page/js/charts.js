// Line charts of what training came to, one per quantity; uPlot draws them, the numbers are the session's.
import uPlot from "uplot";
import {html, useEffect, useRef} from "./html.js";
import {useStore} from "./store.js";

const HEIGHT = 170;
const WHOLE = Array.from({length: 8}, (_, zeros) => [1, 2, 5].map((first) => first * 10 ** zeros)).flat(); // from one tick to the next
const FAR = 1e6; // numbers that came here are shown on a logarithmic scale

// A tick in few letters: 1e+30 where 1000000... would not fit; null is one that a logarithmic axis leaves unnamed.
const short = (tick) => (tick === null ? "" : tick !== 0 && (Math.abs(tick) >= 1e5 || Math.abs(tick) < 1e-3) ? tick.toExponential(0) : String(tick));

const color = (name, place) => getComputedStyle(place).getPropertyValue(name).trim();

// A variable that is light-dark(...) is resolved by the browser only where it is used.
function resolved(name, place) {
  const probe = document.createElement("i");
  probe.style.color = `var(${name})`;
  place.append(probe);
  const value = color("color", probe);
  probe.remove();
  return value;
}

function upright({ctx, bbox, valToPos}, value, ink) {
  const left = valToPos(value, "x", true);
  ctx.fillStyle = ink;
  ctx.fillRect(left - devicePixelRatio / 2, bbox.top, devicePixelRatio, bbox.height);
}

/** lines: [{name, values, dashed}] over `x`; `marked` is a place on its axis where an upright line is drawn. */
export function LineChart({title, x, xName, lines, whole = false, marked = null}) {
  const place = useRef(null);
  const mark = useRef(null);
  mark.current = marked;
  const chart = useRef(null);
  const dark = useStore((known) => known.dark);
  const values = lines.flatMap((line) => line.values).filter((value) => value !== null);
  const logarithmic = values.every((value) => value > 0) && Math.max(...values) > FAR;
  const data = [x, ...lines.map((line) => line.values)];
  useEffect(() => {
    const [ink, grid, blue, warm] = ["--faint", "--line", "--strong", "--warm"].map((name) => resolved(name, place.current));
    const axis = {stroke: ink, grid: {stroke: grid, width: 1}, ticks: {stroke: grid}, font: "12px system-ui"};
    const frame = place.current;
    const size = () => ({width: Math.max(frame.clientWidth, 120), height: HEIGHT});
    chart.current = new uPlot({
      ...size(),
      scales: {x: {time: false}, y: {distr: logarithmic ? 3 : 1}},
      axes: [{...axis, size: 30, ...(whole && {incrs: WHOLE})}, {...axis, size: 56, values: (_, ticks) => ticks.map(short)}],
      series: [{label: xName}, ...lines.map((line) => ({
        label: line.name, stroke: line.dashed ? warm : blue, width: 2, dash: line.dashed ? [7, 4] : undefined, points: {show: x.length < 3},
      }))],
      cursor: {show: false},
      legend: {show: false},
      hooks: {draw: [(drawn) => mark.current !== null && upright(drawn, mark.current, ink)]},
    }, data, place.current);
    const resizing = new ResizeObserver(() => chart.current.setSize(size()));
    resizing.observe(frame);
    return () => {
      resizing.disconnect();
      chart.current.destroy();
    };
  }, [dark, lines.map((line) => line.name).join(), logarithmic, x.length < 3]);
  useEffect(() => chart.current.setData(data), [x]);
  return html`<figure class="chart"><figcaption><strong>${title}</strong>${lines.map((line) => html`<span class=${line.dashed ? "chart-key dashed" : "chart-key"}>${line.name}</span>`)}</figcaption><div ref=${place} aria-hidden="true"></div></figure>`;
}
