// The room in which one pass is seen: forward, loss, backward, update, one operation or one layer at a time.
import {act} from "./actions.js";
import {api} from "./api.js";
import {Cells} from "./cells.js";
import {html, useEffect, useRef, useState} from "./html.js";
import {Button, Equation, NumberField, Problem, Select} from "./parts.js";
import {Bar, Layers} from "./pass_map.js";
import {fetchStep, fetchWindow, knownParts} from "./pass_parts.js";
import {groupOf, groupsOf, operationOf} from "./pass_steps.js";
import {store, useStore} from "./store.js";
import {want} from "./stream.js";
import {Effect, Rates, Touch} from "./touch.js";
import {Why} from "./why.js";
import {t} from "./words.js";

const BATCHES = ["1", "2", "4", "8"];
// What is looked at stays so while another room is shown.
let kept = {pass: null, origin: null, at: 0, by: "operation", path: null, sheet: false, first: 0, batch: "1", of: "example", training: true, rates: false, followed: null};

export function Pass() {
  const [seen, setSeen] = useState(kept);
  const [problem, setProblem] = useState(null);
  const [why, setWhy] = useState(null);
  const language = useStore((known) => known.language);
  const details = useStore((known) => known.details);
  const version = useStore((known) => known.state?.version);
  const show = (patch) => {
    kept = {...kept, ...patch};
    setSeen(kept);
  };
  const run = async (patch = {}, path = "api/pass") => {
    kept = {...kept, ...patch};
    try {
      const {first, batch, of, training} = kept;
      const examples = Array.from({length: Number(batch)}, (_, i) => first + i);
      const pass = await api.post(path, {training, ...(of === "next" ? {next: true} : {examples})});
      show({pass, origin: null, at: Math.min(kept.at, pass.steps.length - 1)});
      store.set({rows: pass.examples.map((example) => example.row)});
      setProblem(null);
    } catch (error) {
      setProblem(error.message);
    }
  };
  useEffect(() => want([]), []); // the state alone, to know when the network has changed
  useEffect(() => {
    run();
  }, [language]);
  useEffect(() => {
    if (details?.room !== "pass" || details === kept.followed || !seen.pass) return;
    if (details.example !== undefined) run({of: "example", first: details.example, followed: details});
    else if (details.what === "rate") show({rates: true, followed: details});
    else show({at: operationOf(seen.pass, details), path: details.path ?? seen.path, followed: details});
  }, [details, seen.pass?.id]);
  const {pass, at, by} = seen;
  const groups = pass ? groupsOf(pass.steps, by) : [];
  const place = pass ? groupOf(groups, at) : 0;
  const go = (to) => groups[to] && show({at: groups[to][0]});
  useKeys({ArrowLeft: () => go(place - 1), ArrowRight: () => go(place + 1), Home: () => go(0), End: () => go(groups.length - 1)});
  const ask = (path) => {
    setWhy(null);
    show({path, sheet: true});
  };
  const sheet = useRef(null);
  useEffect(() => {
    if (pass?.effect) sheet.current.scrollTop = 0;
  }, [seen.pass?.id]);
  const touched = (next) => show({pass: next, origin: kept.origin ?? kept.pass, at: Math.min(kept.at, next.steps.length - 1)});
  return html`<div class=${`pass ${seen.sheet ? "with-sheet" : ""}`}>
    <section class="card pass-head"><header><h2>${t("pass.title")}</h2></header>
      <p class="small faint">${t("pass.intro")}</p>
      <${Examples} seen=${seen} onRun=${run} stale=${pass && version !== undefined && pass.version !== undefined && version !== pass.version} />
      <${Problem} text=${problem} />
      ${pass && html`<p class="small">${pass.headline}</p>`}
      ${pass?.mode.matters && html`<p class="small">${pass.mode.said}</p>`}
    </section>
    ${pass && html`
      <section class="card pass-where"><${Bar} pass=${pass} at=${at} onGo=${(to) => show({at: to})} />
        <div class="pass-way"><${Controls} place=${place} count=${groups.length} by=${by} onGo=${go} onBy=${(value) => show({by: value})} />
          <${Layers} pass=${pass} at=${at} onGo=${(to) => show({at: to})} /></div></section>
      <div class="pass-grid"><div class="stack">
        <section class="card pass-step">
          ${groups[place].map((number) => html`<${Step} key=${`${pass.id} ${number}`} pass=${pass} number=${number} chosen=${seen.path} onAsk=${ask} />`)}
          <p class="small faint wide-only">${t("pass.keys")}</p></section>
      </div>
      <aside class="stack pass-aside"><div class=${`stack pass-sheet ${seen.sheet ? "open" : ""}`} ref=${sheet}>
        ${pass.effect && html`<${Effect} key=${pass.id} pass=${pass.id} effect=${pass.effect} onUndo=${() => show({pass: kept.origin, origin: null})} />`}
        <section class="card pass-why"><header><h2>${t("why.title")}</h2>
          ${seen.path && html`<${Button} kind="small quiet" label=${t("why.close")} onClick=${() => show({path: null, sheet: false})}>×<//>`}</header>
          <${Why} pass=${pass.id} path=${seen.path} onShow=${(to) => show({at: to})} onAsk=${ask} onTold=${setWhy} />
          <${Touch} pass=${pass.id} why=${seen.path ? why : null} onPass=${touched} /></section></div>
        <${Rates} pass=${pass.id} open=${seen.rates} onOpen=${(rates) => show({rates})} />
      </aside></div>`}
  </div>`;
}

