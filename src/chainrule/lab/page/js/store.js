// What the page knows, in one object; who shows something of it is drawn anew when that changes.
import {useEffect, useState} from "preact/hooks";

let known = {
  language: document.documentElement.lang,
  words: {},
  choices: null,
  state: null, // of the session: running, epoch, step, scores, history, blueprint, plan
  frames: {}, // the newest of each kind
  connection: "opening", // or "open", "lost", "refused"
  notice: null, // {text, kind}: a sentence for the whole page
};
const listeners = new Set();

export const store = {
  get: () => known,
  set(patch) {
    known = {...known, ...patch};
    listeners.forEach((listener) => listener());
  },
  subscribe(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

// useStore((known) => known.state) draws the caller anew when that value is another one.
export function useStore(select = (all) => all) {
  const [value, setValue] = useState(() => select(known));
  useEffect(() => {
    const look = () => setValue(() => select(known));
    look();
    return store.subscribe(look);
  }, []);
  return value;
}
