// The room in which the network trains: controls, the network, what it answers, how it got there, and more on demand.
import {act, tell} from "./actions.js";
import {LineChart} from "./charts.js";
import {AnswerMap} from "./charts_map.js";
import {Preview} from "./data_preview.js";
import {html, useEffect, useState} from "./html.js";
import {NetworkPicture, switchUnit} from "./network.js";
import {Button, Problem} from "./parts.js";
import {store, useStore} from "./store.js";
import {want} from "./stream.js";
import {Controls, Knobs} from "./train_controls.js";
import {PANELS} from "./train_panels.js";
import {t} from "./words.js";

const ALWAYS = ["curves", "map", "points", "units", "weights"];

export function Train() {
  const [open, setOpen] = useState([]);
  const [unit, setUnit] = useState(null);
  useEffect(() => want([...new Set([...ALWAYS, ...open.map((id) => PANELS.find((panel) => panel.id === id).part)])]), [open]);
  const toggle = (id) => setOpen(open.includes(id) ? open.filter((each) => each !== id) : [...open, id]);
  return html`<div class="train">
    <${Controls} />
    <${Diverged} />
    <div class="train-grid">
      <section class="card train-network"><header><h2>${t("train.network")}</h2><${Built} /></header>
        <${NetworkPicture} onUnit=${(layer, index, name, off) => setUnit({layer, index, name, off})} onWeight=${askWhy} />
        ${unit && html`<${ChosenUnit} unit=${unit} onClose=${() => setUnit(null)} />`}
        <p class="small faint">${t("train.network.about")} <${Squares} /></p></section>
      <${Answers} />
      <section class="card train-curves"><header><h2>${t("train.curves")}</h2></header><${Curves} /></section>
      <div class="train-knobs"><${Knobs} /></div>
    </div>
    <${Advised} />
    <section class="stack"><h2>${t("train.more")}</h2>
      <div class="row">${PANELS.map(({id, name}) => html`<${Button} key=${id} label=${name()} pressed=${open.includes(id)} onClick=${() => toggle(id)} />`)}</div>
      <div class="panels">${PANELS.filter(({id}) => open.includes(id)).map((panel) => html`<${Panel} key=${panel.id} panel=${panel} />`)}</div>
    </section>
  </div>`;
}

const askWhy = (layer, row, column) => store.go("pass", {room: "pass", layer: `layer${layer}`, phase: "forward", path: `layer${layer}.W[${row}, ${column}]`});

function Squares() {
  const {points, units} = useStore((known) => known.frames);
  const layers = useStore((known) => known.built?.blueprint.layers);
  if (!points || !layers) return null;
  const overInputs = !points.pictures && units?.layers.some(({layer}) => layer < 0);
  if (overInputs) return t("train.network.points");
  const looksAtPixels = points.pictures?.[0]?.pixels && points.shape.length === 1 && (layers[0]?.type ?? "Dense") === "Dense";
  return looksAtPixels ? t("train.network.pixels") : t("train.network.example");
}

function Built() {
  const built = useStore((known) => known.built);
  return built && html`<span class="small faint">${built.total} · ${built.loss} <${Button} kind="small" label=${t("train.change")} onClick=${() => store.go("build")} /></span>`;
}

function Diverged() {
  const state = useStore((known) => known.state);
  const divergence = state?.divergence;
  return divergence && html`<${Problem} text=${`${divergence.sentence} ${divergence.advice ?? ""}`}>
    ${state.has_good && html`<${Button} label=${t("train.good")} onClick=${() => act("good")} />`}<//>`;
}

function ChosenUnit({unit, onClose}) {
  const {layer, index, name, off} = unit;
  const change = () => {
    switchUnit(layer, index, !off);
    onClose();
  };
  return html`<div class="note row"><strong>${name}</strong><${Button} kind="small" label=${off ? t("train.unit.on") : t("train.unit.off")} onClick=${change} />
    <${Button} kind="small quiet" label=${t("shell.close")} onClick=${onClose}>×<//></div>`;
}

function Answers() {
  const {map, points} = useStore((known) => known.frames);
  const drawn = map || points?.X;
  return html`<section class="card train-map"><header><h2>${drawn ? t("train.map") : t("train.examples.title")}</h2></header>
    ${drawn ? html`<${AnswerMap} map=${map} points=${points} />` : html`<${Preview} most=${15} />`}</section>`;
}

function Curves() {
  const curves = useStore((known) => known.frames.curves);
  if (!curves?.columns?.epoch?.length) return html`<p class="faint">${t("train.curves.none")}</p>`;
  const {columns, names = {}} = curves;
  const quantities = Object.keys(columns).filter((name) => name !== "epoch" && !name.startsWith("val_"));
  return html`<div class="stack">${quantities.map((name) => html`<${LineChart} key=${name} title=${names[name] ?? name} x=${columns.epoch} whole xName=${t("train.epochs")}
    lines=${[{name: t("train.curves.train"), values: columns[name]}, columns[`val_${name}`] && {name: t("train.curves.val"), values: columns[`val_${name}`], dashed: true}].filter(Boolean)} />`)}</div>`;
}

function Panel({panel}) {
  const part = useStore((known) => known.frames[panel.part]);
  return html`<section class="card"><header><h2>${panel.name()}</h2></header>
    ${part ? html`<${panel.Shown} part=${part} />` : html`<p class="faint">${t("shell.loading")}</p>`}</section>`;
}

// The diagnosis belongs to another room; without it, training goes on.
function Advised() {
  const [Advice, setAdvice] = useState(null);
  useEffect(() => {
    import("./advice.js").then((module) => setAdvice(() => module.Advice), tell);
  }, []);
  return Advice && html`<${Advice} />`;
}
