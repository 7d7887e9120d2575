// The page's texts, in its language: t("build.parameters", {count: "12"}).
import {attached} from "./particles.js";
import {store} from "./store.js";

export function t(key, places = {}) {
  const text = store.get().words[key] ?? key;
  const [first, ...others] = text.split(/\{(\w+)\}/);
  let told = first;
  for (let i = 0; i < others.length; i += 2) {
    told += places[others[i]];
    told += attached(told, others[i + 1]);
  }
  return told;
}
