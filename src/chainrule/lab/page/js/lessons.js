// Short guided pages with a task each, which the server checks.
import {html} from "./html.js";

export function Lessons() {
  return html`<section></section>`;
}
