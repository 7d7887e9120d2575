// Pages that list every text have nearly every word: what is looked for is told elsewhere, so they come last.
var LISTS = /^(messages|mistakes)(\.ko)?$/;
var Scorer = {
  score: ([page, , , , score]) => (LISTS.test(page) ? score - 1000 : score),
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: {0: 15, 1: 5, 2: -5},
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
