// What the browser keeps between two visits; one that keeps nothing is no error.

export function kept(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(`chainrule ${name}`)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function keep(name, value) {
  try {
    localStorage.setItem(`chainrule ${name}`, JSON.stringify(value));
  } catch {}
}
