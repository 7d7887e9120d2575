// What the page knows, in one object; who shows something of it is drawn anew when that changes.
import {useEffect, useState} from "preact/hooks";
import {fromHash, putInHash} from "./hash.js";

let known = {
  language: document.documentElement.lang,
  words: {},
  choices: null, // all that can be built
  state: null, // of the session: running, epoch, step, scores
  built: null, // {blueprint, layers (their plan), total, loss, examples}
  frames: {}, // the newest of each kind
  dark: matchMedia("(prefers-color-scheme: dark)").matches, // whether the colors are
  connection: "opening", // or "open", "lost", "full", "ended", "refused"
  notice: null, // {text, kind}: a sentence for the whole page
  wrongKnob: null, // {name, text}: the knob that was refused last, and why
  room: fromHash("room") ?? "train",
  details: null, // what the room that was gone to shall show
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
  // Answers and frames overtake one another: an older state is not shown after a newer one.
  setState(state, others = {}) {
    const older = known.state && state.version < known.state.version;
    store.set(older ? others : {...others, state});
  },
  go(room, details = null) {
    putInHash({room});
    store.set({room, details});
  },
};

/** The blueprint as a text, for useStore: another one when something else was built. */
export const blueprintText = ({built}) => JSON.stringify(built?.blueprint ?? null);

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
