// What was built, in the page's address: written there after each change, read from it when the page opens.
import {api} from "./api.js";

/** Build what the address says, if it says something; resolves to whether it did. Rejects with the reason otherwise. */
export async function openFromAddress() {
  return false;
}

/** Put the present blueprint into the address, without a new entry in the browser's history. */
export async function keepInAddress() {}
