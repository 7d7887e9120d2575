// Short guided pages with a task each, which the server checks.
import {build} from "./actions.js";
import {api} from "./api.js";
import {fromHash, putInHash} from "./hash.js";
import {html, useEffect, useRef, useState} from "./html.js";
import {Blocks} from "./lessons_blocks.js";
import {Fields} from "./lessons_fields.js";
import {keep, kept} from "./kept.js";
import {Button, Equation, Problem, Select} from "./parts.js";
import {store} from "./store.js";
import {want} from "./stream.js";
import {t} from "./words.js";

const PAUSE = 90; // milliseconds after the last movement of a slider

export function Lessons() {
  const [lessons, setLessons] = useState(null);
  const [problem, setProblem] = useState(null);
  const [chosen, setChosen] = useState(fromHash("lesson"));
  const [done, setDone] = useState(() => kept("lessons", []));
  useEffect(() => want([]), []); // the state alone
  useEffect(() => {
    api.get("api/lessons").then(({lessons}) => {
      const open = lessons.find(({key}) => !done.includes(key)) ?? lessons[0];
      setChosen((asked) => (lessons.some(({key}) => key === asked) ? asked : open.key));
      setLessons(lessons);
    }, (error) => setProblem(error.message));
  }, []);
  if (!lessons) return html`<${Problem} text=${problem} /><p class="faint">${!problem && t("lessons.loading")}</p>`;
  const at = lessons.findIndex((each) => each.key === chosen);
  const go = (key) => {
    putInHash({lesson: key});
    setChosen(key);
    window.scrollTo(0, 0);
  };
  const finish = (key) => {
    const all = [...new Set([...done, key])];
    setDone(all);
    keep("lessons", all);
  };
  return html`<div class="lessons">
    <${Contents} lessons=${lessons} at=${at} done=${done} onGo=${go} />
    <${Lesson} key=${lessons[at].key} lesson=${lessons[at]} number=${at + 1} next=${lessons[at + 1]} onGo=${go} onDone=${finish} />
  </div>`;
}

function Contents({lessons, at, done, onGo}) {
  const title = ({key, title}, i) => `${i + 1}. ${title}${done.includes(key) ? " ✓" : ""}`;
  return html`<nav class="card lesson-contents" aria-label=${t("lessons.contents")}>
    <p class="small faint">${t("lessons.done", {done: done.length, all: lessons.length})}</p>
    <div class="only-narrow"><${Select} label=${t("lessons.contents")} hidden value=${lessons[at].key} onChange=${onGo}
      options=${lessons.map((lesson, i) => ({value: lesson.key, label: title(lesson, i)}))} /></div>
    <ol class="only-wide">${lessons.map((lesson, i) => html`<li key=${lesson.key}>
      <button type="button" class="lesson-link" aria-current=${i === at ? "page" : undefined} onClick=${() => onGo(lesson.key)}>
        <span class="lesson-mark" aria-hidden="true">${done.includes(lesson.key) ? "✓" : i + 1}</span>
        <span>${lesson.title}${done.includes(lesson.key) && html`<span class="for-readers"> (${t("lessons.solved")})</span>`}</span>
      </button></li>`)}</ol>
  </nav>`;
}

const started = (lesson) => Object.fromEntries(lesson.fields.map((field) => [field.name, field.start]));

function Lesson({lesson, number, next, onGo, onDone}) {
  const [answers, setAnswers] = useState(() => ({...started(lesson), ...kept(`lesson ${lesson.key}`, {})}));
  const [blocks, setBlocks] = useState([]);
  const [verdict, setVerdict] = useState(null);
  const [problem, setProblem] = useState(null);
  const [hint, setHint] = useState(false);
  const [busy, setBusy] = useState(false);
  const asked = useRef(0);
  useEffect(() => {
    const mine = ++asked.current;
    const timer = setTimeout(() => {
      api.post("api/lessons/look", {lesson: lesson.key, answers}).then((answer) => {
        if (mine !== asked.current) return;
        setBlocks(answer.blocks);
        setProblem(null);
      }, (error) => mine === asked.current && setProblem(error.message));
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [answers]);
  const answer = (name, value) => {
    const all = {...answers, [name]: value};
    setAnswers(all);
    setVerdict(null);
    keep(`lesson ${lesson.key}`, all);
  };
  const check = async () => {
    setBusy(true);
    try {
      const said = await api.post("api/lessons/check", {lesson: lesson.key, answers});
      asked.current++;
      setBlocks(said.blocks);
      setVerdict(said);
      setProblem(null);
      if (said.right) onDone(lesson.key);
    } catch (error) {
      setProblem(error.message);
    }
    setBusy(false);
  };
  const open = async () => {
    try {
      await build(lesson.blueprint);
      store.go("train");
    } catch (error) {
      setProblem(error.message);
    }
  };
  return html`<article class="card lesson stack">
    <header><h2>${number}. ${lesson.title}</h2></header>
    ${lesson.text.map((paragraph) => html`<p>${paragraph}</p>`)}
    ${lesson.equations.map((tex) => html`<${Equation} tex=${tex} block />`)}
    <p class="note"><strong>${t("lessons.task")}</strong> ${lesson.task}</p>
    <form class="stack" onSubmit=${(event) => { event.preventDefault(); check(); }}>
      <${Fields} fields=${lesson.fields} answers=${answers} wrong=${verdict?.wrong ?? []} onAnswer=${answer} />
      <div class="row">
        <button type="submit" class="button primary" disabled=${busy}>${busy ? t("lessons.checking") : t("lessons.check")}</button>
        ${lesson.hint && html`<${Button} label=${t("lessons.hint")} pressed=${hint} onClick=${() => setHint(!hint)} />`}
        ${lesson.blueprint && html`<${Button} label=${t("lessons.open")} onClick=${open} />`}
      </div>
    </form>
    ${hint && html`<p class="note">${lesson.hint}</p>`}
    <div role="status">${verdict && html`<p class=${verdict.right ? "verdict right" : "verdict wrong"}>
      <strong>${verdict.right ? t("lessons.right") : t("lessons.not_yet")}</strong> ${verdict.said}</p>`}</div>
    ${verdict?.right && next && html`<div><${Button} kind="primary" label=${t("lessons.next", {title: next.title})} onClick=${() => onGo(next.key)} /></div>`}
    <${Problem} text=${problem} />
    <${Blocks} blocks=${blocks} />
  </article>`;
}
