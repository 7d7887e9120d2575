// What a lesson shows. Every number and every place in a picture comes from the server.
import {LineChart} from "./charts.js";
import {html, useEffect, useRef} from "./html.js";

const KINDS = {table: TableBlock, matrices: Matrices, text: Text, curves: Curves, plane: Plane, bars: Bars, pictures: Pictures};

export function Blocks({blocks}) {
  return html`<div class="blocks">${blocks.map((block, i) => html`<${KINDS[block.kind]} key=${block.kind + i} ...${block} />`)}</div>`;
}

function TableBlock({caption, head, rows}) {
  return html`<div class="table-frame block" tabindex="0" role="region" aria-label=${caption}><table>
    <caption>${caption}</caption>
    <thead><tr>${head.map((name) => (name ? html`<th scope="col">${name}</th>` : html`<td></td>`))}</tr></thead>
    <tbody>${rows.map((row) => html`<tr>${row.map(({text, mark}) => html`<td class=${mark}>${text}${mark && html`<span aria-hidden="true">${mark === "right" ? " ✓" : " ✗"}</span>`}</td>`)}</tr>`)}</tbody>
  </table></div>`;
}

function Matrices({caption, matrices}) {
  return html`<figure class="block"><figcaption>${caption}</figcaption><div class="matrices">
    ${matrices.map(({name, shape, rows}) => html`<div class="table-frame" tabindex="0" role="region" aria-label=${name}><table>
      <caption><strong>${name}</strong> <span class="faint">${shape}</span></caption>
      <tbody>${rows.map((row) => html`<tr>${row.map((number) => html`<td>${number}</td>`)}</tr>`)}</tbody></table></div>`)}
  </div></figure>`;
}

function Text({text}) {
  return html`<p class="block">${text}</p>`;
}

function Curves({caption, x, lines, axes, marked}) {
  const drawn = lines.map(({name, y}, i) => ({name, values: y, dashed: i > 0}));
  return html`<div class="block wide"><${LineChart} title=${caption} x=${x} xName=${axes[0]} lines=${drawn} marked=${marked} /></div>`;
}

// Points and lines in percent of the picture. Below 0 and above 1 there is half a unit of room.
function Plane({caption, points, lines, axes}) {
  return html`<figure class="block"><figcaption>${caption}</figcaption>
    <svg class="plane" viewBox="0 0 100 100" role="img" aria-label=${caption}>
      <path class="plane-axes" d="M0 75H100M25 0V100" />
      <text x="98" y="82" text-anchor="end">${axes[0]}</text><text x="28" y="7">${axes[1]}</text>
      ${lines.map(([from, to]) => html`<line class="plane-line" x1=${from[0]} y1=${from[1]} x2=${to[0]} y2=${to[1]} />`)}
      ${points.map(({at, label, ...point}) => html`<g class=${`plane-point class-${point.class}`} transform=${`translate(${at})`}>
        ${point.class ? html`<rect x="-4" y="-4" width="8" height="8" />` : html`<circle r="4.5" />`}
        <text y="-7" text-anchor="middle">${label}</text></g>`)}
    </svg></figure>`;
}

function Bars({caption, histograms, low, high}) {
  return html`<figure class="block wide"><figcaption>${caption}</figcaption><div class="bars-row">
    ${histograms.map(({name, heights, note}) => html`<figure class="bars" aria-label=${`${name}: ${note}`} role="img">
      <figcaption class="small">${name}</figcaption>
      <div class="bars-box">${heights.map((height) => html`<i style=${{height: `${height}%`}}></i>`)}</div>
      <div class="bars-ends small faint"><span>${low}</span><span>${note}</span><span>${high}</span></div>
    </figure>`)}</div></figure>`;
}

function Pictures({caption, pictures}) {
  return html`<figure class="block wide"><figcaption>${caption}</figcaption><div class="small-pictures">
    ${pictures.map((picture) => html`<figure><${Picture} ...${picture} /><figcaption class="small">${picture.label}</figcaption></figure>`)}
  </div></figure>`;
}

function Picture({pixels, height, width, label}) {
  const canvas = useRef(null);
  useEffect(() => {
    const colors = Uint8Array.from(atob(pixels), (letter) => letter.charCodeAt(0));
    const image = new ImageData(width, height);
    for (let from = 0, to = 0; from < colors.length; from += 3, to += 4) {
      image.data.set([...colors.subarray(from, from + 3), 255], to);
    }
    canvas.current.getContext("2d").putImageData(image, 0, 0);
  }, [pixels]);
  return html`<canvas ref=${canvas} width=${width} height=${height} role="img" aria-label=${label}></canvas>`;
}
