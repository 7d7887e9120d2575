import {html} from "./html.js";

export function Build() {
  return html`<section></section>`;
}
