// How it learns: loss, optimizer, schedule of the learning rate, batch size, seed, precision.
import {change, useDraft} from "./build_draft.js";
import {Form} from "./build_forms.js";
import {html} from "./html.js";
import {Equation, NumberField, Select} from "./parts.js";
import {useStore} from "./store.js";
import {t} from "./words.js";

const FIRST = ["lr", "weight_decay"]; // the settings of an optimizer that are looked at first

const only = (entry, names) => ({...entry, settings: entry.settings.filter(({name}) => names.includes(name))});

export function Learning() {
  const {blueprint, built} = useDraft();
  const choices = useStore((known) => known.choices);
  if (!blueprint || !choices) return null;
  const {loss, optimizer, batch_size: batch, seed, dtype} = blueprint;
  const find = (entries, type) => entries.find((entry) => entry.type === type);
  const plain = (entry, kept = {}) => ({type: entry.type, ...Object.fromEntries(entry.settings.map(({name, default: usual}) => [name, usual])), ...kept});
  const scheduled = optimizer.lr !== null && typeof optimizer.lr === "object";
  const rate = scheduled ? optimizer.lr.rate ?? optimizer.lr.after : optimizer.lr;
  const setOptimizer = (changed) => change(() => ({optimizer: changed}));
  const begun = (entry) => plain(entry, {[entry.settings.some(({name}) => name === "rate") ? "rate" : "after"]: rate});
  const setSchedule = (type) => setOptimizer({...optimizer, lr: type === "" ? rate : begun(find(choices.schedules, type))});
  const options = (entries) => entries.map(({type, title}) => ({value: type, label: title ?? type}));
  const lossEntry = loss && find(choices.losses, loss.type);
  const suited = !loss && built && find(choices.losses, built.loss);
  const optimizerEntry = find(choices.optimizers, optimizer.type);
  const scheduleEntry = scheduled && find(choices.schedules, optimizer.lr.type);
  return html`<section class="card stack"><header><h2>${t("build.learning")}</h2></header>
    <${Select} label=${t("build.loss")} value=${loss?.type ?? ""} options=${[{value: "", label: t("build.suits")}, ...options(choices.losses)]}
      onChange=${(type) => change(() => ({loss: type === "" ? null : plain(find(choices.losses, type))}))} />
    ${suited && html`<${Explained} entry=${suited} named />`}
    ${lossEntry && html`<${Explained} entry=${lossEntry} /><${Form} entry=${lossEntry} value=${loss} onChange=${(changed) => change(() => ({loss: changed}))} />`}
    <${Select} label=${t("train.optimizer")} value=${optimizer.type} options=${options(choices.optimizers)}
      onChange=${(type) => setOptimizer(plain(find(choices.optimizers, type), {lr: optimizer.lr}))} />
    ${optimizerEntry && html`<${Explained} entry=${optimizerEntry} /><${Form} entry=${only(optimizerEntry, FIRST)} value=${optimizer} onChange=${setOptimizer} leaveOut=${scheduled ? ["lr"] : []} />`}
    <${Select} label=${t("build.schedule")} value=${scheduled ? optimizer.lr.type : ""} options=${[{value: "", label: t("build.constant")}, ...options(choices.schedules)]} onChange=${setSchedule} />
    ${scheduleEntry && html`<${Explained} entry=${scheduleEntry} /><${Form} entry=${scheduleEntry} value=${optimizer.lr} onChange=${(lr) => setOptimizer({...optimizer, lr})} />`}
    <${NumberField} label=${t("train.batch_size")} step=${1} least=${1} value=${batch} onChange=${(size) => change(() => ({batch_size: size}))} />
    <details><summary>${t("build.more")}</summary><div class="stack">
      ${optimizerEntry && html`<${Form} entry=${optimizerEntry} value=${optimizer} onChange=${setOptimizer} leaveOut=${FIRST} />`}
      <${NumberField} label=${t("train.seed")} step=${1} least=${0} value=${seed} onChange=${(number) => change(() => ({seed: number}))} />
      <${Select} label=${t("build.dtype")} value=${dtype} options=${["float32", "float64"]} onChange=${(name) => change(() => ({dtype: name}))} />
    </div></details>
  </section>`;
}

function Explained({entry, named = false}) {
  return html`<details class="small"><summary>${named ? `${entry.title}: ${entry.about}` : entry.about}</summary>${(entry.equation ?? []).map((tex) => html`<${Equation} tex=${tex} block />`)}</details>`;
}
