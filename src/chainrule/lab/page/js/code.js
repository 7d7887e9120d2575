// "My code": the learner's file beside the checker's report, and their numbers beside the right ones.
import {html} from "./html.js";

export function Code() {
  return html`<section></section>`;
}
