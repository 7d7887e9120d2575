// Why a number is what it is: a tree of terms that opens up to the loss, or down to the inputs.
import {api} from "./api.js";
import {html, useEffect, useState} from "./html.js";
import {Button, Equation, Problem} from "./parts.js";
import {t} from "./words.js";

/** The explanation of a number; `onTold` gets it, so that others can offer what is to be done with that number. */
export function Why({pass, path, onShow, onAsk, onTold}) {
  return html`<div class="why" aria-live="polite">
    ${path ? html`<${Explained} key=${`${pass} ${path}`} pass=${pass} ask=${{path, open: []}} root onShow=${onShow} onAsk=${onAsk} onTold=${onTold} />`
      : html`<p class="faint">${t("why.empty")}</p><p class="faint small">${t("touch.intro")}</p>`}</div>`;
}

function Explained({pass, ask, root = false, onShow, onAsk, onTold}) {
  const [why, setWhy] = useState(null);
  const [problem, setProblem] = useState(null);
  const load = async (more = {}) => {
    try {
      const told = await api.post("api/why", {id: pass, ...ask, ...more});
      setWhy(told);
      setProblem(null);
      onTold?.(told);
    } catch (error) {
      setProblem(error.message);
    }
  };
  useEffect(() => {
    load();
  }, []);
  if (problem) return html`<${Problem} text=${problem} />`;
  if (!why) return html`<p class="faint">${t("pass.loading")}</p>`;
  return html`<div class=${root ? "explained" : "explained nested"}>
    ${root && why.parameter && html`<p class="why-parameter"><code>${t("why.parameter", {...why.parameter})}</code>
      ${why.parameter.update && html` <${Button} kind="small" label=${t("why.update")} onClick=${() => onAsk(why.parameter.update)} />`}</p>`}
    <p class="why-said">${why.said}</p>
    ${why.formula && html`<div class="formula"><${Equation} tex=${why.formula} block /></div>`}
    ${why.update && html`<${Update} rows=${why.update} onAsk=${onAsk} />`}
    <${Terms} why=${why} pass=${pass} load=${load} onShow=${onShow} />
    ${why.facts.length > 0 && html`<ul class="facts">${why.facts.map((fact) => html`<li key=${fact.name}>
      <button type="button" class="linked" onClick=${() => onAsk?.(fact.ask.path)}><code>${fact.name} = ${fact.value}</code></button></li>`)}</ul>`}
    ${why.remarks.map((remark) => html`<p class=${remark.good ? "remark note" : "remark problem"}>${remark.text}</p>`)}
    <div class="row">
      ${why.compares && !why.remarks.length && html`<${Button} kind="small" label=${t("why.compare")} onClick=${() => load({difference: true})} />`}
      ${why.operation !== null && html`<${Button} kind="small quiet" label=${t("why.show")} onClick=${() => onShow(why.operation)} />`}</div>
    ${root && why.equations.length > 0 && html`<details><summary class="small">${t("why.equations")}</summary>
      <div class="equations">${why.equations.map((tex) => html`<${Equation} key=${tex} tex=${tex} block />`)}</div></details>`}
  </div>`;
}

function Terms({why, pass, load, onShow}) {
  if (!why.terms.length) return null;
  return html`<ul class="terms">
    ${why.terms.map((term, i) => html`<${Term} key=${i} term=${term} pass=${pass} onShow=${onShow} />`)}
    ${why.rest && html`<li class="term">${why.rest.more ? html`<button type="button" class="term-line" onClick=${() => load({all: true})}>
      <span class="term-bar"></span><span class="mono product">${why.rest.product}</span><span class="sides">${t("why.more", {...why.rest})}</span></button>`
      : html`<div class="term-line"><span class="term-bar"></span><span class="mono product">${why.rest.product}</span><span class="sides">${t("why.rest", {...why.rest})}</span></div>`}</li>`}
    ${why.total && html`<li class="term total"><div class="term-line"><span class="term-bar"></span><span class="mono product">${why.total}</span>
      <span class="sides">${t("why.total")}</span></div></li>`}</ul>`;
}

// Lines break between names, and not inside of them.
const unbroken = (side) => side.replace(/, | = /g, (between) => between.replaceAll(" ", "\u00a0"));

function Term({term, pass, onShow}) {
  const [open, setOpen] = useState(false);
  const sides = [term.factor, term.number].filter(Boolean).map(unbroken).join(" × ");
  const line = html`<span class=${`term-bar ${term.percent < 0 ? "negative" : "positive"}`} style=${{"--share": `${Math.abs(term.percent)}%`}}></span>
    <span class="mono product">${term.product}</span><span class="sides mono">${sides}</span>`;
  if (!term.opens) return html`<li class="term"><div class="term-line">${line}</div></li>`;
  return html`<li class="term"><button type="button" class="term-line" aria-expanded=${open} onClick=${() => setOpen(!open)}>${line}</button>
    ${open && html`<${Explained} pass=${pass} ask=${term.ask} onShow=${onShow} />`}</li>`;
}

function Update({rows, onAsk}) {
  return html`<table class="update"><tbody>${rows.map((row) => html`<tr key=${row.label}><th scope="row">${row.label}</th>
    <td class="mono">${row.ask ? html`<button type="button" class="linked" onClick=${() => onAsk(row.ask.path)}>${row.value}</button>` : row.value}</td></tr>`)}</tbody></table>`;
}
