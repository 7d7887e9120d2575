// What the page asks the session to do; what is refused becomes a sentence at the top, unless the caller shows it.
import {api} from "./api.js";
import {store} from "./store.js";

export const tell = (error) => store.set({notice: {text: error.message, kind: "problem"}});

/** Do something: play, pause, epoch, batch, back, reset, undo, redo, good, switch. */
export async function act(action, body = {}) {
  try {
    const {state} = await api.post("api/do", {action, ...body});
    store.setState(state, {notice: null, wrongKnob: null});
  } catch (error) {
    tell(error);
  }
}

/** Turn a knob while it runs; rejects with the reason if it is refused. */
export async function turn(name, value) {
  const {state, built} = await api.post("api/knob", {name, value});
  store.setState(state, {built, wrongKnob: null});
}

/** Build another network; rejects with the reason, which may name a layer. */
export async function build(blueprint) {
  const {state, built} = await api.post("api/build", {blueprint});
  store.setState(state, {built, notice: null, wrongKnob: null});
}

/** Build what is there with some settings changed. */
export const rebuild = (patch) => build({...store.get().built.blueprint, ...patch});
