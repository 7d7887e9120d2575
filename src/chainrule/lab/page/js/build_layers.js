// The hidden layers as a list: added, removed, moved by dragging or with the arrow keys, each with its settings and shapes.
import {axesOf, change, dropDraft, setLayers, useDraft} from "./build_draft.js";
import {Form} from "./build_forms.js";
import {html, useRef, useState} from "./html.js";
import {Button, Dialog, Equation, Problem} from "./parts.js";
import {useStore} from "./store.js";
import {t} from "./words.js";

export function Layers() {
  const {blueprint, plans, examples, wrong, built} = useDraft();
  const choices = useStore((known) => known.choices);
  const [adding, setAdding] = useState(false);
  const [open, setOpen] = useState(null);
  const [said, setSaid] = useState("");
  const list = useRef(null);
  if (!blueprint || !choices) return null;
  const entries = new Map(choices.layers.flatMap(({entries}) => entries).map((entry) => [entry.type, entry]));
  const {layers} = blueprint;
  const last = plans[layers.length]; // the output, if all before it fit
  const move = (from, to) => {
    if (to < 0 || to >= layers.length || from === to) return;
    setLayers((all) => (all.splice(to, 0, ...all.splice(from, 1)), all)).then(() => list.current?.querySelector(`[data-handle="${to}"]`)?.focus());
    setOpen(open === from ? to : null);
    setSaid(t("build.moved", {layer: layers[from].type, place: to + 1, count: layers.length}));
  };
  const add = (entry) => {
    setAdding(false);
    let place = 0; // changes before may still be on their way
    setLayers((all) => ((place = all.length), [...all, defaults(entry)])).then(() => setOpen(place));
  };
  return html`<section class="card stack"><header><h2>${t("build.layers")}</h2><span class="small faint">${built?.total}</span></header>
    ${wrong && html`<${Problem} text=${wrong.layer === null || wrong.layer === undefined ? wrong.text : t("build.wrong")}><${Button} kind="small" label=${t("build.drop")} onClick=${dropDraft} /><//>`}
    <ol class="layers" ref=${list}>
      <li class="layer fixed"><span class="layer-title">${t("build.input")}</span><span class="small faint">${examples.title}</span><span class="mono small layer-shape">${examples.shape}</span></li>
      ${layers.map((layer, i) => html`<${LayerItem} key=${`${i}${layer.type}`} layer=${layer} entry=${entries.get(layer.type)} i=${i} plan=${plans[i]} wrong=${wrong?.layer === i ? wrong.text : null}
        open=${open === i} onOpen=${() => setOpen(open === i ? null : i)} onMove=${move} list=${list}
        onChange=${(changed) => setLayers((all) => all.map((each, n) => (n === i ? changed : each)))}
        onRemove=${() => (setLayers((all) => all.filter((_, n) => n !== i)), setOpen(null))} />`)}
      ${blueprint.head !== false && html`<li class="layer fixed ${wrong?.layer === layers.length ? "wrong" : ""}"><span class="layer-title">${t("build.output")}</span><span class="small faint">${last?.label}</span>
        <span class="mono small layer-shape">${last?.output}</span><span class="small faint">${last && t("build.parameters", {count: last.parameters})}</span>
        ${wrong?.layer === layers.length && html`<p class="problem" role="alert">${wrong.text}</p>`}</li>`}
    </ol>
    <div class="row"><${Button} kind="primary" label=${t("build.add")} onClick=${() => setAdding(true)} />
      ${choices.presets.filter(({axes}) => axes.includes(axesOf(examples))).map((preset) => html`<${Button} key=${preset.title} label=${preset.title} onClick=${() => change(() => preset.blueprint)} />`)}</div>
    <p class="for-readers" aria-live="polite">${said}</p>
    <${Dialog} title=${t("build.add")} open=${adding} onClose=${() => setAdding(false)}>
      ${choices.layers.map((group) => html`<section class="stack add-group"><h3>${group.group}</h3><div class="add-list">${group.entries.map((entry) => html`
        <button type="button" class="add-entry" key=${entry.type} onClick=${() => add(entry)}><strong>${entry.title ?? entry.type}</strong><span class="small faint">${entry.about}</span></button>`)}</div></section>`)}
    <//>
  </section>`;
}

const defaults = (entry) => ({type: entry.type, ...Object.fromEntries(entry.settings.map(({name, default: usual}) => [name, usual]))});

function LayerItem({layer, entry, i, plan, wrong, open, onOpen, onMove, onChange, onRemove, list}) {
  const [dragged, setDragged] = useState(null);
  const title = entry?.title ?? layer.type;
  const key = (event) => {
    const step = {ArrowUp: -1, ArrowDown: 1}[event.key];
    if (!step) return;
    event.preventDefault();
    onMove(i, i + step);
  };
  const down = (event) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    setDragged({from: event.clientY, by: 0});
  };
  const drag = (event) => dragged && setDragged({...dragged, by: event.clientY - dragged.from});
  const drop = (event) => {
    if (!dragged) return;
    setDragged(null);
    if (Math.abs(event.clientY - dragged.from) < 6) return;
    const others = [...list.current.querySelectorAll(".layer.moved")];
    const above = others.filter((item, n) => n !== i && item.getBoundingClientRect().top + item.offsetHeight / 2 < event.clientY).length;
    onMove(i, above);
  };
  return html`<li class=${`layer moved ${wrong ? "wrong" : ""} ${dragged ? "dragged" : ""}`} style=${dragged ? {transform: `translateY(${dragged.by}px)`} : {}}>
    <button type="button" class="handle" data-handle=${i} aria-label=${t("build.move", {layer: title})} title=${t("build.move", {layer: title})} onKeyDown=${key}
      onPointerDown=${down} onPointerMove=${drag} onPointerUp=${drop} onPointerCancel=${() => setDragged(null)}>⠿</button>
    <button type="button" class="layer-title" aria-expanded=${open} onClick=${onOpen}>${plan?.label ?? title}</button>
    <span class="small faint layer-settings">${entry && summary(entry, layer)}</span>
    <span class="mono small layer-shape">${plan && `${plan.input} → ${plan.output}`}</span>
    <span class="small faint layer-cost">${plan && plan.parameters !== "0" && t("build.parameters", {count: plan.parameters})}</span>
    <button type="button" class="button small quiet" aria-label=${t("build.remove", {layer: title})} title=${t("build.remove", {layer: title})} onClick=${onRemove}>×</button>
    ${wrong && html`<p class="problem" role="alert">${wrong}</p>`}
    ${open && entry && html`<div class="layer-form stack"><p class="small">${entry.about}</p>${(entry.equation ?? []).map((tex) => html`<${Equation} tex=${tex} block />`)}
      <${Form} entry=${entry} value=${layer} onChange=${onChange} /></div>`}
  </li>`;
}

// The settings that are not the usual ones, and the number of units.
function summary(entry, layer) {
  if (layer.type === "Activation") return ""; // its label says it
  return entry.settings.filter(({name, default: usual}, n) => n === 0 || JSON.stringify(layer[name] ?? usual) !== JSON.stringify(usual))
    .map(({name, title, default: usual}) => `${title ?? name} ${told(layer[name] ?? usual)}`).join(" · ");
}

const told = (value) => (Array.isArray(value) ? value.join("×") : value && typeof value === "object" ? value.type : String(value ?? "–"));
