// Play, pause, steps, back, undo, speed, and the knobs that are turned while it runs.
import {act, rebuild, tell, turn} from "./actions.js";
import {html} from "./html.js";
import {Button, NumberField, Problem, Select, Slider, Tip} from "./parts.js";
import {store, useStore} from "./store.js";
import {t} from "./words.js";

const ICONS = {
  play: "M6 4l14 8-14 8z",
  pause: "M6 4h4v16H6zm8 0h4v16h-4z",
  batch: "M5 4l10 8-10 8zm11 0h3v16h-3z",
  epoch: "M3 4l7 8-7 8zm8 0l7 8-7 8zm8 0h2v16h-2z",
  back_epoch: "M20 4l-7 8 7 8zM12 4l-7 8 7 8zM2 4h2v16H2z",
  back: "M19 4L9 12l10 8zM5 4h3v16H5z",
  reset: "M12 5V1L6 6l6 5V7a5 5 0 1 1-5 5H5a7 7 0 1 0 7-7z",
  undo: "M9 7V3L2 9l7 6v-4c5 0 8 1.500 11 6-1-6-4-10-11-10z",
  redo: "M15 7V3l7 6-7 6v-4c-5 0-8 1.500-11 6 1-6 4-10 11-10z",
};
const RATES = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];
const SPEEDS = [1, 5, 25, null]; // batches per second; null for as many as it can

function Icon({name}) {
  return html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d=${ICONS[name]} /></svg>`;
}

export function Controls() {
  const state = useStore((known) => known.state);
  if (!state) return null;
  const {running} = state;
  return html`<div class="controls" role="group" aria-label=${t("train.controls")}>
    <${Button} label=${t("train.reset")} title=${t("train.reset")} onClick=${() => act("reset")}><${Icon} name="reset" /><//>
    <${Button} label=${t("train.back.epoch")} title=${t("train.back.epoch")} disabled=${!state.can_back} onClick=${() => act("back", {what: "epoch"})}><${Icon} name="back_epoch" /><//>
    <${Button} label=${t("train.back")} title=${t("train.back")} disabled=${!state.can_back} onClick=${() => act("back")}><${Icon} name="back" /><//>
    <${Button} kind="primary play" label=${running ? t("train.pause") : t("train.play")} onClick=${() => act(running ? "pause" : "play")}>
      <${Icon} name=${running ? "pause" : "play"} />${running ? t("train.pause") : t("train.play")}<//>
    <${Button} label=${t("train.batch")} title=${t("train.batch")} onClick=${() => act("batch")}><${Icon} name="batch" /><span class="wide">${t("train.batch")}</span><//>
    <${Button} label=${t("train.epoch")} title=${t("train.epoch")} onClick=${() => act("epoch")}><${Icon} name="epoch" /><span class="wide">${t("train.epoch")}</span><//>
    <${Button} label=${t("train.undo")} title=${t("train.undo")} disabled=${!state.can_undo} onClick=${() => act("undo")}><${Icon} name="undo" /><//>
    <${Button} label=${t("train.redo")} title=${t("train.redo")} disabled=${!state.can_redo} onClick=${() => act("redo")}><${Icon} name="redo" /><//>
    <${Speed} state=${state} />
    <${Status} state=${state} />
  </div>`;
}

function Speed({state}) {
  const names = {1: t("train.speed.1"), 5: t("train.speed.5"), 25: t("train.speed.25"), null: t("train.speed.full")};
  return html`<${Select} label=${t("train.speed")} hidden value=${String(state.speed)} onChange=${(value) => turn("speed", value === "null" ? null : Number(value)).catch(tell)}
    options=${SPEEDS.map((speed) => ({value: String(speed), label: names[speed]}))} />`;
}

function Status({state}) {
  const texts = state.texts ?? {};
  return html`<dl class="status">
    <div><dt>${t("train.epochs")}</dt><dd>${texts.epoch ?? state.epoch}</dd></div>
    <div><dt>${t("train.steps")}</dt><dd>${texts.step ?? state.step}</dd></div>
    ${(Array.isArray(state.scores) ? state.scores : []).map(({name, text}) => html`<div><dt>${name}</dt><dd>${text}</dd></div>`)}
  </dl>`;
}

export function Knobs() {
  const state = useStore((known) => known.state);
  const built = useStore((known) => known.built);
  const choices = useStore((known) => known.choices);
  const wrong = useStore((known) => known.wrongKnob);
  if (!state || !built || !choices) return null;
  const {optimizer, batch_size: batch} = built.blueprint;
  const set = (name, value) => turn(name, value).catch((error) => store.set({wrongKnob: {name, text: error.message}}));
  const rate = state.learning_rate;
  const nearest = RATES.reduce((best, value, i) => (Math.abs(Math.log(value / rate)) < Math.abs(Math.log(RATES[best] / rate)) ? i : best), 0);
  return html`<section class="card stack"><header><h2>${t("train.knobs")}</h2></header>
    <${Explained} name=${t("train.lr")} text=${t("train.lr.about")}><${Slider} label=${t("train.lr")} least=${0} most=${RATES.length - 1} value=${nearest} text=${state.texts?.lr ?? rate} onChange=${(i) => set("lr", RATES[i])} /><//>
    <${NumberField} label=${t("train.lr.exact")} value=${rate} wrong=${wrong?.name === "lr"} onChange=${(value) => set("lr", value)} />
    <${Explained} name=${t("train.optimizer")} text=${t("train.optimizer.about")}><${Select} label=${t("train.optimizer")} value=${optimizer.type} options=${choices.optimizers.map(({type, title}) => ({value: type, label: title ?? type}))}
      onChange=${(type) => set("optimizer", {type, lr: optimizer.lr, weight_decay: optimizer.weight_decay})} /><//>
    <${Explained} name=${t("train.l2")} text=${t("train.l2.about")}><${NumberField} label=${t("train.l2")} least=${0} value=${optimizer.weight_decay ?? 0} wrong=${wrong?.name === "weight_decay"} onChange=${(value) => set("weight_decay", value)} /><//>
    <${Explained} name=${t("train.batch_size")} text=${t("train.batch_size.about")}><${NumberField} label=${t("train.batch_size")} step=${1} least=${1} value=${batch} wrong=${wrong?.name === "batch_size"} onChange=${(value) => set("batch_size", value)} /><//>
    <${Explained} name=${t("train.seed")} text=${t("train.seed.about")}><${NumberField} label=${t("train.seed")} step=${1} least=${0} value=${built.blueprint.seed} onChange=${(seed) => rebuild({seed}).catch(tell)} /><//>
    <${Problem} text=${wrong?.text} />
  </section>`;
}

// A field with a question mark that says what it is.
function Explained({name, text, children}) {
  return html`<div class="with-tip">${children}<${Tip} label=${t("train.what", {name})}>${text}<//></div>`;
}
