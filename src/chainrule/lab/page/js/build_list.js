// A list of layers: added, removed, moved by dragging or with the arrow keys, each with its settings and shapes; in a block, once more.
import {axesOf} from "./build_draft.js";
import {begun, branchesOf, isOpen, withBranches} from "./build_blocks.js";
import {Form} from "./build_forms.js";
import {html, useRef, useState} from "./html.js";
import {Button, Dialog, Equation} from "./parts.js";
import {useStore} from "./store.js";
import {t} from "./words.js";

/**
 * layers and their plans; `wrong`: {text, place}, where place begins with the number of a layer in this list;
 * `incoming`: what goes in; edit(change) changes the list and resolves when that is done; `path`: where the list is.
 */
export function LayerList({layers, plans, wrong, incoming, edit, path = "", name = t("build.add"), before, after, others}) {
  const choices = useStore((known) => known.choices);
  const [adding, setAdding] = useState(false);
  const [open, setOpen] = useState(null);
  const [said, setSaid] = useState("");
  const list = useRef(null);
  const entries = new Map(choices.layers.flatMap(({entries}) => entries).map((entry) => [entry.type, entry]));
  const last = layers.length ? plans[layers.length - 1] && {units: plans[layers.length - 1].units, axes: axesOf(plans[layers.length - 1].output)} : incoming;
  const move = (from, to) => {
    if (to < 0 || to >= layers.length || from === to) return;
    edit((all) => (all.splice(to, 0, ...all.splice(from, 1)), all)).then(() => list.current?.querySelector(`[data-handle="${path}${to}"]`)?.focus());
    setOpen(open === from ? to : null);
    setSaid(t("build.moved", {layer: layers[from].type, place: to + 1, count: layers.length}));
  };
  const add = (entry) => {
    setAdding(false);
    let place = 0; // changes before may still be on their way
    edit((all) => ((place = all.length), [...all, begun(entry, entries, last)])).then(() => setOpen(place));
  };
  return html`<ol class="layers" ref=${list}>
      ${before}
      ${layers.map((layer, i) => html`<${LayerItem} key=${`${i}${layer.type}`} layer=${layer} entry=${entries.get(layer.type)} i=${i} path=${`${path}${i}`} plan=${plans[i]}
        wrong=${wrong?.place[0] === i ? {...wrong, place: wrong.place.slice(1)} : null} incoming=${i ? plans[i - 1] && {units: plans[i - 1].units, axes: axesOf(plans[i - 1].output)} : incoming}
        open=${open === i} onOpen=${() => setOpen(open === i ? null : i)} onMove=${move} list=${list}
        onChange=${(changed) => edit((all) => all.map((other, n) => (n === i ? changed(other) : other)))}
        onRemove=${() => (edit((all) => all.filter((_, n) => n !== i)), setOpen(null))} />`)}
      ${after}
    </ol>
    <div class="row"><${Button} kind=${path ? "small" : "primary"} label=${name} onClick=${() => setAdding(true)}>${t("build.add")}<//>${others}</div>
    <p class="for-readers" aria-live="polite">${said}</p>
    <${Dialog} title=${name} open=${adding} onClose=${() => setAdding(false)}>
      ${choices.layers.map((group) => html`<section class="stack add-group"><h3>${group.group}</h3><div class="add-list">${group.entries.map((entry) => html`
        <button type="button" class="add-entry" key=${entry.type} onClick=${() => add(entry)}><strong>${entry.title ?? entry.type}</strong><span class="small faint">${entry.about}</span></button>`)}</div></section>`)}
    <//>`;
}

