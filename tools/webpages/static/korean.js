// What the theme and the button that copies code say in English only.
const WORDS = {
  "Toggle site navigation sidebar": "목차 열기",
  "Toggle table of contents sidebar": "이 페이지의 목차 열기",
  "Toggle Light / Dark / Auto color theme": "밝은 색, 어두운 색, 시스템 색 바꾸기",
  "Light mode": "밝은 색",
  "Dark mode": "어두운 색",
  "Auto light/dark, in light mode": "시스템 색 (지금은 밝은 색)",
  "Auto light/dark, in dark mode": "시스템 색 (지금은 어두운 색)",
  "Skip to content": "본문으로 가기",
  Copy: "복사",
};
const told = (text) => WORDS[text.trim()] ?? text;

function tell() {
  for (const name of ["aria-label", "title", "data-tooltip"]) {
    for (const element of document.querySelectorAll(`[${name}]`)) {
      element.setAttribute(name, told(element.getAttribute(name)));
    }
  }
  for (const element of document.querySelectorAll("svg title, .skip-to-content")) {
    element.textContent = told(element.textContent);
  }
}

addEventListener("load", tell); // the buttons are there by then
