// The frame of the page: its rooms as tabs, language and colors, and what it says when the server is gone.
import {api} from "./api.js";
import {html, render, useEffect, useErrorBoundary, useState} from "./html.js";
import {Button, Problem, Select, Tabs} from "./parts.js";
import {store, useStore} from "./store.js";
import {t} from "./words.js";

const ROOMS = [
  {id: "build", label: () => t("shell.build"), load: () => import("./build.js").then((module) => module.Build)},
  {id: "train", label: () => t("shell.train"), load: () => import("./train.js").then((module) => module.Train)},
  {id: "pass", label: () => t("shell.pass"), load: () => import("./pass.js").then((module) => module.Pass)},
  {id: "code", label: () => t("shell.code"), load: () => import("./code.js").then((module) => module.Code)},
  {id: "lessons", label: () => t("shell.lessons"), load: () => import("./lessons.js").then((module) => module.Lessons)},
  {id: "take", label: () => t("shell.take"), load: () => import("./takeaway.js").then((module) => module.TakeAway)},
];

function Room({room}) {
  const [Shown, setShown] = useState(null);
  const [error] = useErrorBoundary();
  useEffect(() => {
    setShown(null);
    room.load().then((component) => setShown(() => component), (failure) => store.set({notice: {text: String(failure), kind: "problem"}}));
  }, [room.id]);
  if (error) return html`<${Problem} text=${String(error)} />`;
  return Shown && html`<${Shown} />`;
}

function Lab() {
  const {language, notice} = useStore();
  const [chosen, setChosen] = useState("train");
  const room = ROOMS.find((each) => each.id === chosen);
  return html`
    <header class="top"><h1>chainrule lab</h1>
      <${Tabs} label=${t("shell.rooms")} tabs=${ROOMS.map(({id, label}) => ({id, label: label()}))} chosen=${chosen} onChoose=${setChosen} panel="room" />
      <${Select} label=${t("shell.language")} hidden value=${language} options=${[{value: "ko", label: "한국어"}, {value: "en", label: "English"}]} onChange=${speak} />
    </header>
    <main id="room" role="tabpanel" aria-labelledby=${`tab-${chosen}`}>
      ${notice && html`<${Problem} text=${notice.text}><${Button} label=${t("shell.close")} onClick=${() => store.set({notice: null})}>×<//><//>`}
      <${Room} key=${chosen} room=${room} />
    </main>`;
}

async function speak(language) {
  const words = await api.get(`api/words?lang=${language}`);
  document.documentElement.lang = language;
  store.set({language, words});
}

await speak(document.documentElement.lang);
render(html`<${Lab} />`, document.getElementById("lab"));
