"""Why a plan cannot be changed, in the reader's language: the catalogue's sentence, with the names and figures told."""

from __future__ import annotations

import re
from collections.abc import Mapping

from parkwright.show.words import Words

_LINE, _JOB, _ORDER = r"line (?P<line>\S+): ", r"job (?P<job>\S+): ", r"order (?P<order>\S+): "
_AT, _END, _START = r"\d{4}-\d\d-\d\d \d\d:\d\d", r"(?P<end>{0})", r"(?P<start>{0})"
_AT_END, _AT_START = _END.format(_AT), _START.format(_AT)
_ENDS = _LINE + "its outage is to end at " + _AT_END + ", "

PATTERNS: Mapping[str, re.Pattern[str]] = {
    key: re.compile(pattern)
    for key, pattern in (
        ("refused.line_unknown", _LINE + "does not exist in this park; "),
        (
            "refused.out_backwards",
            _LINE + "is to be out until " + _AT_END + r", not after (?P<start>\d\d:\d\d), when that begins; ",
        ),
        (
            "refused.out_of_day",
            _LINE + "is to be out from " + _AT_START + " until " + _AT_END + r", which is not within (?P<day>\S+); ",
        ),
        ("refused.out_over", _LINE + "is to be out until " + _AT_END + ", which is over; "),
        ("refused.no_reason", _LINE + "is out for no reason; "),
        ("refused.long_reason", _LINE + r"is out for a reason of (?P<n>\d+) characters; give one of (?P<most>\d+) "),
        ("refused.out_already", _LINE + "is out from " + _AT_START + " already; "),
        ("refused.out_often", _LINE + r"is to be out (?P<n>\d+) times, from (?P<starts>[^;]+); "),
        ("refused.not_out", _LINE + "is not out (?:now or later|from " + _AT + "); "),
        ("refused.outage_over", _LINE + "its outage from " + _AT_START + " was over at " + _AT_END + "; "),
        ("refused.end_before_start", _ENDS + "before it begins at " + _AT_START + "; "),
        ("refused.end_passed", _ENDS + "which has passed; "),
        ("refused.end_after_day", _ENDS + "after the day; "),
        ("refused.end_same", _LINE + "its outage ends at " + _AT_END + " as it is; "),
        ("refused.no_weight", _ORDER + "says not what an hour of lateness costs; "),
        ("refused.not_sold", _ORDER + r"product (?P<product>\S+) is none that is sold; give one of (?P<sold>.+)"),
        ("refused.order_known", _ORDER + "is an order of this day already; "),
        (
            "refused.no_lot",
            _ORDER + r"no line takes (?P<n>\d+) units of (?P<product>\S+) at once; .*\((?P<lots>[^)]*)\)",
        ),
        ("refused.no_market", _ORDER + r"market (?P<market>\S+) is not in this park; give one of (?P<markets>.+)"),
        ("refused.due_passed", _ORDER + r"is due at \S+ \S+, not after it comes in at "),
        ("refused.weight", _ORDER + r"an hour of its lateness costs (?P<weight>\S+) CNY; "),
        (
            "refused.order_large",
            _ORDER + r"no line makes (?P<n>\d+) units of (?P<product>\S+) in the hours left of (?P<day>[^,]+), "
            r"(?P<most>\d+) is the most; ",
        ),
        (
            "refused.order_boards",
            _ORDER + r"no line has hours left today for the (?P<n>\d+) boards (?P<board>\S+) that it lacks; ",
        ),
        (
            "refused.order_pushes",
            _ORDER + r"wherever it is put, (?P<n>\d+) jobs of other orders or more lose their place today; ",
        ),
        ("refused.order_full", _ORDER + "no line can take it today; "),
        ("refused.none_waits", _ORDER + "has no job that waits; "),
        ("refused.job_full", _JOB + "no line can take it today; "),
        (
            "refused.wrong_segment",
            _JOB + r"line (?P<line>\S+) cannot make it: it does (?P<does>.+), not (?P<other>\S+); ",
        ),
        (
            "refused.wrong_lot",
            _JOB
            + r"line (?P<line>\S+) cannot make it: it takes lots of (?P<least>\d+) to (?P<most>\d+), this is one of "
            r"(?P<n>\d+); ",
        ),
        ("refused.other_lot", r"^lots of (?P<least>\d+) to (?P<most>\d+), this is one of (?P<n>\d+)$"),
        ("refused.done", _JOB + "is done; "),
        ("refused.begun", _JOB + "has begun; "),
        ("refused.too_soon", _JOB + "runs, is done, or begins too soon to be moved; "),
        ("refused.ahead", _JOB + r"line (?P<line>\S+) is ahead of its plan and takes it soon; .* after " + _AT_END),
        ("refused.pinned", _JOB + "is pinned and moved at once; "),
        ("refused.released", r"job (?P<job>\S+) was released to its line meanwhile; "),
        ("refused.job_unknown", _JOB + "is not among the day's jobs; "),
        ("refused.no_place", _JOB + "has no place in the plan of "),
        ("refused.changed", r"the plan (?:of \S+ )?has changed meanwhile; "),
        ("refused.not_kept", "draft (?:[0-9a-f]+: )?is not kept any more"),
        ("refused.searching", "draft is still being searched; "),
        ("refused.no_plan", r"(?P<day>\d{4}-\d\d-\d\d): has no plan yet; "),
        ("refused.other_day", r"the run is at (?P<day>\S+), not at (?P<other>\S+); "),
        ("refused.breaks", r"the plan asked for breaks (?P<n>\d+) promises, first: (?P<first>.+)"),
        ("refused.no_time", r"(?P<field>\w+): .* is no date and time; give both"),
        ("refused.in_force", r"revision (?P<n>\d+) of the plan is in force"),
    )
}
"""What plan.outage, plan.rush, plan.room, make.whatif, make.laid, run and wire.planning write, and forms."""


def refused(words: Words, text: str) -> str:
    """Return a refusal, or the answer to a change of the plan, in the reader's language; as it is where not known."""
    for key, pattern in PATTERNS.items():
        found = pattern.search(text)
        if found:
            return words.say(key, **found.groupdict())
    return text