function LayerItem({layer, entry, i, path, plan, wrong, incoming, open, onOpen, onMove, onChange, onRemove, list}) {
  const title = entry?.title ?? layer.type;
  const [dragged, handle] = useDrag(i, onMove, list);
  const branches = entry ? branchesOf(layer, entry) : [];
  const here = wrong && (!wrong.place.length || !branches.length);
  return html`<li class=${`layer moved ${here ? "wrong" : ""} ${dragged ? "dragged" : ""}`} style=${dragged ? {transform: `translateY(${dragged.by}px)`} : {}}>
    <button type="button" class="handle" data-handle=${path} aria-label=${t("build.move", {layer: title})} title=${t("build.move", {layer: title})} ...${handle}>⠿</button>
    <button type="button" class="layer-title" aria-expanded=${open} onClick=${onOpen}>${branches.length ? title : plan?.label ?? title}</button>
    <span class="small faint layer-settings">${entry && summary(entry, layer)}</span>
    <span class="mono small layer-shape">${plan && `${plan.input} → ${plan.output}`}</span>
    <span class="small faint layer-cost">${plan && plan.parameters !== "0" && t("build.parameters", {count: plan.parameters})}</span>
    <button type="button" class="button small quiet" aria-label=${t("build.remove", {layer: title})} title=${t("build.remove", {layer: title})} onClick=${onRemove}>×</button>
    ${here && html`<p class="problem" role="alert">${wrong.text}</p>`}
    ${open && entry && html`<div class="layer-form stack"><p class="small">${entry.about}</p>${(entry.equation ?? []).map((tex) => html`<${Equation} tex=${tex} block />`)}
      <${Form} entry=${entry} value=${layer} onChange=${(changed) => onChange(() => changed)} /></div>`}
    ${branches.length > 0 && html`<${Branches} entry=${entry} branches=${branches} plans=${plan?.branches ?? wrong?.branches ?? []} wrong=${here ? null : wrong} incoming=${incoming} path=${path} onChange=${onChange} />`}
  </li>`;
}

function Branches({entry, branches, plans, wrong, incoming, path, onChange}) {
  const change = (lists) => onChange((layer) => withBranches(layer, entry, lists(branchesOf(layer, entry).map(({layers}) => [...layers]))));
  return html`<div class="branches">${branches.map(({name, layers}, number) => html`<section class="branch stack" key=${number}>
      <h3 class="small">${name} ${!layers.length && html`<span class="faint">${t("build.branch.empty")}</span>`}
        ${isOpen(entry) && branches.length > 1 && html`<${Button} kind="small quiet" label=${t("build.branch.remove", {number: number + 1})} onClick=${() => change((lists) => lists.filter((_, n) => n !== number))}>×<//>`}</h3>
      <${LayerList} layers=${layers} plans=${plans[number] ?? []} incoming=${incoming} path=${`${path}.${number}.`} name=${t("build.branch.layer", {branch: name})}
        wrong=${wrong?.place[0] === number ? {text: wrong.text, place: wrong.place.slice(1)} : null}
        edit=${(edited) => change((lists) => lists.map((list, n) => (n === number ? edited(list) : list)))} /></section>`)}
    ${isOpen(entry) && html`<div><${Button} kind="small" label=${t("build.branch.add")} onClick=${() => change((lists) => [...lists, []])} /></div>`}</div>`;
}

// Where a layer is dragged to, and what its handle listens to.
function useDrag(i, onMove, list) {
  const [dragged, setDragged] = useState(null);
  const onKeyDown = (event) => {
    const step = {ArrowUp: -1, ArrowDown: 1}[event.key];
    if (!step) return;
    event.preventDefault();
    onMove(i, i + step);
  };
  const onPointerDown = (event) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    setDragged({from: event.clientY, by: 0});
  };
  const onPointerMove = (event) => dragged && setDragged({...dragged, by: event.clientY - dragged.from});
  const onPointerUp = (event) => {
    if (!dragged) return;
    setDragged(null);
    if (Math.abs(event.clientY - dragged.from) < 6) return;
    const others = [...list.current.querySelectorAll(":scope > .layer.moved")];
    const above = others.filter((item, n) => n !== i && item.getBoundingClientRect().top + item.offsetHeight / 2 < event.clientY).length;
    onMove(i, above);
  };
  return [dragged, {onKeyDown, onPointerDown, onPointerMove, onPointerUp, onPointerCancel: () => setDragged(null)}];
}

// The settings that are not the usual ones, and the number of units; the layers of a block stand below it.
function summary(entry, layer) {
  if (layer.type === "Activation" || branchesOf(layer, entry).length) return ""; // its label says it
  return entry.settings.filter(({name, default: usual}, n) => n === 0 || JSON.stringify(layer[name] ?? usual) !== JSON.stringify(usual))
    .map(({name, title, default: usual}) => `${title ?? name} ${told(layer[name] ?? usual)}`).join(" · ");
}

const told = (value) => (Array.isArray(value) ? value.join("×") : value && typeof value === "object" ? value.type : String(value ?? "–"));
