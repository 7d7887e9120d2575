"""One verdict for each function: what can be seen in its code joins what running it has proven."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from chainrule.checker.findings import Checked, Finding, Report

UNBOUND = ("NameError", "UnboundLocalError", "AttributeError")
_WHATEVER_RAN = ("bias-never-used", "softmax.different-exponents")


def joined(report: Report, seen: Iterable[Finding], lines: Mapping[str, int | None]) -> Report:
    """Return a report with what was seen in the code, where it is the stronger evidence or explains a mistake.

    Errors count for functions that nothing else has judged; they take the place of the exception that they cause, and
    of what is said of a forward method that never keeps an attribute of that name. Where a function has come to the
    right numbers, they are warnings about lines that were not reached, and an update that is lost is none; but a pass
    without its bias comes to numbers that agree with each other, and is wrong, and so is a softmax along two axes
    in a branch that no call takes. Warnings
    only stand beside errors, which they may explain; a misspelt name only in the place of the exception. What calls a
    function and stops with its misspelt name waits for it.

    Parameters
    ----------
    report
        What running the code has proven.
    seen
        What `sight` found.
    lines
        Where each function begins.
    """
    checked = {done.function: done for done in report.checked}
    findings = list(report.findings)
    seen = [*seen]
    if any(finding.mistake == "bias-never-used" for finding in seen):  # then a step trains it for nothing, rightly
        idle = [finding for finding in findings if finding.mistake == "own-unused"]
        checked |= {f.function: replace(checked[f.function], status="ok") for f in idle if f.function in checked}
        findings = [finding for finding in findings if finding not in idle]
    for finding in seen:
        name = finding.function
        status = checked[name].status if name in checked else "unchecked"
        errors = [other for other in findings if other.function == name and other.severity == "error"]
        caused = [other for other in errors if _is_caused_by(other, finding)]
        unkept = [other for other in findings if _is_of_attribute(other, finding)]
        if unkept:  # the forward method came to the right numbers, or it would not be said of it
            checked |= {o.function: replace(checked[o.function], status="ok") for o in unkept if o.function in checked}
            findings = [other for other in findings if other not in unkept]
        if finding.severity == "warning" and not (caused and finding.mistake == "misspelt-name"):
            is_told = any(finding.facts["name"] in error.facts.values() for error in errors)
            findings += [finding] if errors and not is_told and finding.mistake != "misspelt-name" else []
        elif status == "ok" and finding.mistake not in _WHATEVER_RAN:
            findings += [] if finding.mistake == "update-lost" else [replace(finding, severity="warning")]
        elif caused or (status != "wrong" and not errors):
            role = checked[name].role if name in checked else name
            checked[name] = Checked(name, role, lines.get(name), "wrong")
            findings = [other for other in findings if other not in caused]
            findings.append(replace(finding, severity="error"))
    for misspelt in [f for f in findings if f.mistake.startswith("misspelt-") and f.severity == "error"]:
        stopped = [f for f in findings if f.function != misspelt.function and _is_caused_by(f, misspelt)]
        findings = [finding for finding in findings if finding not in stopped]
        for caller in [checked[finding.function] for finding in stopped if finding.function in checked]:
            waits = replace(caller, status="unchecked", reason="needs-another", facts={"name": misspelt.function})
            checked[caller.function] = waits
    unmatched = tuple(name for name in report.unmatched if name not in checked)
    return replace(report, checked=tuple(checked.values()), findings=tuple(findings), unmatched=unmatched)


def _is_caused_by(raised: Finding, seen: Finding) -> bool:
    """Return whether a name that nothing sets is why a function raises, or a lost update is why a parameter stays."""
    if seen.mistake == "update-lost":
        return raised.facts.get("pattern") == "own-unmoved" and raised.facts.get("name") == seen.facts["name"]
    name = seen.facts.get("name", "").removeprefix("self.")
    is_raised = raised.mistake in ("raised", "program-stops")
    return is_raised and raised.facts.get("kind") in UNBOUND and f"'{name}'" in raised.facts["text"]


def _is_of_attribute(unkept: Finding, seen: Finding) -> bool:
    """Return whether a forward method keeps an attribute whose name another method of its class misspells."""
    is_of_class = unkept.function.partition(".")[0] == seen.function.partition(".")[0]
    is_name = unkept.facts.get("name") == seen.facts.get("name")
    return (unkept.mistake, seen.mistake) == ("forward.never-kept", "misspelt-attribute") and is_of_class and is_name
