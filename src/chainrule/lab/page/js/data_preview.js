// The examples as they are: points of a plane, a curve, or some of the pictures and sequences.
import {AnswerMap} from "./charts_map.js";
import {paintPicture} from "./charts_paint.js";
import {html, useEffect, useRef} from "./html.js";
import {useStore} from "./store.js";
import {t} from "./words.js";

export function Preview({most = 40, size = 280}) {
  const points = useStore((known) => known.frames.points);
  if (!points) return null;
  return html`<div class="stack">
    ${points.pictures && html`<ul class="pictures">${points.pictures.slice(0, most).map((each, i) => html`<li key=${i}><${Example} ...${each} name=${each.label} /><span class="small">${each.label}</span></li>`)}</ul>`}
    ${points.X && html`<${AnswerMap} points=${points} size=${size} />`}
    ${points.first && html`<${FirstExamples} first=${points.first} />`}
    ${points.notes.map((note) => html`<p class="small note">${note}</p>`)}
    <p class="small faint">${points.caption}</p></div>`;
}

// Each input is a row, so that long names have room.
function FirstExamples({first}) {
  return html`<div class="table-frame" tabindex="0" role="region" aria-label=${t("train.examples.first")}><table class="first-examples small">
    <thead><tr><th scope="col">${t("network.inputs")}</th>${first.labels.map((label) => html`<th scope="col">${label}</th>`)}</tr></thead>
    <tbody>${first.inputs.map(({name, texts}) => html`<tr key=${name}><th scope="row">${name}</th>${texts.map((text) => html`<td>${text}</td>`)}</tr>`)}</tbody></table></div>
    ${first.more && html`<p class="small faint">${first.more}</p>`}`;
}

/** A picture, or a sequence as lines. */
export function Example({pixels, series, name, ...size}) {
  if (pixels) return html`<${Picture} pixels=${pixels} name=${name} ...${size} />`;
  return series ? html`<${Series} series=${series} name=${name} />` : html`<span class="small">${name}</span>`;
}

export function Picture({pixels, height, width, name}) {
  const place = useRef(null);
  const dark = useStore((known) => known.dark);
  useEffect(() => paintPicture(place.current, pixels, height, width, dark), [pixels, dark]);
  return html`<canvas class="picture" ref=${place} role="img" aria-label=${name}></canvas>`;
}

function Series({series, name}) {
  const all = series.flat();
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const line = (values) => values.map((value, i) => `${(100 * i) / Math.max(values.length - 1, 1)},${38 - (36 * (value - low)) / (high - low || 1)}`).join(" ");
  return html`<svg class="series" viewBox="0 0 100 40" preserveAspectRatio="none" role="img" aria-label=${name}>${series.map((values) => html`<polyline points=${line(values)} />`)}</svg>`;
}
