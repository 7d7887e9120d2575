// What is being built: a draft that becomes the network at once if it fits, and else shows where it does not.
import {build as buildNow} from "./actions.js";
import {store, useStore} from "./store.js";
import {t} from "./words.js";

/** The draft if there is one that does not fit yet, else what is built; with {text, layer, inside, branches} of what is wrong. */
export function useDraft() {
  const built = useStore((known) => known.built);
  const draft = useStore((known) => known.draft);
  const {plans = built?.layers ?? [], examples = built?.examples} = draft ?? {};
  return {blueprint: draft?.blueprint ?? built?.blueprint, plans, examples, wrong: draft?.wrong ?? null, built};
}

let asking = Promise.resolve();

/** Change the draft: change(blueprint) returns the settings that are others. */
export function change(changed) {
  asking = asking.then(() => apply(changed));
  return asking;
}

async function apply(changed) {
  const {draft, built} = store.get();
  const before = draft?.blueprint ?? built.blueprint;
  const blueprint = {...before, ...changed(before)};
  try {
    await buildNow(blueprint);
    store.set({draft: null});
  } catch (error) {
    const {layers: plans = [], examples = built.examples, inside = [], branches = []} = error.draft ?? {};
    store.set({draft: {blueprint, plans, examples, wrong: {text: error.message, layer: error.layer, inside, branches}}});
  }
}

/** Give up what does not fit. */
export const dropDraft = () => store.set({draft: null});

export const setLayers = (edit) => change(({layers}) => ({layers: edit([...layers])}));

/** Choose other data; where its examples are of another kind than the layers are for, a network that suits them comes with it. */
export async function chooseData(patch) {
  await setData(patch);
  const {draft, choices} = store.get();
  const preset = draft && choices.presets.findLast(({axes}) => axes.includes(axesOf(draft.examples.shape)));
  if (!preset || draft.examples.shape === store.get().built.examples.shape) return;
  await change(() => preset.blueprint);
  if (!store.get().draft) store.set({notice: {text: t("build.suited", {preset: preset.title}), kind: "note"}});
}

/** How many axes a shape in words has. */
export const axesOf = (shape) => (shape.match(/×/g) ?? []).length + 1;

export const setData = (patch) => change(({data}) => ({data: {...data, ...patch}}));
