// Which examples to learn from: sets as small pictures, one's own table, points, a curve or digits drawn; noise, number, split.
import {tell, turn} from "./actions.js";
import {api} from "./api.js";
import {chooseData, setData, useDraft} from "./build_draft.js";
import {boundsOf, paintPoints} from "./charts_map.js";
import {DrawnDigits} from "./data_digits.js";
import {DrawnPoints} from "./data_draw.js";
import {Preview} from "./data_preview.js";
import {OwnTable} from "./data_table.js";
import {html, useEffect, useRef, useState} from "./html.js";
import {Button, NumberField, Select, Slider} from "./parts.js";
import {useStore} from "./store.js";
import {t} from "./words.js";

const OWN = {
  table: {name: () => t("data.table"), Shown: OwnTable},
  points: {name: () => t("data.points"), Shown: () => html`<${DrawnPoints} kind="points" />`},
  curve: {name: () => t("data.curve"), Shown: () => html`<${DrawnPoints} kind="curve" />`},
  drawn_digits: {name: () => t("data.drawn"), Shown: DrawnDigits},
};
const PLAIN = {noise: null, count: null, points: [], pictures: [], token: null, target: null, dropped: [], split: 0.2};

export function Data() {
  const {blueprint, built} = useDraft();
  const choices = useStore((known) => known.choices);
  const sets = usePictures();
  const [own, setOwn] = useState(null);
  if (!blueprint || !choices) return null;
  const {data} = blueprint;
  const kind = own ?? data.kind;
  const choose = (patch) => {
    setOwn(null);
    chooseData({...PLAIN, ...patch});
  };
  const Own = OWN[kind]?.Shown;
  const group = (wanted) => sets.filter((each) => each.kind === wanted);
  const gallery = (wanted) => html`<div class="gallery">${group(wanted).map((each) => html`<${SetButton} key=${each.name} set=${each}
    chosen=${kind === each.kind && data.name === each.name} onChoose=${() => choose({kind: each.kind, name: each.name, split: each.kind === "gate" ? 0 : 0.2})} />`)}</div>`;
  return html`<section class="card stack data"><header><h2>${t("data.title")}</h2><span class="small faint">${built && t("train.examples", {count: built.examples.count, validation: built.examples.count_val})}</span></header>
    <h3>${t("data.toys")}</h3>${gallery("toy")}
    <h3>${t("data.gates")}</h3>${gallery("gate")}
    <h3>${t("data.larger")}</h3><div class="row">
      <${Button} label=${t("data.digits")} pressed=${kind === "digits"} onClick=${() => choose({kind: "digits", name: "mnist-small"})} />
      <${Button} label=${t("data.sequences")} pressed=${kind === "sequence"} onClick=${() => choose({kind: "sequence", name: "first"})} /></div>
    <h3>${t("data.own")}</h3><div class="row">${Object.entries(OWN).map(([id, {name}]) => html`<${Button} key=${id} label=${name()} pressed=${kind === id} onClick=${() => setOwn(id)} />`)}</div>
    ${Own && html`<${InView} key=${kind}><${Own} /><//>`}
    ${!own && html`<${Settings} data=${data} set=${sets.find(({kind: its, name}) => its === data.kind && name === data.name)} />`}
    ${!Own && html`<${Preview} />`}
  </section>`;
}

// What was chosen may stand below what the window shows.
function InView({children}) {
  const place = useRef(null);
  useEffect(() => place.current.scrollIntoView({block: "nearest"}), []);
  return html`<div class="own" ref=${place}>${children}</div>`;
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
    paintPoints(context, set.points, boundsOf(set.points), 64);
  }, [set.points, dark]);
  return html`<button type="button" class="set" aria-pressed=${chosen} title=${set.about} onClick=${onChoose}><canvas ref=${place} aria-hidden="true"></canvas><span>${set.title}</span></button>`;
}

// Training goes on with the other examples, unless the network does not fit them.
const knob = (name, value) => turn(name, value).catch(() => setData({[name]: value}));

function Settings({data, set}) {
  const {forms, data: all} = useStore((known) => known.choices);
  const sequences = all.filter(({kind}) => kind === "sequence");
  const sequence = data.kind === "sequence";
  const digits = data.kind === "digits" || data.kind === "drawn_digits";
  const many = ["toy", "sequence", "digits"].includes(data.kind);
  return html`<div class="form">
    ${digits && html`<${Select} label=${t("data.form")} value=${data.form ?? "flat"} options=${forms} onChange=${(form) => chooseData({form})} />`}
    ${sequence && html`<${Select} label=${t("data.sequence")} value=${data.name} options=${sequences.map(({name, title}) => ({value: name, label: title}))} onChange=${(name) => setData({name})} />`}
    ${sequence && html`<${NumberField} label=${t("data.length")} step=${1} least=${2} value=${data.length ?? 12} onChange=${(length) => knob("length", length)} />`}
    ${many && html`<${NumberField} label=${t("data.count")} step=${1} least=${4} value=${data.count ?? set?.count ?? ""} onChange=${(count) => knob("count", count)} />`}
    ${["toy", "gate", "sequence"].includes(data.kind) && html`<${Slider} label=${t("data.noise")} least=${0} most=${1} step=${0.05} value=${data.noise ?? set?.noise ?? 0} text=${data.noise ?? set?.noise} onChange=${(noise) => knob("noise", noise)} />`}
    ${set?.classed && html`<${Slider} label=${t("data.classes")} least=${2} most=${6} value=${data.classes ?? 3} onChange=${(classes) => knob("classes", classes)} />`}
    ${data.kind !== "gate" && html`<${Slider} label=${t("data.split")} least=${0} most=${0.8} step=${0.05} value=${data.split ?? 0.2} text=${`${Math.round(100 * (data.split ?? 0.2))} %`} onChange=${(split) => knob("split", split)} />`}
    <${NumberField} label=${t("data.seed")} step=${1} least=${0} value=${data.seed ?? 0} onChange=${(seed) => setData({seed})} />
  </div>`;
}
