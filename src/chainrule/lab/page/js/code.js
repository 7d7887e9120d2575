// "My code": the learner's file beside the checker's report, and their numbers beside the right ones.
import {api} from "./api.js";
import {OwnNumbers} from "./code_numbers.js";
import {html, useEffect, useRef, useState} from "./html.js";
import {Button, Problem} from "./parts.js";
import {want} from "./stream.js";
import {t} from "./words.js";

const LOOK = 1000; // milliseconds between two looks whether the file was saved

export function Code() {
  const [report, setReport] = useState(null);
  const [problem, setProblem] = useState(null);
  const [chosen, setChosen] = useState(null);
  useEffect(() => want([]), []); // the state alone
  useEffect(() => {
    let over = false;
    let known = "";
    const look = async () => {
      try {
        const answer = await api.get(`api/learner?known=${known}`);
        if (over) return;
        if (!answer.same) setReport(answer);
        known = answer.version ?? known;
        setProblem(null);
      } catch (error) {
        if (!over) setProblem(error.message);
      }
      if (!over) setTimeout(look, LOOK);
    };
    look();
    return () => {
      over = true;
    };
  }, []);
  if (!report) return html`<section class="card"><p aria-live="polite">${problem ?? t("learners.checking")}</p></section>`;
  if (!report.file) return html`<${NoFile} />`;
  const at = report.functions.find((each) => each.name === chosen) ?? report.functions.find((each) => each.status === "wrong") ?? report.functions[0];
  return html`<div class="my-code">
    <section class="card stack my-functions">
      <header><h2 class="mono">${report.file}</h2><p class=${`outcome ${report.outcome}`} role="status">${report.summary}</p></header>
      <${Problem} text=${problem} />
      ${report.problem && html`<div class="note">${report.problem.map((line) => html`<p>${line}</p>`)}</div>`}
      <${Functions} functions=${report.functions} at=${at} onChoose=${setChosen} />
      ${report.unmatched && html`<p class="small faint">${report.unmatched}</p>`}
      ${report.others.map((finding) => html`<${Finding} key=${report.version + finding.index} finding=${finding} />`)}
      <p class="small faint">${t("learners.watched")}</p>
    </section>
    ${at && html`<${Chosen} key=${report.version + at.name} shown=${at} />`}
    <${OwnNumbers} version=${report.version} chosen=${at?.name} onChoose=${setChosen} />
  </div>`;
}

function NoFile() {
  return html`<section class="card stack"><h2>${t("learners.none")}</h2><p>${t("learners.none.how")}</p>
    <pre class="code">chainrule lab my_backprop.py</pre><p class="faint">${t("learners.none.safe")}</p></section>`;
}

function Functions({functions, at, onChoose}) {
  return html`<ul class="function-list" aria-label=${t("learners.functions")}>${functions.map((each) => html`<li key=${each.name}>
    <button type="button" class="own-function" aria-current=${each === at ? "true" : undefined} onClick=${() => onChoose(each.name)}>
      <span class=${`standing ${each.status}`} aria-hidden="true">${each.mark}</span>
      <code>${each.name}</code><span class="small faint">${each.place}</span>
      <span class="for-readers">${each.status_text}</span>
    </button></li>`)}</ul>`;
}

function Chosen({shown}) {
  return html`<section class="card stack my-function" aria-label=${shown.name}>
    <header><h2 class="mono">${shown.name}</h2><span class=${`standing ${shown.status}`}>${shown.mark} ${shown.status_text}</span></header>
    ${shown.reason && html`<p>${shown.reason}</p><p class="faint">${shown.advice}</p>`}
    ${shown.findings.map((finding) => html`<${Finding} key=${finding.index} finding=${finding} />`)}
    <${Lines} lines=${shown.code} name=${shown.name} />
  </section>`;
}

function Finding({finding}) {
  const [lines, setLines] = useState([finding.said]);
  const [problem, setProblem] = useState(null);
  const more = async () => {
    try {
      setLines((await api.post("api/learner/hint", {finding: finding.index, level: lines.length + 1})).lines);
    } catch (error) {
      setProblem(error.message);
    }
  };
  return html`<div class=${`finding ${finding.severity}`}><h3>${finding.title}</h3>
    <div aria-live="polite">${lines.map((line) => html`<p>${line}</p>`)}</div>
    ${finding.measured && html`<p class="mono small">${finding.measured}</p>`}
    <${Problem} text=${problem} />
    ${lines.length < finding.levels && html`<div><${Button} kind="small" label=${t("learners.hint", {level: lines.length + 1, levels: finding.levels})} onClick=${more} /></div>`}
    ${finding.repro.length > 0 && html`<details><summary>${t("learners.repro")}</summary><pre class="code" tabindex="0">${finding.repro.join("\n")}</pre></details>`}
  </div>`;
}

function Lines({lines, name}) {
  const place = useRef(null);
  useEffect(() => place.current?.querySelector("mark")?.scrollIntoView({block: "nearest"}), []);
  if (!lines.length) return null;
  return html`<pre class="code numbered" tabindex="0" aria-label=${t("learners.code", {name})} ref=${place}>${lines.map(({number, text, marked}) =>
    (marked ? html`<mark><i>${number}</i>${text}\n</mark>` : html`<span><i>${number}</i>${text}\n</span>`))}</pre>`;
}
