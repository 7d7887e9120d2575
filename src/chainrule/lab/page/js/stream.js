// The stream of frames: it is opened again when it breaks, closed while nobody looks, and says when the server is gone.
import {api} from "./api.js";
import {store} from "./store.js";

const SILENT = 4000; // milliseconds without a word after which the server is gone: it says one each second
const AGAIN = 1500; // until the next try
let source = null;
let wanted = new Set();
let watch = 0;

/** Ask for these parts of the frames from now on. */
export function want(parts) {
  if (source && parts.length === wanted.size && parts.every((part) => wanted.has(part))) return;
  wanted = new Set(parts);
  open();
}

/** Ask for the same in another language. */
export const listenAnew = () => source && open();

function open() {
  close();
  if (document.hidden) return;
  source = new EventSource(api.url("api/events", {wants: [...wanted].join(",")}));
  source.onmessage = (event) => {
    alive();
    take(JSON.parse(event.data));
  };
  source.addEventListener("beat", alive);
  source.addEventListener("ended", () => lost("ended"));
  source.onerror = () => lost("lost");
  watch = setTimeout(() => lost("lost"), SILENT);
}

function close() {
  clearTimeout(watch);
  source?.close();
  source = null;
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
  const {frames, built: before} = store.get();
  const news = {frames: {...frames, ...parts}};
  if (parts.curves) news.frames.curves = joined(frames.curves, parts.curves);
  if (built) Object.assign(news, {built, builds: store.get().builds + (before ? 1 : 0)});
  store.setState(state, news);
}

function joined(before, {from, columns, ...others}) {
  if (!from || !before) return {...others, columns};
  const all = {};
  for (const [name, values] of Object.entries(columns)) all[name] = [...(before.columns[name] ?? []).slice(0, from), ...values];
  return {...others, columns: all};
}

document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
