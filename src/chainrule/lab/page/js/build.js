// The room in which data, layers and the way of learning are chosen.
import {Button} from "./parts.js";
import {Layers} from "./build_layers.js";
import {Learning} from "./build_learning.js";
import {Data} from "./data.js";
import {html, useEffect} from "./html.js";
import {store} from "./store.js";
import {want} from "./stream.js";
import {t} from "./words.js";

export function Build() {
  useEffect(() => want(["points"]), []);
  return html`<div class="build-grid"><${Data} /><div class="stack"><${Layers} />
    <${Button} kind="primary" label=${t("build.train")} onClick=${() => store.go("train")} /></div><${Learning} /></div>`;
}
