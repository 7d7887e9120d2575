// Windows onto the arrays of a pass: those of the steps beside the one that is shown are fetched ahead.
import {api} from "./api.js";

let cache = {id: null, parts: new Map()};

function ofPass(id) {
  if (cache.id !== id) cache = {id, parts: new Map()};
  return cache.parts;
}

const namesOf = (step) => [...step.inputs, ...step.outputs];

/** The windows of a step that are there already, by the arrays' names. */
export function knownParts(pass, step) {
  const parts = ofPass(pass.id);
  return Object.fromEntries(namesOf(step).filter((name) => parts.has(keyOf(name, step))).map((name) => [name, parts.get(keyOf(name, step))]));
}

/** Fetch what is missing of a step's windows. */
export async function fetchStep(pass, step) {
  const parts = ofPass(pass.id);
  const missing = namesOf(step).filter((name) => !parts.has(keyOf(name, step)));
  if (missing.length) {
    const more = await api.post("api/pass/arrays", {id: pass.id, names: missing, places: step.places});
    for (const [name, part] of Object.entries(more)) parts.set(keyOf(name, step), part);
  }
  return knownParts(pass, step);
}

/** Fetch another window onto an array. */
export const fetchWindow = (pass, name, place) => api.post("api/pass/arrays", {id: pass.id, names: [name], places: {[name]: place}});

function keyOf(name, step) {
  return `${name} ${step.places[name] ?? ""}`;
}
