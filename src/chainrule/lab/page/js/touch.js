// Touch it: a weight or an input set by hand, a unit switched off, the learning rate tried; and what followed.
import {api} from "./api.js";
import {html, useEffect, useRef, useState} from "./html.js";
import {Button, NumberField, Problem} from "./parts.js";
import {store} from "./store.js";
import {t} from "./words.js";

/** What can be done by hand at the number that was asked about. */
export function Touch({pass, why, onPass}) {
  const [value, setValue] = useState(null);
  const [problem, setProblem] = useState(null);
  const typed = useRef(null); // the number that a value was typed for: asking about it anew keeps the value
  useEffect(() => {
    if (why && why.set?.path !== typed.current) {
      setValue(why.set?.value ?? null);
      typed.current = null;
    }
    setProblem(null);
  }, [why]);
  const go = async (path, body) => {
    try {
      onPass(await api.post(path, {id: pass, ...body}));
      setProblem(null);
    } catch (error) {
      setProblem(error.message);
    }
  };
  const type = (number) => {
    typed.current = why.set.path;
    setValue(number);
  };
  const submit = (event) => {
    event.preventDefault();
    go("api/touch/number", {path: why.set.path, value});
  };
  if (!why?.set && !why?.unit) return null;
  return html`<div class="stack touch"><h3>${t("touch.title")}</h3>
    ${why.set && html`<form class="row touch-set" onSubmit=${submit}>
      <${NumberField} label=${t("touch.set", {name: why.set.path})} value=${value} onChange=${type} />
      <button type="submit" class="button primary">${t("touch.try")}</button></form>`}
    ${why.unit && html`<div><${Button} label=${t("touch.unit", {...why.unit})} onClick=${() => go("api/touch/unit", why.unit)} /></div>`}
    <${Problem} text=${problem} />
  </div>`;
}

/** What followed from what was changed by hand. */
export function Effect({pass, effect, onUndo}) {
  const [said, setSaid] = useState(null);
  const keep = async () => {
    try {
      const {state, built} = await api.post("api/touch/keep", {id: pass});
      store.setState(state, {built});
      setSaid({text: t("touch.kept")});
    } catch (error) {
      setSaid({text: error.message, wrong: true});
    }
  };
  return html`<section class="card effect" aria-live="polite"><header><h2>${t("touch.changes")}</h2></header><div class="stack">
    <ul class="changes mono">${effect.changes.map((change) => html`<li key=${change}>${change}</li>`)}</ul>
    <div class="table-frame"><table><thead><tr><th></th><th scope="col">${t("touch.before")}</th><th scope="col">${t("touch.after")}</th><th scope="col">${t("touch.change")}</th></tr></thead>
      <tbody><tr><th scope="row">${t("touch.loss")}</th><td>${effect.loss.before}</td><td><strong>${effect.loss.after}</strong></td><td>${effect.loss.change}</td></tr>
      ${effect.examples.map((example) => html`<tr key=${example.row}><th scope="row">${t("touch.example", {...example})}</th>
        <td>${example.before}</td><td><strong>${example.after}</strong></td><td></td></tr>`)}</tbody></table></div>
    <p class="faint small">${t("touch.marked")}</p>
    <div class="row"><${Button} label=${t("touch.undo")} onClick=${onUndo} />
      ${effect.keeps ? html`<${Button} label=${t("touch.keep")} onClick=${keep} />` : html`<span class="faint small">${t("touch.not.kept")}</span>`}</div>
    ${said && html`<p class=${said.wrong ? "problem" : "note"}>${said.text}</p>`}
  </div></section>`;
}

/** The learning rate's what-if: the loss along minus the gradient. */
export function Rates({pass, open, onOpen}) {
  const [tried, setTried] = useState(null);
  const [problem, setProblem] = useState(null);
  useEffect(() => {
    if (open) api.post("api/touch/rate", {id: pass}).then(setTried, (error) => setProblem(error.message));
  }, [pass, open]);
  return html`<details class="card rates" open=${open} onToggle=${(event) => onOpen(event.target.open)}>
    <summary>${t("touch.rate")}</summary>
    <${Problem} text=${problem} />
    ${tried && open && html`<div class="stack"><p>${tried.sentence}</p><${RateChart} tried=${tried} /></div>`}</details>`;
}

const DASHES = ["", "7 4"];

function RateChart({tried}) {
  const {now, start} = tried;
  return html`<figure class="rate-chart"><svg viewBox="-140 -44 1170 644" role="img" aria-label=${t("touch.rate.chart")}>
    ${tried.x.map((tick) => html`<g key=${tick.text}><line class="grid" x1=${tick.at} x2=${tick.at} y1="0" y2="500" /><text x=${tick.at} y="536" text-anchor="middle">${tick.text}</text></g>`)}
    ${tried.y.map((tick) => html`<g key=${tick.text}><line class="grid" x1="0" x2="1000" y1=${tick.at} y2=${tick.at} /><text x="-10" y=${tick.at} dy="10" text-anchor="end">${tick.text}</text></g>`)}
    <text x="1000" y="586" text-anchor="end">${t("touch.rate.axis")} →</text>
    <line class="start" x1="0" x2="1000" y1=${start.y} y2=${start.y} />
    <clipPath id="rate-room"><rect x="0" y="0" width="1000" height="504" /></clipPath>
    ${tried.curves.map((curve, i) => html`<polyline key=${curve.name} class=${`curve curve-${i}`} stroke-dasharray=${DASHES[i]} points=${curve.points} clip-path="url(#rate-room)" />`)}
    <line class="now" x1=${now.x} x2=${now.x} y1="0" y2="500" /><text class="now-text" x=${now.x} y="-12" text-anchor="middle">${t("touch.rate.now", {...now})}</text>
    ${tried.curves.map((curve, i) => curve.best && html`<circle key=${curve.name} class=${`best curve-${i}`} cx=${curve.best.x} cy=${curve.best.y} r="9" />`)}
  </svg><figcaption class="legend small">${tried.curves.map((curve, i) => html`<span key=${curve.name}>
    <svg class="key" viewBox="0 0 40 12" aria-hidden="true"><line class=${`curve curve-${i}`} x1="0" x2="40" y1="6" y2="6" stroke-dasharray=${DASHES[i]} /></svg>
    ${curve.name}${curve.best && html` <span class="faint">(${t("touch.rate.best", {...curve.best})})</span>`}</span>`)}</figcaption></figure>`;
}
