// The Korean particle that fits the word before it, as the package writes them: "을(를)" after a place.
const FORMS = {"을(를)": ["을", "를"], "은(는)": ["은", "는"], "이(가)": ["이", "가"], "과(와)": ["과", "와"], "(으)로": ["으로", "로"], "(이)라": ["이라", "라"]};
const FORM = /^(?:을\(를\)|은\(는\)|이\(가\)|과\(와\)|\(으\)로|\(이\)라)/;
const FINAL_OF_DIGIT = {0: "c", 1: "l", 3: "c", 6: "c", 7: "l", 8: "l"};
const FINAL_OF_LETTER = {l: "l", r: "l", m: "c", n: "c"};

export function attached(before, after) {
  const form = FORM.exec(after)?.[0];
  if (!form) return after;
  const final = finalOf(before.replace(/[\s'"`)\]}>.,:;!?…]+$/u, ""));
  const [afterConsonant, afterVowel] = FORMS[form];
  return (final === "" || (form === "(으)로" && final === "l") ? afterVowel : afterConsonant) + after.slice(form.length);
}

function finalOf(word) {
  const last = word.slice(-1);
  if (last >= "가" && last <= "힣") {
    const final = (last.charCodeAt(0) - 0xac00) % 28;
    return final === 8 ? "l" : final ? "c" : "";
  }
  if (/\d0+$/.test(word)) return "c";
  return FINAL_OF_DIGIT[last] ?? FINAL_OF_LETTER[last.toLowerCase()] ?? "";
}
