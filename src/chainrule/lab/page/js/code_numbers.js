// The learner's own functions on the examples on the screen: their numbers beside the right ones.
import {build} from "./actions.js";
import {api} from "./api.js";
import {html, useEffect, useState} from "./html.js";
import {Button, Problem} from "./parts.js";
import {blueprintText, store, useStore} from "./store.js";
import {t} from "./words.js";

const MARKS = {same: "✓", differs: "✗", raised: "✗", "no-place": "–"};
const KEPT = 5; // examples at once

export function OwnNumbers({version, chosen, onChoose}) {
  const built = useStore(blueprintText);
  const [first, setFirst] = useState(() => store.get().rows?.[0] ?? 0); // where the pass stands
  const [answer, setAnswer] = useState(null);
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    try {
      setAnswer(await api.post("api/learner/run", {examples: Array.from({length: KEPT}, (_, i) => first + i)}));
      setProblem(null);
    } catch (error) {
      setProblem(error.message);
    }
    setBusy(false);
  };
  useEffect(() => {
    run();
  }, [version, built, first]);
  const shown = answer?.functions.find((each) => each.function === chosen);
  return html`<section class="card stack own-numbers" aria-label=${t("learners.numbers")}>
    <header><h2>${t("learners.numbers")}</h2><${Button} kind="small" label=${t("learners.again")} disabled=${busy} onClick=${run} /></header>
    <p class="small faint">${t("learners.numbers.about")}</p>
    <div class="row"><label class="field short"><span class="field-name">${t("learners.first")}</span>
      <input type="number" min="0" value=${first} onChange=${(event) => setFirst(Math.max(0, event.target.valueAsNumber || 0))} /></label>
      ${answer && html`<span class="small faint">${t("learners.examples", {numbers: answer.examples.join(", ")})}</span>`}</div>
    <div aria-live="polite">${busy && html`<p class="faint">${t("learners.running")}</p>`}</div>
    <${Problem} text=${problem ?? answer?.problem} />
    ${answer && html`<ul class="function-list">${answer.functions.map((each) => html`<li key=${each.function}>
      <button type="button" class="own-function" aria-current=${each.function === chosen ? "true" : undefined} onClick=${() => onChoose(each.function)}>
        <span class=${`standing ${each.status}`} aria-hidden="true">${MARKS[each.status]}</span><code>${each.function}</code>
        <span class="small">${each.said}</span></button></li>`)}</ul>`}
    ${answer?.suggested && html`<div><${Button} kind="small" label=${t("learners.suggest")} onClick=${() => build(answer.suggested).catch((error) => setProblem(error.message))} /></div>`}
    ${shown && shown.tries.map((tried) => html`<${Tried} key=${shown.function + tried.title} tried=${tried} />`)}
  </section>`;
}

function Tried({tried}) {
  return html`<details class="tried" open=${tried.status !== "same"}>
    <summary><span class=${`standing ${tried.status}`}>${MARKS[tried.status]}</span> ${tried.title}</summary>
    <p>${tried.said}</p>
    ${tried.in_pass && html`<div><${Button} kind="small" label=${t("learners.in_pass")} onClick=${() => store.go("pass", tried.in_pass)} /></div>`}
    ${tried.quantities.map((quantity) => html`<${Quantity} key=${quantity.name} ...${quantity} />`)}
  </details>`;
}

function Quantity({name, shape, status, said, table, alone}) {
  return html`<figure class="quantity"><figcaption><strong class="mono">${name}</strong> <span class="faint mono">${shape}</span> ${said}</figcaption>
    <div class="sides">
      <${Side} title=${t("learners.theirs")} name=${name} table=${table} side="theirs" alone=${alone} missing=${status !== "same" && !table.cells.some((row) => row.some((cell) => cell.theirs))} />
      <${Side} title=${t("learners.right")} name=${name} table=${table} side="right" />
    </div>
    ${table.left_out > 0 && html`<p class="small faint">${t("learners.left_out", {count: table.left_out})}</p>`}</figure>`;
}

function Side({title, name, table, side, alone, missing = false}) {
  if (missing) return html`<div class="side"><p class="small faint">${title}</p><p class="mono">${alone || "–"}</p></div>`;
  const isFirst = (i, j) => table.first && table.rows[i] === table.first[0] && table.columns[j] === table.first[1];
  return html`<div class="side table-frame" tabindex="0" role="region" aria-label=${`${name}: ${title}`}><table>
    <caption class="small faint">${title}</caption>
    <thead><tr><td></td>${table.columns.map((number) => html`<th scope="col">${number}</th>`)}</tr></thead>
    <tbody>${table.cells.map((row, i) => html`<tr><th scope="row">${table.rows[i]}</th>${row.map((cell, j) => html`
      <td class=${cell.differs ? (isFirst(i, j) ? "differs first" : "differs") : ""}>${cell[side]}${cell.differs && html`<span class="for-readers"> ${t("learners.differs")}</span>`}</td>`)}</tr>`)}</tbody>
  </table></div>`;
}
