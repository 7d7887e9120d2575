// Typesets what stands on the page as LaTeX; without scripts, that text stays.
addEventListener("DOMContentLoaded", () => {
  for (const place of document.querySelectorAll("span.equation, div.equation")) {
    if (place.querySelector("math")) continue; // the output of a cell, typeset already
    const tex = place.textContent.trim();
    katex.render(tex, place, {displayMode: place.tagName === "DIV", throwOnError: false, strict: "ignore"});
  }
});
