// The layers of the network: what goes in, the hidden layers, and the output that is added to them.
import {axesOf, change, dropDraft, setLayers, useDraft} from "./build_draft.js";
import {LayerList} from "./build_list.js";
import {html} from "./html.js";
import {Button, Problem} from "./parts.js";
import {useStore} from "./store.js";
import {t} from "./words.js";

export function Layers() {
  const {blueprint, plans, examples, wrong, built} = useDraft();
  const choices = useStore((known) => known.choices);
  if (!blueprint || !choices) return null;
  const {layers} = blueprint;
  const axes = axesOf(examples.shape);
  const placed = wrong && wrong.layer !== null && wrong.layer !== undefined;
  const input = html`<li class="layer fixed"><span class="layer-title">${t("build.input")}</span><span class="small faint">${examples.title}</span><span class="mono small layer-shape">${examples.shape}</span></li>`;
  return html`<section class="card stack"><header><h2>${t("build.layers")}</h2><span class="small faint">${built?.total}</span></header>
    ${wrong && html`<${Problem} text=${placed ? t("build.wrong") : wrong.text}><${Button} kind="small" label=${t("build.drop")} onClick=${dropDraft} /><//>`}
    <${LayerList} layers=${layers} plans=${plans} incoming=${{units: examples.units, axes}} edit=${setLayers}
      wrong=${placed ? {text: wrong.text, place: [wrong.layer, ...wrong.inside], branches: wrong.branches} : null} before=${input}
      after=${blueprint.head !== false && html`<${Output} plan=${plans[layers.length]} wrong=${placed && wrong.layer === layers.length ? wrong.text : null} />`}
      others=${choices.presets.filter((preset) => preset.axes.includes(axes)).map((preset) => html`<${Button} key=${preset.title} label=${preset.title} onClick=${() => change(() => preset.blueprint)} />`)} />
  </section>`;
}

// Its plan is there if all layers before it fit.
function Output({plan, wrong}) {
  return html`<li class=${`layer fixed ${wrong ? "wrong" : ""}`}><span class="layer-title">${t("build.output")}</span><span class="small faint">${plan?.label}</span>
    <span class="mono small layer-shape">${plan?.output}</span><span class="small faint">${plan && t("build.parameters", {count: plan.parameters})}</span>
    ${wrong && html`<p class="problem" role="alert">${wrong}</p>`}</li>`;
}
