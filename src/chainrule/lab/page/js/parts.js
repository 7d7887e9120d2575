// The parts that all rooms are made of.
import {html, useEffect, useRef, useState} from "./html.js";
import {useStore} from "./store.js";
import {t} from "./words.js";

export function Button({label, onClick, kind = "", disabled = false, title, pressed, children}) {
  return html`<button type="button" class=${`button ${kind}`} disabled=${disabled} title=${title} aria-label=${label}
    aria-pressed=${pressed} onClick=${onClick}>${children ?? label}</button>`;
}

// options: [{value, label, group?}] or texts.
export function Select({label, value, options, onChange, hidden = false, disabled = false}) {
  const entries = options.map((option) => (typeof option === "object" ? option : {value: option, label: option}));
  const groups = [...new Set(entries.map((entry) => entry.group))];
  const shown = (group) => entries.filter((entry) => entry.group === group).map((entry) =>
    html`<option value=${entry.value} selected=${entry.value === value}>${entry.label}</option>`);
  return html`<label class="field"><span class=${hidden ? "for-readers" : "field-name"}>${label}</span>
    <select value=${value} disabled=${disabled} onChange=${(event) => onChange(event.target.value)}>
      ${groups.map((group) => (group ? html`<optgroup label=${group}>${shown(group)}</optgroup>` : shown(group)))}
    </select></label>`;
}

// What is being typed or moved stays, however often the page is drawn anew meanwhile.
const until = (setTyped, onChange, onInput) => ({
  onInput: (event) => {
    setTyped(event.target.value);
    onInput?.(event);
  },
  onChange: (event) => {
    setTyped(null);
    onChange(event);
  },
  onBlur: () => setTyped(null),
});

// A number that slides; `text` is what is shown of it.
export function Slider({label, value, least, most, step = 1, text, onInput, onChange}) {
  const [moved, setMoved] = useState(null);
  return html`<label class="field"><span class="field-name">${label} <span class="field-value">${text ?? value}</span></span>
    <input type="range" min=${least} max=${most} step=${step} value=${moved ?? value}
      ...${until(setMoved, (event) => onChange?.(Number(event.target.value)), (event) => onInput?.(Number(event.target.value)))} /></label>`;
}

// A number that is typed; what is no number is left to the server to refuse, with its sentence.
export function NumberField({label, value, onChange, hidden = false, wrong = null, least, step = "any"}) {
  const [typed, setTyped] = useState(null);
  return html`<label class="field"><span class=${hidden ? "for-readers" : "field-name"}>${label}</span>
    <input type="number" inputmode="decimal" value=${typed ?? value} min=${least} step=${step} aria-invalid=${wrong ? "true" : undefined}
      ...${until(setTyped, (event) => onChange(event.target.value === "" ? null : event.target.valueAsNumber))} /></label>`;
}

export function Check({label, value, onChange}) {
  return html`<label class="check"><input type="checkbox" checked=${value} onChange=${(event) => onChange(event.target.checked)} />
    <span>${label}</span></label>`;
}

// tabs: [{id, label}]; arrow keys go from one to the next.
export function Tabs({label, tabs, chosen, onChoose, panel}) {
  const list = useRef(null);
  const choose = (id) => {
    onChoose(id);
    list.current.querySelector(`[data-tab="${id}"]`)?.focus();
  };
  const key = (event) => {
    const i = tabs.findIndex((tab) => tab.id === chosen);
    const next = {ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: tabs.length - 1}[event.key];
    if (next === undefined) return;
    event.preventDefault();
    choose(tabs.at(next % tabs.length).id);
  };
  return html`<div role="tablist" class="tabs" aria-label=${label} ref=${list} onKeyDown=${key}>
    ${tabs.map((tab) => html`<button type="button" role="tab" key=${tab.id} id=${`tab-${tab.id}`} data-tab=${tab.id}
      aria-selected=${tab.id === chosen} aria-controls=${panel} tabindex=${tab.id === chosen ? 0 : -1}
      onClick=${() => onChoose(tab.id)}>${tab.label}</button>`)}
  </div>`;
}

export function Dialog({title, open, onClose, children}) {
  const dialog = useRef(null);
  useEffect(() => {
    if (open && !dialog.current.open) dialog.current.showModal();
    if (!open && dialog.current.open) dialog.current.close();
  }, [open]);
  return html`<dialog ref=${dialog} class="dialog" aria-label=${title} onClose=${onClose}
    onClick=${(event) => event.target === dialog.current && onClose()}>
    ${open && html`<header><h2>${title}</h2><button type="button" class="button quiet" aria-label="×" onClick=${onClose}>×</button></header>
    <div class="dialog-body">${children}</div>`}</dialog>`;
}

// A question mark that opens a sentence beside it.
export function Tip({label, children}) {
  const [open, setOpen] = useState(false);
  return html`<span class="tip"><button type="button" class="tip-button" aria-expanded=${open} aria-label=${label}
    onClick=${() => setOpen(!open)} onKeyDown=${(event) => event.key === "Escape" && setOpen(false)}>?</button>
    ${open && html`<span class="tip-text" role="note">${children}</span>`}</span>`;
}

let typesetting = null; // KaTeX is fetched when the first equation is shown

export function Equation({tex, block = false}) {
  const place = useRef(null);
  useEffect(() => {
    let gone = false;
    const shown = place.current; // the cleanup comes some time after an element has left the page, and its place is empty then
    typesetting ??= import("katex").then((module) => module.default);
    const typeset = (katex) => {
      if (gone) return;
      katex.render(tex, shown, {displayMode: block, throwOnError: false});
      if (shown.scrollWidth > shown.clientWidth) shown.tabIndex = 0; // the keyboard moves what is wider than its place
    };
    typesetting.then(typeset, () => {
      typesetting = null; // the text of the equation stays
    });
    return () => {
      gone = true;
    };
  }, [tex, block]);
  return html`<span class=${block ? "equation block" : "equation"} ref=${place}>${tex}</span>`;
}

export function Table({caption, head, rows, rowHead = false}) {
  return html`<div class="table-frame" tabindex="0" role="region" aria-label=${caption}><table>
    <caption class="for-readers">${caption}</caption>
    <thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
    <tbody>${rows.map((row) => html`<tr>${row.map((cell, i) => (rowHead && i === 0 ? html`<th scope="row">${cell}</th>` : html`<td>${cell}</td>`))}</tr>`)}</tbody>
  </table></div>`;
}

// A sentence in place of what could not be shown or done; that the lab did not answer is over when it does.
export function Problem({text, kind = "problem", children}) {
  const answers = useStore((known) => known.connection === "open");
  return text && !(answers && text === t("shell.lost")) ? html`<p class=${kind} role="alert">${text}${children}</p>` : null;
}
