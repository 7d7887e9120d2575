// Digits drawn by hand: 28 by 28 pixels, with their class; a few of each are enough to train on.
import {setData, useDraft} from "./build_draft.js";
import {html, useEffect, useRef, useState} from "./html.js";
import {Button, Select} from "./parts.js";
import {useStore} from "./store.js";
import {Picture} from "./data_preview.js";
import {t} from "./words.js";

const SIDE = 28;
const BRUSH = [[0, 0, 255], [1, 0, 130], [-1, 0, 130], [0, 1, 130], [0, -1, 130]];

const empty = () => new Uint8Array(SIDE * SIDE);
const text = (pixels) => btoa(String.fromCharCode(...pixels));

export function DrawnDigits() {
  const {blueprint} = useDraft();
  const [digits, setDigits] = useState(blueprint.data.kind === "drawn_digits" ? blueprint.data.pictures ?? [] : []);
  const [label, setLabel] = useState(0);
  const [pixels, setPixels] = useState(empty());
  const [cursor, setCursor] = useState(null);
  const drawing = useRef(false);
  const place = useRef(null);
  const dark = useStore((known) => known.dark);
  useEffect(() => paint(place.current, pixels, cursor, dark), [pixels, cursor, dark]);
  const keep = (all) => {
    setDigits(all);
    if (all.length >= 4 && new Set(all.map(([digit]) => digit)).size > 1) setData({kind: "drawn_digits", name: "drawn", pictures: all, points: [], count: null, noise: null, split: 0});
  };
  const add = () => {
    keep([...digits, [label, text(pixels)]]);
    setPixels(empty());
  };
  const ink = (before, x, y) => {
    const after = before.slice();
    for (const [dx, dy, level] of BRUSH) {
      const [px, py] = [x + dx, y + dy];
      if (px >= 0 && px < SIDE && py >= 0 && py < SIDE) after[py * SIDE + px] = Math.max(after[py * SIDE + px], level);
    }
    return after;
  };
  const draw = (event) => {
    if (!drawing.current) return;
    const box = place.current.getBoundingClientRect();
    const [x, y] = [((event.clientX - box.left) / box.width) * SIDE, ((event.clientY - box.top) / box.height) * SIDE].map(Math.floor);
    setPixels((before) => ink(before, x, y));
  };
  const down = (event) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    drawing.current = true;
    draw(event);
  };
  const key = (event) => {
    const [x, y] = cursor ?? [14, 14];
    const to = {ArrowLeft: [x - 1, y], ArrowRight: [x + 1, y], ArrowUp: [x, y - 1], ArrowDown: [x, y + 1]}[event.key];
    if (to) setCursor(to.map((value) => Math.min(Math.max(value, 0), SIDE - 1)));
    else if (event.key === " ") setPixels(ink(pixels, x, y));
    else return;
    event.preventDefault();
  };
  return html`<div class="stack"><p class="small">${t("data.drawn.about")}</p>
    <canvas class="drawing" ref=${place} width="280" height="280" tabindex="0" role="application" aria-label=${t("data.drawn.canvas")} onKeyDown=${key} onBlur=${() => setCursor(null)}
      onPointerDown=${down} onPointerMove=${draw} onPointerUp=${() => (drawing.current = false)}></canvas>
    <div class="row"><${Select} label=${t("data.drawn.digit")} value=${String(label)} options=${[..."0123456789"]} onChange=${(digit) => setLabel(Number(digit))} />
      <${Button} kind="primary" label=${t("data.drawn.add")} disabled=${!pixels.some(Boolean)} onClick=${add} /><${Button} label=${t("data.clear")} onClick=${() => setPixels(empty())} /></div>
    <ul class="pictures">${digits.map(([digit, drawn], i) => html`<li key=${i}><${Picture} pixels=${drawn} height=${SIDE} width=${SIDE} name=${String(digit)} />
      <span class="row small">${digit}<${Button} kind="small quiet" label=${t("data.drawn.remove", {digit})} onClick=${() => keep(digits.filter((_, n) => n !== i))}>×<//></span></li>`)}</ul>
    ${digits.length > 0 && html`<p class="small faint">${t("data.drawn.few")}</p>`}
  </div>`;
}

function paint(canvas, pixels, cursor, dark) {
  const context = canvas.getContext("2d");
  for (let i = 0; i < SIDE * SIDE; i++) {
    const level = dark ? pixels[i] : 255 - pixels[i];
    context.fillStyle = `rgb(${level} ${level} ${level})`;
    context.fillRect((i % SIDE) * 10, Math.floor(i / SIDE) * 10, 10, 10);
  }
  if (cursor) {
    context.strokeStyle = "#d55e00";
    context.lineWidth = 2;
    context.strokeRect(cursor[0] * 10, cursor[1] * 10, 10, 10);
  }
}
