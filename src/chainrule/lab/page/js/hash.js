// What stands behind the # of the address: the room, and whatever other rooms keep there.

const entries = () => new URLSearchParams(location.hash.slice(1));

export const fromHash = (key) => entries().get(key);

/** Put entries into the address without a new entry in the browser's history; null takes one out. */
export function putInHash(patch) {
  const all = entries();
  for (const [key, value] of Object.entries(patch)) value === null ? all.delete(key) : all.set(key, value);
  history.replaceState(null, "", `#${all}`);
}
