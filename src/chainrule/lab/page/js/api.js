// Questions to the server. Addresses are relative to the page's, which begins with the token.
import {store} from "./store.js";

export class LabError extends Error {
  constructor(text, {layer = null, status = 0, draft = null} = {}) {
    super(text);
    Object.assign(this, {layer, status, draft});
  }
}

const relative = (path) => path.replace(/^\//, "");

// The address of something to download or to listen to, in the page's language.
function url(path, query = {}) {
  const asked = new URLSearchParams({...query, lang: store.get().language});
  return `${relative(path)}${path.includes("?") ? "&" : "?"}${asked}`;
}

async function ask(path, options = {}) {
  const headers = {"X-Lab-Language": store.get().language, ...options.headers};
  let answer, content;
  try {
    answer = await fetch(relative(path), {...options, headers});
    content = answer.headers.get("content-type")?.startsWith("application/json") ? await answer.json() : {};
  } catch (error) {
    if (error.name === "AbortError") throw error;
    if (store.get().connection === "open") store.set({connection: "lost"}); // until the stream says another word
    throw new LabError(store.get().words["shell.lost"] ?? String(error));
  }
  if (!answer.ok) throw new LabError(content.error ?? `${answer.status} ${answer.statusText}`, {...content, status: answer.status});
  return content;
}

export const api = {
  url,
  get: (path, options = {}) => ask(path, options),
  post: (path, body = {}, options = {}) =>
    ask(path, {...options, method: "POST", body: JSON.stringify(body), headers: {"Content-Type": "application/json"}}),
  upload: (path, form) => ask(path, {method: "POST", body: form}),
};
