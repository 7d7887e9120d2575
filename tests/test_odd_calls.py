"""Wrong and odd arguments of the public functions end in a result or in an error of ours, with a sentence.

`CHAINRULE_FUZZ` multiplies their number: ``make fuzz`` makes 20,000 calls and prints what came of them.
"""

from __future__ import annotations

import os
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from tests.fuzz.calls import odd_calls, outcome

CALLS = 1000 * int(os.environ.get("CHAINRULE_FUZZ", "1"))


@pytest.mark.usefixtures("no_type_checks")
def test_odd_calls_end_in_a_result_or_in_an_error_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    outcomes, raw = Counter[str](), {}
    for call, odd in islice(odd_calls(tmp_path, seed=0), CALLS):
        what = outcome(call, odd)
        outcomes[what if what in ("result", "refused") else "raw"] += 1
        if what not in ("result", "refused"):
            raw[f"{call.name} {what[:90]}"] = repr(odd)[:200]
    print(dict(outcomes))
    assert not raw, "\n".join(f"{name} from {odd}" for name, odd in raw.items())
