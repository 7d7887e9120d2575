// What was built, in the page's address: written there after each change, read from it when the page opens.
import {api} from "./api.js";
import {fromHash, putInHash} from "./hash.js";
import {store} from "./store.js";

const OWN = "chainrule address"; // what this tab wrote: when it is reloaded, its network goes on training

/** Build what the address says, if it says something new; resolves to whether it did. A damaged link is told. */
export async function openFromAddress() {
  const text = fromHash("b");
  if (!text || text === written()) return false;
  try {
    await openText(text);
    return true;
  } catch (error) {
    putInHash({b: null});
    store.set({notice: {text: error.message, kind: "problem"}});
    return false;
  }
}

/** Build what a link or its text says; rejects with the reason. */
export async function openText(link) {
  const text = new URLSearchParams(link.includes("#") ? link.slice(link.indexOf("#") + 1) : "").get("b") ?? link.trim();
  const {blueprint} = await api.post("api/take/open", {text});
  const {state, built} = await api.post("api/build", {blueprint});
  store.set({state, built});
  await keepInAddress();
}

/** Put the present blueprint into the address, without a new entry in the browser's history. */
export async function keepInAddress() {
  try {
    const {text} = await api.get("api/take/link");
    putInHash({b: text});
    write(text);
  } catch {
    putInHash({b: null}); // such as an uploaded table, of which "Take away" tells
  }
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
