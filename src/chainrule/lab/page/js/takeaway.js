// Files to take home, and a link to what was built.
import {html} from "./html.js";

export function TakeAway() {
  return html`<section></section>`;
}
