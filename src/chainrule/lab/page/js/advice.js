// The diagnosis: sentences, each with what to look at and what to do by one click.
import {api} from "./api.js";
import {html, useState} from "./html.js";
import {Button, Problem} from "./parts.js";
import {store, useStore} from "./store.js";
import {t} from "./words.js";

export function Advice() {
  const [told, setTold] = useState(null);
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState(null);
  const [problem, setProblem] = useState(null);
  const version = useStore((known) => known.state?.version);
  const asked = async (work) => {
    setBusy(true);
    setProblem(null);
    try {
      await work();
    } catch (error) {
      setProblem(error.message);
    }
    setBusy(false);
  };
  const look = () => asked(async () => setTold(await api.get("api/advice")));
  const apply = (remedy) => asked(async () => {
    const {state, built} = await api.post("api/advice/apply", remedy);
    store.setState(state, {built});
    setDone(t("advice.applied", {what: remedy.text}));
    setTold(await api.get("api/advice"));
  });
  const stale = told && version !== undefined && version !== told.version;
  return html`<section class="card advice"><header><h2>${t("advice.title")}</h2>
    <${Button} label=${told ? t("advice.again") : t("advice.look")} onClick=${look} disabled=${busy} /></header>
    <div class="stack" aria-live="polite">
      <${Problem} text=${problem} />
      ${busy && html`<p class="faint">${t("advice.looking")}</p>`}
      ${done && html`<p class="note">${done}</p>`}
      ${!told && !busy && html`<p class="faint small">${t("advice.intro")}</p>`}
      ${told && html`<p>${told.said} ${stale && html`<span class="faint small">${t("advice.stale")}</span>`}</p>`}
      ${told?.findings.map((finding) => html`<${Finding} key=${finding.key + finding.sentence} finding=${finding} busy=${busy} onApply=${apply} />`)}
      ${told?.notes.map((note) => html`<p key=${note} class="faint small">${note}</p>`)}
    </div></section>`;
}

function Finding({finding, busy, onApply}) {
  return html`<article class="finding"><p>${finding.sentence}</p><p><strong>${t("advice.fix")}</strong> ${finding.fix}</p>
    <div class="row">
      ${finding.show && html`<${Button} kind="small" label=${t("advice.show")} onClick=${() => store.go(finding.show.room, finding.show)} />`}
      ${finding.apply.map((remedy) => html`<${Button} key=${remedy.text} kind="small" label=${remedy.text} disabled=${busy} onClick=${() => onApply(remedy)} />`)}
    </div></article>`;
}
