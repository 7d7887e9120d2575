// A table of the user's own: a file is chosen or dropped, then the column to predict.
import {api} from "./api.js";
import {setData, useDraft} from "./build_draft.js";
import {html, useEffect, useState} from "./html.js";
import {Check, Problem, Select} from "./parts.js";
import {t} from "./words.js";

export function OwnTable() {
  const {blueprint, wrong} = useDraft();
  const {data} = blueprint;
  const [table, setTable] = useState(null);
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (data.kind === "table" && data.token && table?.token !== data.token) {
      api.post("api/data/columns", {token: data.token}).then(({columns}) => setTable({token: data.token, name: data.name, columns}), (error) => setProblem(error.message));
    }
  }, [data.token]);
  const choose = (token, name, target, dropped) => setData({kind: "table", token, name, target, dropped, points: [], pictures: [], count: null, noise: null, split: 0.2});
  const read = async (file) => {
    if (!file) return;
    setBusy(true);
    setProblem(null);
    const form = new FormData();
    form.append("table", file);
    try {
      const answer = await api.upload("api/data/upload", form);
      const target = answer.columns.find((column) => column.target) ?? answer.columns.at(-1);
      await choose(answer.token, answer.name, target.name, []);
      setTable(answer);
    } catch (error) {
      setProblem(error.message);
    }
    setBusy(false);
  };
  const drop = (event) => {
    event.preventDefault();
    read(event.dataTransfer.files[0]);
  };
  const target = data.target;
  const dropped = data.dropped ?? [];
  const leave = (name, out) => choose(table.token, table.name, target, out ? [...dropped, name] : dropped.filter((each) => each !== name));
  return html`<div class="stack"><label class="drop" onDragOver=${(event) => event.preventDefault()} onDrop=${drop}><span>${busy ? t("shell.loading") : t("data.table.choose")}</span>
      <input type="file" accept=".csv,.tsv,.txt,.xlsx,.parquet" onChange=${(event) => read(event.target.files[0])} /></label>
    <${Problem} text=${problem} />
    ${table && html`<${Select} label=${t("data.table.target")} value=${target} options=${table.columns.map(({name}) => name)} onChange=${(name) => choose(table.token, table.name, name, dropped.filter((each) => each !== name))} />
      <div class="table-frame" tabindex="0" role="region" aria-label=${table.name}><table class="columns"><thead><tr><th scope="col">${t("data.table.column")}</th><th scope="col">${t("data.table.kind")}</th><th scope="col">${t("data.table.sample")}</th></tr></thead>
      <tbody>${table.columns.map(({name, about, sample, missing, used}) => html`<tr><th scope="row">${name === target ? html`<strong>${name}</strong>` : !used ? name : html`<${Check} label=${name} value=${!dropped.includes(name)} onChange=${(kept) => leave(name, !kept)} />`}</th>
        <td>${name === target ? t("data.table.is_target") : about}</td><td>${sample}${missing > 0 && html` <span class="faint small">${t("data.table.missing", {count: missing})}</span>`}</td></tr>`)}</tbody></table></div>`}
    ${data.kind === "table" && wrong && wrong.layer === null && html`<${Problem} text=${wrong.text} />`}
  </div>`;
}