function Controls({place, count, by, onGo, onBy}) {
  const last = count - 1;
  return html`<div class="pass-controls row">
    <${Button} label=${t("pass.first")} disabled=${place === 0} onClick=${() => onGo(0)}>|◀<//>
    <${Button} kind="primary" label=${t("pass.back")} disabled=${place === 0} onClick=${() => onGo(place - 1)}>◀<//>
    <span class="pass-place mono" aria-live="polite">${t("pass.place", {number: place + 1, count})}</span>
    <${Button} kind="primary" label=${t("pass.next")} disabled=${place === last} onClick=${() => onGo(place + 1)}>▶<//>
    <${Button} label=${t("pass.last")} disabled=${place === last} onClick=${() => onGo(last)}>▶|<//>
    <${Select} label=${t("pass.by")} hidden value=${by} onChange=${onBy}
      options=${[{value: "operation", label: t("pass.by.operation")}, {value: "layer", label: t("pass.by.layer")}]} /></div>`;
}

function Examples({seen, onRun, stale}) {
  const {pass, first, batch, of, training} = seen;
  const canBack = useStore((known) => known.state?.can_back);
  const last = pass?.last ?? seen.origin?.last ?? 0;
  const byNumber = html`<div class="pass-which">
    <${Button} label=${t("pass.example.before")} disabled=${first === 0} onClick=${() => onRun({first: first - 1})}>◀<//>
    <${NumberField} label=${t("pass.example")} value=${first} least=${0} step=${1} onChange=${(value) => onRun({first: value ?? 0})} />
    <${Button} label=${t("pass.example.after")} disabled=${first >= last} onClick=${() => onRun({first: first + 1})}>▶<//></div>
    <${Select} label=${t("pass.batch")} value=${batch} options=${BATCHES} onChange=${(value) => onRun({batch: value})} />`;
  return html`<div class="row pass-examples">
    <${Select} label=${t("pass.of")} value=${of} onChange=${(value) => onRun({of: value})}
      options=${[{value: "example", label: t("pass.of.example")}, {value: "next", label: t("pass.of.next")}]} />
    ${of === "next" ? html`<${Button} label=${t("pass.step.back")} disabled=${!canBack} onClick=${() => act("back").then(() => onRun())}>◀<//>
      <${Button} kind="primary" label=${t("pass.step")} onClick=${() => onRun({}, "api/pass/step")} />` : byNumber}
    ${pass?.mode.matters && html`<${Select} label=${t("pass.mode")} value=${training ? "training" : "prediction"} onChange=${(value) => onRun({training: value === "training"})}
      options=${[{value: "training", label: t("pass.mode.training")}, {value: "prediction", label: t("pass.mode.prediction")}]} />`}
    <${Button} label=${t("pass.run")} onClick=${() => onRun()} />
    ${stale && html`<span class="small stale">${t("pass.stale")}</span>`}
    <ul class="answers small">${pass?.examples.map((example) => html`<li key=${example.row}><strong>${t("touch.example", {...example})}</strong>${" "}
      ${t("pass.target", {...example})} · ${t("pass.answer", {...example})}</li>`)}
      ${pass?.others > 0 && html`<li class="faint">${t("pass.others", {others: pass.others})}</li>`}</ul></div>`;
}

function Step({pass, number, chosen, onAsk}) {
  const step = pass.steps[number];
  const [parts, setParts] = useState(() => knownParts(pass, step));
  const [problem, setProblem] = useState(null);
  const add = (more) => setParts((known) => ({...known, ...more}));
  const fail = (error) => setProblem(error.message);
  useEffect(() => {
    const ahead = () => [number + 1, number - 1].forEach((other) => pass.steps[other] && fetchStep(pass, pass.steps[other]).catch(() => null));
    fetchStep(pass, step).then(add, fail).then(ahead);
  }, []);
  const cells = (name, role) => parts[name] && html`<${Cells} key=${name} part=${parts[name]} role=${role} chosen=${chosen} onAsk=${onAsk}
    onMove=${(place) => fetchWindow(pass, name, place).then(add, fail)} />`;
  return html`<article class="step">
    <h3><span class="badge">${pass.phases[step.phase]}</span> <code>${step.layer}</code> ${step.label} <span class="symbol">${step.title}</span></h3>
    <p>${step.sentence}</p>
    <${Problem} text=${problem} />
    <div class="equations">${step.equations.map((tex) => html`<${Equation} key=${tex} tex=${tex} block />`)}</div>
    <div class="arrays"><div class="arrays-in"><h4>${t("pass.in")}</h4><div class="arrays-row">${step.inputs.map((name) => cells(name, "in"))}</div></div>
      <div class="arrays-out"><h4>→ ${t("pass.out")}</h4><div class="arrays-row">${step.outputs.map((name) => cells(name, "out"))}</div></div></div>
  </article>`;
}

// Keys of the room, unless they are meant for a field, a list of tabs or a table.
function useKeys(doing) {
  const latest = useRef(doing);
  latest.current = doing;
  useEffect(() => {
    const key = (event) => {
      const elsewhere = event.target.closest?.("input, select, textarea, [role=tablist], [role=grid], dialog");
      if (elsewhere || event.altKey || event.ctrlKey || event.metaKey || !latest.current[event.key]) return;
      event.preventDefault();
      latest.current[event.key]();
    };
    document.addEventListener("keydown", key);
    return () => document.removeEventListener("keydown", key);
  }, []);
}
