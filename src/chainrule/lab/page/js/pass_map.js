// Where one is in a pass: its four parts, and the layers in a row, with the way that the numbers go.
import {html, useEffect, useRef} from "./html.js";
import {operationOf} from "./pass_steps.js";
import {t} from "./words.js";

export function Bar({pass, at, onGo}) {
  const phases = [...new Set(pass.steps.map((step) => step.phase))];
  return html`<ol class="pass-phases" aria-label=${t("pass.by")}>${phases.map((phase) => {
    const here = pass.steps[at].phase === phase;
    return html`<li key=${phase}><button type="button" aria-current=${here ? "step" : undefined}
      onClick=${() => onGo(pass.steps.findIndex((step) => step.phase === phase))}>${pass.phases[phase]}</button></li>`;
  })}</ol>`;
}

export function Layers({pass, at, onGo}) {
  const {phase, layer} = pass.steps[at];
  const row = useRef(null);
  const layers = [...new Map(pass.steps.map((step) => [step.layer, step.label])).entries()];
  const forward = layers.filter(([path]) => path !== "loss");
  const back = phase === "backward";
  useEffect(() => {
    const here = row.current.querySelector("[aria-current]");
    if (here) row.current.scrollTo({left: here.offsetLeft - row.current.clientWidth / 2 + here.offsetWidth / 2});
  }, [layer]);
  const button = ([path, label]) => html`<li key=${path}><button type="button" aria-current=${path === layer ? "true" : undefined}
    onClick=${() => onGo(operationOf(pass, {layer: path, phase}))}><strong>${label}</strong><small>${path}</small></button></li>`;
  const loss = layers.filter(([path]) => path === "loss");
  return html`<ol class=${`pass-layers ${back ? "back" : ""}`} ref=${row} tabindex="-1">${[...forward, ...loss].map(button)}</ol>`;
}
