// One stream for all tabs: a browser has six connections to a host, and each stream holds one. As a shared worker, it
// listens once for the tabs of a language, and asks for what any of them wants.
const streams = new Map(); // by language: {source, tabs}, where tabs says what each port wants

/** Listen for a tab: its port says {language, wants}, or null as long as it wants nothing. */
export function serve(port) {
  port.onmessage = ({data}) => (data ? join(port, data) : leave(port));
  port.onclose = () => leave(port);
}

function leave(port) {
  for (const [language, {source, tabs}] of streams) {
    if (!tabs.delete(port) || tabs.size) continue;
    source.close();
    streams.delete(language);
  }
}

// A stream says what has changed since it began, so it begins anew for a tab that has seen nothing yet.
function join(port, {language, wants}) {
  const {source: before, tabs = new Map()} = streams.get(language) ?? {};
  before?.close();
  tabs.set(port, wants);
  const all = new URLSearchParams({wants: [...new Set([...tabs.values()].flat())].join(), lang: language});
  const source = new EventSource(new URL(`../api/events?${all}`, import.meta.url));
  const tell = ({type, data}) => tabs.forEach((_, other) => other.postMessage({type, data}));
  for (const type of ["message", "beat", "ended", "full"]) source.addEventListener(type, tell);
  source.onerror = () => {
    source.close();
    tell({type: "lost"});
  };
  streams.set(language, {source, tabs});
}

globalThis.onconnect = ({ports: [port]}) => serve(port);
