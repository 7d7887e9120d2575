// The places for answers on a lesson's page.
import {html} from "./html.js";
import {NumberField, Select, Slider} from "./parts.js";
import {t} from "./words.js";

export function Fields({fields, answers, wrong, onAnswer}) {
  return html`<div class="lesson-fields">${fields.map((field) => html`<${Field} key=${field.name} field=${field}
    value=${answers[field.name]} wrong=${wrong.includes(field.name)} onAnswer=${(value) => onAnswer(field.name, value)} />`)}</div>`;
}

function Field({field, value, wrong, onAnswer}) {
  const {label, kind, least, most, step} = field;
  if (kind === "slider") {
    return html`<${Slider} label=${label} value=${value} least=${least} most=${most} step=${step} onInput=${onAnswer} />`;
  }
  if (kind === "choice") {
    const options = [...(field.start === null ? [{value: "", label: t("lessons.choose")}] : []), ...field.choices];
    return html`<${Select} label=${label} value=${value ?? ""} options=${options} onChange=${(chosen) => onAnswer(chosen || null)} />`;
  }
  return html`<${NumberField} label=${label} value=${value ?? ""} wrong=${wrong} onChange=${onAnswer} />`;
}
