// What was built, in the page's address: written there whenever it changes, read from it when the page opens.
import {api} from "./api.js";
import {fromHash, putInHash} from "./hash.js";
import {blueprintText, store} from "./store.js";

const OWN = `chainrule address ${location.pathname}`; // what this tab wrote: when it is reloaded, its network goes on training
let keeping = Promise.resolve();

/** Build what the address says, if it says something new. A damaged link is told. */
export async function openFromAddress() {
  const text = fromHash("b");
  if (!text || text === written() || text === (await present())) return;
  try {
    await openText(text);
  } catch (error) {
    store.set({notice: {text: error.message, kind: "problem"}});
  }
}

/** Keep in the address what is built from now on, whoever changes it: a knob, the way back, a remedy, another tab. */
export function followAddress() {
  let last = {built: null, text: ""};
  const look = () => {
    const {built} = store.get();
    if (!built || built === last.built) return;
    const text = blueprintText({built});
    if (text !== last.text) keeping = keeping.then(keepInAddress);
    last = {built, text};
  };
  store.subscribe(look);
  look();
}

/** Build what a link or its text says; rejects with the reason. */
export async function openText(link) {
  const text = new URLSearchParams(link.includes("#") ? link.slice(link.indexOf("#") + 1) : "").get("b") ?? link.trim();
  const {blueprint} = await api.post("api/take/open", {text});
  const {state, built} = await api.post("api/build", {blueprint});
  store.set({state, built});
}

// Without a new entry in the browser's history.
async function keepInAddress() {
  const text = await present();
  putInHash({b: text});
  if (text) write(text);
}

// The text of what is built; null if an address cannot hold it, such as an uploaded table, of which "Take away" tells.
async function present() {
  if (store.get().built.blueprint.data.token) return null;
  return api.get("api/take/link").then(({text}) => text, () => null);
}

function written() {
  try {
    return sessionStorage.getItem(OWN);
  } catch {
    return null;
  }
}

function write(text) {
  try {
    sessionStorage.setItem(OWN, text);
  } catch {} // a browser may keep nothing
}
