// Which examples to learn from: sets as small pictures, one's own table, points, a curve or digits drawn; noise, number, split.
import {tell} from "./actions.js";
import {api} from "./api.js";
import {setData, useDraft} from "./build_draft.js";
import {AnswerMap, paintPoints} from "./charts_map.js";
import {DrawnDigits} from "./data_digits.js";
import {DrawnPoints} from "./data_draw.js";
import {OwnTable} from "./data_table.js";
import {html, useEffect, useRef, useState} from "./html.js";
import {Button, NumberField, Select, Slider} from "./parts.js";
import {useStore} from "./store.js";
import {Picture} from "./train_panels.js";
import {t} from "./words.js";

const OWN = {
  table: {name: () => t("data.table"), Shown: OwnTable},
  points: {name: () => t("data.points"), Shown: () => html`<${DrawnPoints} kind="points" />`},
  curve: {name: () => t("data.curve"), Shown: () => html`<${DrawnPoints} kind="curve" />`},
  drawn_digits: {name: () => t("data.drawn"), Shown: DrawnDigits},
};
const PLAIN = {noise: null, count: null, points: [], pictures: [], token: null, target: null, dropped: []};

export function Data() {
  const {blueprint, built} = useDraft();
  const sets = usePictures();
  const [own, setOwn] = useState(null);
  if (!blueprint) return null;
  const {data} = blueprint;
  const kind = own ?? data.kind;
  const choose = (patch) => {
    setOwn(null);
    setData({...PLAIN, ...patch});
  };
  const Own = OWN[kind]?.Shown;
  const group = (wanted) => sets.filter((each) => each.kind === wanted);
  const gallery = (wanted) => html`<div class="gallery">${group(wanted).map((each) => html`<${SetButton} key=${each.name} set=${each}
    chosen=${kind === each.kind && data.name === each.name} onChoose=${() => choose({kind: each.kind, name: each.name, split: each.kind === "gate" ? 0 : 0.2})} />`)}</div>`;
  return html`<section class="card stack data"><header><h2>${t("data.title")}</h2><span class="small faint">${built && t("train.examples", {count: built.examples.count, validation: built.examples.count_val})}</span></header>
    <h3>${t("data.toys")}</h3>${gallery("toy")}
    <h3>${t("data.gates")}</h3>${gallery("gate")}
    <h3>${t("data.larger")}</h3><div class="row">
      <${Button} label=${t("data.digits")} pressed=${kind === "digits"} onClick=${() => choose({kind: "digits", name: "digits", count: 1000})} />
      <${Button} label=${t("data.sequences")} pressed=${kind === "sequence"} onClick=${() => choose({kind: "sequence", name: "first"})} /></div>
    <h3>${t("data.own")}</h3><div class="row">${Object.entries(OWN).map(([id, {name}]) => html`<${Button} key=${id} label=${name()} pressed=${kind === id} onClick=${() => setOwn(id)} />`)}</div>
    ${Own && html`<div class="own"><${Own} /></div>`}
    ${!own && html`<${Settings} data=${data} built=${built} />`}
    ${!Own && html`<${Preview} />`}
  </section>`;
}

// What can be chosen, with the points of its small picture.
function usePictures() {
  const data = useStore((known) => known.choices?.data ?? []);
  const [pictures, setPictures] = useState([]);
  useEffect(() => {
    api.get("api/data/pictures").then((answer) => setPictures(answer.pictures), tell);
  }, []);
  return data.map((each) => ({...each, points: pictures.find(({kind, name}) => kind === each.kind && name === each.name)?.points}));
}

function SetButton({set, chosen, onChoose}) {
  const place = useRef(null);
  const dark = useStore((known) => known.dark);
  useEffect(() => {
    if (!set.points) return;
    const context = place.current.getContext("2d");
    place.current.width = place.current.height = 128;
    context.scale(2, 2);
    const curve = set.points.X[0].length === 1;
    const X = curve ? set.points.X.map(([x], i) => [x, set.points.y[i]]) : set.points.X;
    paintPoints(context, {...set.points, X}, set.points.bounds, 64);
  }, [set.points, dark]);
  return html`<button type="button" class="set" aria-pressed=${chosen} title=${set.about} onClick=${onChoose}><canvas ref=${place} aria-hidden="true"></canvas><span>${set.title}</span></button>`;
}

function Settings({data, built}) {
  const sequence = data.kind === "sequence";
  const digits = data.kind === "digits" || data.kind === "drawn_digits";
  const many = ["toy", "sequence", "digits"].includes(data.kind);
  return html`<div class="form">
    ${digits && html`<${Select} label=${t("data.form")} value=${data.form ?? "flat"} options=${[{value: "flat", label: t("data.form.flat")}, {value: "picture", label: t("data.form.picture")}, {value: "rows", label: t("data.form.rows")}]} onChange=${(form) => setData({form})} />`}
    ${sequence && html`<${Select} label=${t("data.sequence")} value=${data.name} options=${[{value: "first", label: t("data.sequence.first")}, {value: "waves", label: t("data.sequence.waves")}, {value: "adding", label: t("data.sequence.adding")}]} onChange=${(name) => setData({name})} />`}
    ${sequence && html`<${NumberField} label=${t("data.length")} step=${1} least=${2} value=${data.length ?? 12} onChange=${(length) => setData({length})} />`}
    ${many && html`<${NumberField} label=${t("data.count")} step=${1} least=${4} value=${data.count ?? ""} onChange=${(count) => setData({count})} />`}
    ${["toy", "gate", "sequence"].includes(data.kind) && html`<${Slider} label=${t("data.noise")} least=${0} most=${1} step=${0.05} value=${data.noise ?? 0.1} text=${data.noise ?? t("data.usual")} onChange=${(noise) => setData({noise})} />`}
    ${["spirals", "blobs"].includes(data.name) && data.kind === "toy" && html`<${Slider} label=${t("data.classes")} least=${2} most=${6} value=${data.classes ?? 3} onChange=${(classes) => setData({classes})} />`}
    ${data.kind !== "gate" && html`<${Slider} label=${t("data.split")} least=${0} most=${0.8} step=${0.05} value=${data.split ?? 0.2} text=${`${Math.round(100 * (data.split ?? 0.2))} %`} onChange=${(split) => setData({split})} />`}
    <${NumberField} label=${t("data.seed")} step=${1} least=${0} value=${data.seed ?? 0} onChange=${(seed) => setData({seed})} />
  </div>`;
}

// The data that is built: points, or some of its pictures.
function Preview() {
  const points = useStore((known) => known.frames.points);
  if (points?.pictures?.length) return html`<ul class="pictures">${points.pictures.map((each, i) => html`<li key=${i}><${Picture} ...${each} name=${each.label} /><span class="small">${each.label}</span></li>`)}</ul>`;
  return points?.X ? html`<${AnswerMap} points=${points} size=${280} />` : null;
}
