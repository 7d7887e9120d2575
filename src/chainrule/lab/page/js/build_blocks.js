// Blocks of layers: which lists of layers are inside of one, and a block with another list.
import {t} from "./words.js";

const isIdentity = (part) => part === null || (part.type === "Activation" && part.function === "identity");

// A branch comes as a list, as layers one after another, as a single layer, or as what passes its input on.
function listOf(part) {
  if (Array.isArray(part)) return part;
  if (isIdentity(part)) return [];
  return part.type === "Sequential" ? part.layers : [part];
}

const settingsOf = (entry, kind) => entry.settings.filter((setting) => setting.kind === kind);

/** The branches of a block in the server's order: [{name, layers}]; none of another layer. */
export function branchesOf(layer, entry) {
  const single = settingsOf(entry, "layers").map(({name, title}) => ({name: capital(title), layers: listOf(layer[name] ?? null)}));
  const several = settingsOf(entry, "branches").flatMap(({name}) => layer[name].map((part, i) => ({name: t("build.branch", {number: i + 1}), layers: listOf(part)})));
  return [...single, ...several];
}

/** Whether there may be more branches, or fewer. */
export const isOpen = (entry) => settingsOf(entry, "branches").length > 0;

/** The block with other branches: lists of layers, in the same order. */
export function withBranches(layer, entry, branches) {
  const several = settingsOf(entry, "branches").map(({name}) => [name, branches.map((list) => (list.length ? list : null))]);
  const single = settingsOf(entry, "layers").map(({name, optional}, i) => [name, optional && !branches[i].length ? null : branches[i]]);
  return {...layer, ...Object.fromEntries([...several, ...single])};
}

/** What a layer begins with. A block begins with a layer that fits `incoming`: {shape, units} of what goes in. */
export function begun(entry, entries, incoming) {
  const usual = {type: entry.type, ...Object.fromEntries(entry.settings.map(({name, default: value}) => [name, value]))};
  if (!incoming || !branchesOf(usual, entry).length) return usual;
  const [kind, size] = incoming.axes === 3 ? ["Conv2D", "filters"] : ["Dense", "units"];
  const first = {...begun(entries.get(kind), entries, null), [size]: incoming.units};
  return withBranches(usual, entry, branchesOf(usual, entry).map(({layers}, i) => (i ? layers : [first, ...layers])));
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
