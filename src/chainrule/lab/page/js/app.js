// The frame of the page: its rooms as tabs, language and colors, and what it says when the server is gone.
import {tell} from "./actions.js";
import {followAddress, openFromAddress} from "./address.js";
import {api} from "./api.js";
import {html, render, useEffect, useErrorBoundary, useState} from "./html.js";
import {Button, Problem, Select, Tabs} from "./parts.js";
import {store, useStore} from "./store.js";
import {listenAnew} from "./stream.js";
import {t} from "./words.js";

const ROOMS = [
  {id: "build", label: () => t("shell.build"), load: () => import("./build.js").then((module) => module.Build)},
  {id: "train", label: () => t("shell.train"), load: () => import("./train.js").then((module) => module.Train)},
  {id: "pass", label: () => t("shell.pass"), load: () => import("./pass.js").then((module) => module.Pass)},
  {id: "code", label: () => t("shell.code"), load: () => import("./code.js").then((module) => module.Code)},
  {id: "lessons", label: () => t("shell.lessons"), load: () => import("./lessons.js").then((module) => module.Lessons)},
  {id: "take", label: () => t("shell.take"), load: () => import("./takeaway.js").then((module) => module.TakeAway)},
];
const roomOf = (id) => ROOMS.find((room) => room.id === id) ?? ROOMS[1];
const COLORS = ["", "light", "dark"];

function Room({room}) {
  const [Shown, setShown] = useState(null);
  const [error] = useErrorBoundary((problem) => console.error(problem));
  useEffect(() => {
    room.load().then((component) => setShown(() => component), tell);
  }, []);
  if (error) return html`<${Problem} text=${t("shell.broken", {problem: String(error)})} />`;
  return Shown ? html`<${Shown} />` : html`<p class="faint" aria-live="polite">${t("shell.loading")}</p>`;
}

function Connection() {
  const connection = useStore((known) => known.connection);
  const sentence = {
    lost: () => t("shell.lost"),
    full: () => t("shell.full"),
    ended: () => t("shell.ended"),
    refused: () => t("shell.refused"),
  }[connection];
  return html`<div aria-live="assertive">${sentence && html`<p class="banner">${sentence()}</p>`}</div>`;
}

const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

function Colors() {
  const [colors, setColors] = useState(kept());
  useEffect(() => {
    document.documentElement.dataset.colors = colors;
    const look = () => store.set({dark: colors ? colors === "dark" : systemIsDark.matches});
    look();
    systemIsDark.onchange = look;
    try {
      localStorage.setItem("colors", colors);
    } catch {} // a browser may keep nothing
  }, [colors]);
  const names = {"": t("shell.colors.system"), light: t("shell.colors.light"), dark: t("shell.colors.dark")};
  return html`<${Select} label=${t("shell.colors")} hidden value=${colors} onChange=${setColors}
    options=${COLORS.map((value) => ({value, label: names[value]}))} />`;
}

function kept() {
  try {
    const colors = localStorage.getItem("colors");
    return COLORS.includes(colors) ? colors : "";
  } catch {
    return "";
  }
}

function Lab() {
  const language = useStore((known) => known.language);
  const notice = useStore((known) => known.notice);
  const chosen = useStore((known) => known.room);
  const room = roomOf(chosen);
  useEffect(() => window.scrollTo(0, 0), [room.id]);
  return html`
    <header class="top"><h1><img src="icon.svg" alt="" />chainrule lab</h1>
      <${Tabs} label=${t("shell.rooms")} tabs=${ROOMS.map(({id, label}) => ({id, label: label()}))} chosen=${room.id} onChoose=${store.go} panel="room" />
      <div class="top-right">
        <${Colors} />
        <${Select} label=${t("shell.language")} hidden value=${language} onChange=${(chosen) => speak(chosen).catch(tell)}
          options=${[{value: "ko", label: "한국어"}, {value: "en", label: "English"}]} />
      </div>
    </header>
    <${Connection} />
    <main><div id="room" role="tabpanel" aria-labelledby=${`tab-${room.id}`} tabindex="-1">
      ${notice && html`<${Problem} text=${notice.text} kind=${notice.kind}><${Button} kind="small" label=${t("shell.close")} onClick=${() => store.set({notice: null})}>×<//><//>`}
      <${Room} key=${room.id + language} room=${room} />
    </div></main>`;
}

// Everything that Python told is asked for anew in the other language; what can be chosen is not needed at once.
async function speak(language) {
  const ask = (path) => api.get(path, {headers: {"X-Lab-Language": language}});
  const [words, {state, built}] = await Promise.all([ask("api/words"), ask("api/state")]);
  ask("api/choices").then((choices) => store.set({choices}), tell);
  document.documentElement.lang = language;
  const address = new URL(location.href);
  address.searchParams.set("lang", language);
  history.replaceState(null, "", address);
  store.set({language, words, state, built, frames: {}});
  listenAnew();
}

roomOf(store.get().room).load(); // meanwhile
await speak(store.get().language);
await openFromAddress();
followAddress();
render(html`<${Lab} />`, document.getElementById("lab"));
