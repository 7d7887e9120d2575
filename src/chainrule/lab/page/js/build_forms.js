// Forms that follow from the rules of each setting: a field per setting, of the kind that its rule says.
import {html} from "./html.js";
import {Check, NumberField, Select} from "./parts.js";
import {useStore} from "./store.js";
import {t} from "./words.js";

const INSIDE = ["layers", "branches"]; // what a block is made of is no setting in a form

/** entry: what `choices` says of a layer, loss, optimizer or schedule; value: its plain data. */
export function Form({entry, value, onChange, leaveOut = []}) {
  return html`<div class="form">${entry.settings.filter(({name, kind}) => !leaveOut.includes(name) && !INSIDE.includes(kind)).map((setting) => html`<${SettingField} key=${setting.name}
    setting=${setting} value=${value[setting.name] === undefined ? setting.default : value[setting.name]} onChange=${(changed) => onChange({...value, [setting.name]: changed})} />`)}</div>`;
}

function SettingField({setting, value, onChange}) {
  const label = setting.title.charAt(0).toUpperCase() + setting.title.slice(1);
  const Kind = KINDS[setting.kind] ?? TextField;
  return html`<div class="setting" title=${[setting.meaning, setting.about].filter(Boolean).join(": ")}><${Kind} label=${label} setting=${setting} value=${value} onChange=${onChange} /></div>`;
}

const WholeField = ({label, setting, value, onChange}) => html`<${NumberField} label=${label} value=${value} step=${1} least=${setting.least} onChange=${onChange} />`;

const RealField = ({label, setting, value, onChange}) => html`<${NumberField} label=${label} value=${value} onChange=${(number) => onChange(number ?? (setting.optional ? null : number))} />`;

const FlagField = ({label, value, onChange}) => html`<${Check} label=${label} value=${value} onChange=${onChange} />`;

function ChoiceField({label, setting, value, onChange}) {
  const options = [...(setting.optional ? [{value: "", label: t("build.none")}] : []), ...setting.choices];
  return html`<${Select} label=${label} value=${value ?? ""} options=${options} onChange=${(chosen) => onChange(chosen === "" ? null : chosen)} />`;
}

// Several numbers with commas, such as the height and width of a window.
function SizesField({label, value, onChange}) {
  const read = (text) => {
    const numbers = text.split(/[\s,×x]+/).filter(Boolean).map(Number);
    onChange(numbers.length === 1 ? numbers[0] : numbers);
  };
  return html`<label class="field"><span class="field-name">${label}</span>
    <input value=${Array.isArray(value) ? value.join(", ") : value ?? ""} onChange=${(event) => read(event.target.value)} /></label>`;
}

function TextField({label, value, onChange}) {
  return html`<label class="field"><span class="field-name">${label}</span><input value=${value ?? ""} onChange=${(event) => onChange(event.target.value)} /></label>`;
}

// A layer inside of a layer, such as the one that is run from both ends.
function LayerField({label, value, onChange}) {
  const groups = useStore((known) => known.choices.layers);
  const entries = groups.flatMap(({entries}) => entries).filter(({settings}) => !settings.some(({kind}) => ["layer", ...INSIDE].includes(kind)));
  const entry = entries.find(({type}) => type === value?.type);
  const choose = (type) => onChange({type, ...Object.fromEntries(entries.find((each) => each.type === type).settings.map(({name, default: usual}) => [name, usual]))});
  return html`<div class="stack"><${Select} label=${label} value=${value?.type} options=${entries.map(({type, title}) => ({value: type, label: title}))} onChange=${choose} />
    ${entry && html`<${Form} entry=${entry} value=${value} onChange=${onChange} />`}</div>`;
}

const KINDS = {layer: LayerField, whole: WholeField, number: RealField, flag: FlagField, choice: ChoiceField, sizes: SizesField, text: TextField};
