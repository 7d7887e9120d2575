// Files to take home, and a link to what was built.
import {openText} from "./address.js";
import {api, LabError} from "./api.js";
import {html, useEffect, useState} from "./html.js";
import {Button, Problem} from "./parts.js";
import {blueprintText, store, useStore} from "./store.js";
import {want} from "./stream.js";
import {t} from "./words.js";

const FILES = [
  {kind: "numpy", name: () => t("takeaway.numpy"), about: () => t("takeaway.numpy.about")},
  {kind: "safetensors", name: () => t("takeaway.safetensors"), about: () => t("takeaway.safetensors.about")},
  {kind: "onnx", name: () => t("takeaway.onnx"), about: () => t("takeaway.onnx.about")},
];

export function TakeAway() {
  const built = useStore(blueprintText);
  const epoch = useStore((known) => known.state?.epoch);
  const running = useStore((known) => known.state?.running);
  const [offer, setOffer] = useState(null);
  const [problem, setProblem] = useState(null);
  useEffect(() => want([]), []); // the state alone
  useEffect(() => {
    if (!running) api.get("api/take").then(setOffer, (error) => setProblem(error.message));
  }, [built, running ? -1 : epoch, running]);
  const save = (path, query) => download(path, query).then(() => setProblem(null), (error) => setProblem(error.message));
  return html`<div class="take">
    <${Problem} text=${problem} />
    <${Link} />
    ${offer && html`<${Files} lacking=${offer.lacking} onSave=${save} />
      <${Code} code=${offer.code} onSave=${save} />
      <${Pictures} pictures=${offer.pictures} lacking=${offer.lacking.pictures} epoch=${epoch} onSave=${save} />`}
  </div>`;
}

function Link() {
  const built = useStore(blueprintText);
  const [text, setText] = useState("");
  const [problem, setProblem] = useState(null);
  const [pasted, setPasted] = useState("");
  const [refused, setRefused] = useState(null);
  useEffect(() => {
    api.get("api/take/link").then((answer) => { setText(answer.text); setProblem(null); }, (error) => { setText(""); setProblem(error.message); });
  }, [built]);
  const open = async (event) => {
    event.preventDefault();
    try {
      await openText(pasted);
      setRefused(null);
      store.go("train");
    } catch (error) {
      setRefused(error.message);
    }
  };
  return html`<section class="card stack"><h2>${t("takeaway.link")}</h2>
    <p>${t("takeaway.link.about")}</p>
    ${problem ? html`<${Problem} text=${problem} />` : html`<div class="row with-input">
      <label class="grow"><span class="for-readers">${t("takeaway.link.text")}</span><input class="mono" readonly value=${`#b=${text}`} onFocus=${(event) => event.target.select()} /></label>
      <${Copy} text=${`#b=${text}`} /></div>`}
    <form class="row with-input" onSubmit=${open}>
      <label class="grow"><span class="field-name">${t("takeaway.link.paste")}</span><input class="mono" value=${pasted} onInput=${(event) => setPasted(event.target.value)} /></label>
      <button type="submit" class="button" disabled=${!pasted.trim()}>${t("takeaway.link.open")}</button>
    </form>
    <${Problem} text=${refused} /></section>`;
}

function Files({lacking, onSave}) {
  const isTable = useStore(({built}) => built?.blueprint.data.kind === "table");
  return html`<section class="card stack"><h2>${t("takeaway.files")}</h2>
    ${isTable && html`<p class="note">${t("takeaway.table")}</p>`}
    <ul class="offers">${FILES.map(({kind, name, about}) => html`<li key=${kind}>
      <div><strong>${name()}</strong><p class="small faint">${lacking[kind] ?? about()}</p></div>
      <${Button} label=${t("takeaway.save", {what: name()})} disabled=${kind in lacking} onClick=${() => onSave(`api/take/${kind}`)}>${t("takeaway.save.short")}<//>
    </li>`)}</ul></section>`;
}

function Code({code, onSave}) {
  const altered = useStore((known) => known.state?.altered);
  return html`<section class="card stack wide"><header><h2>${t("takeaway.code")}</h2>
    ${code.text && html`<div class="row"><${Copy} text=${code.text} /><${Button} label=${t("takeaway.save", {what: t("takeaway.code")})} onClick=${() => onSave("api/take/code")}>${t("takeaway.save.short")}<//></div>`}</header>
    <p class="small faint">${t("takeaway.code.about")}</p>
    ${altered && html`<p class="note">${t("takeaway.altered")}</p>`}
    <${Problem} text=${code.problem} />
    ${code.text && html`<pre class="code" tabindex="0" aria-label=${t("takeaway.code")}>${code.text}</pre>`}</section>`;
}

function Pictures({pictures, lacking, epoch, onSave}) {
  const [shown, setShown] = useState(null);
  if (lacking) return html`<section class="card stack"><h2>${t("takeaway.pictures")}</h2><p>${lacking}</p></section>`;
  return html`<section class="card stack wide"><h2>${t("takeaway.pictures")}</h2>
    <ul class="offers">${pictures.map(({name, title}) => html`<li key=${name}>
      <strong>${title}</strong>
      <div class="row"><${Button} label=${t("takeaway.show", {what: title})} pressed=${shown === name} onClick=${() => setShown(shown === name ? null : name)}>${t("takeaway.show.short")}<//>
        ${["png", "svg"].map((form) => html`<${Button} label=${`${title}: ${form.toUpperCase()}`} onClick=${() => onSave(`api/take/${form}`, {picture: name})}>${form.toUpperCase()}<//>`)}</div>
      ${shown === name && html`<img class="preview" alt=${title} src=${api.url("api/take/svg", {picture: name, epoch})} />`}
    </li>`)}</ul></section>`;
}

function Copy({text}) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  return html`<${Button} label=${copied ? t("takeaway.copied") : t("takeaway.copy")} onClick=${() => copy().catch(() => setCopied(false))} />`;
}

async function download(path, query = {}) {
  const answer = await fetch(api.url(path, query), {headers: {"X-Lab-Language": store.get().language}});
  if (!answer.ok) throw new LabError((await answer.json()).error);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition"))?.[1] ?? "chainrule";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
