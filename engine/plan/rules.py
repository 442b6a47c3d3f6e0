"""The state of every rule through time: on or off, by conditions, confirmation, minimum hold and cool-down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.config.settings import Rule

Flags = NDArray[np.bool_]
FOREVER = 10**9


@dataclass(frozen=True)
class Truths:
    """Where a rule's `when` and `exit` are true, one flag per decision session; unknown counts as not true."""

    when: Flags
    exit: Flags | None


def rule_states(rule: Rule, truths: Truths | None, decisions: int) -> Flags:
    """On or off at every decision session; all counts are decision sessions, and nothing before the first counts.

    An off rule turns on when `when` has been true at the last `confirm` sessions, `exit` is not true now and it has
    been off for `cool_down` sessions; an on rule turns off when `exit` is true (or `when` is not true, without an
    exit) and it has been on for `min_hold`. A rule without `when` is always on.
    """
    if truths is None:
        return np.ones(decisions, dtype=bool)
    states = np.zeros(decisions, dtype=bool)
    on, since, streak = False, None, 0
    for session in range(decisions):
        streak = streak + 1 if truths.when[session] else 0
        leave = not truths.when[session] if truths.exit is None else bool(truths.exit[session])
        lasted = FOREVER if since is None else session - since
        if on and leave and lasted >= rule.min_hold:
            on, since = False, session
        elif not on and streak >= rule.confirm and not leave and lasted >= rule.cool_down:
            on, since = True, session
        states[session] = on
    return states


def winners(states: Sequence[Flags]) -> NDArray[np.intp]:
    """The first rule that is on at each session, -1 where none is."""
    table = np.column_stack(states)
    return np.where(table.any(axis=1), table.argmax(axis=1), -1)
