import {html} from "./html.js";

export function Train() {
  return html`<section></section>`;
}
