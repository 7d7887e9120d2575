// The stream of frames: it is opened again when it breaks, closed while nobody looks, and says when the server is gone.
import {api} from "./api.js";
import {store} from "./store.js";

const SILENT = 4000; // milliseconds without a word after which the server is gone: it says one each second
const AGAIN = 1500; // until the next try
let port = shared();
let listening = false;
let wanted = new Set();
let watch = 0;
let unseen = []; // frames that came since the page was drawn last

/** Ask for these parts of the frames from now on. */
export function want(parts) {
  if (listening && parts.length === wanted.size && parts.every((part) => wanted.has(part))) return;
  wanted = new Set(parts);
  open();
}

/** Ask for the same in another language. */
export const listenAnew = () => listening && open();

// Who listens: a worker for all tabs, or this tab where a browser has none.
function shared() {
  if (!globalThis.SharedWorker) return ofThisTab();
  const worker = new SharedWorker(new URL("stream_shared.js", import.meta.url), {type: "module"});
  worker.onerror = () => {
    port = ofThisTab();
    if (listening) open();
  };
  worker.port.onmessage = hear;
  return worker.port;
}

function ofThisTab() {
  const {port1, port2} = new MessageChannel();
  import("./stream_shared.js").then(({serve}) => serve(port2));
  port1.onmessage = hear;
  return port1;
}

function open() {
  close();
  if (document.hidden) return;
  listening = true;
  port.postMessage({language: store.get().language, wants: [...wanted]});
  watch = setTimeout(() => lost("lost"), SILENT);
}

function close() {
  clearTimeout(watch);
  listening = false;
  unseen = [];
  port.postMessage(null);
}

function hear({data: {type, data}}) {
  if (!listening) return;
  if (["lost", "ended", "full"].includes(type)) {
    lost(type);
    return;
  }
  alive();
  if (type === "message" && unseen.push(JSON.parse(data)) === 1) requestAnimationFrame(takeAll);
}

// A page that draws more slowly than frames come draws several of them at once, so that it hears who clicks meanwhile.
function takeAll() {
  const frames = unseen;
  unseen = [];
  frames.forEach(take);
}

function alive() {
  clearTimeout(watch);
  watch = setTimeout(() => lost("lost"), SILENT);
  if (store.get().connection !== "open") store.set({connection: "open"});
}

function lost(how) {
  close();
  store.set({connection: store.get().connection === "ended" ? "ended" : how});
  watch = setTimeout(tryAgain, AGAIN);
}

// A lab that was started anew has another token, and answers 403.
async function tryAgain() {
  try {
    await api.get("api/state");
    open();
  } catch (error) {
    if (error.status === 403) store.set({connection: "refused"});
    watch = setTimeout(tryAgain, AGAIN);
  }
}

function take({state, built, version, ...parts}) {
  const {frames} = store.get();
  const news = {frames: {...frames, ...parts}};
  if (parts.curves) news.frames.curves = joined(frames.curves, parts.curves);
  if (built) news.built = built;
  store.setState(state, news);
}

function joined(before, {from, columns, ...others}) {
  if (!from || !before) return {...others, columns};
  const all = {};
  for (const [name, values] of Object.entries(columns)) all[name] = [...(before.columns[name] ?? []).slice(0, from), ...values];
  return {...others, columns: all};
}

document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
addEventListener("pagehide", close);
