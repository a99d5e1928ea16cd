"""The state machine: Hypothesis chooses acts, faults and cycles, and makes a failure small.

It drives the same world as the histories do, act by act, and the same oracle judges. Histories
draw many acts that meet each other; here each step is chosen, so that what a failure needs is told
as a short list of steps. `python -m tests.simulation.machine --examples 500` looks for new ones.
"""

import argparse
from collections.abc import Callable

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from syncd.authority import switch
from syncd.core.plan import Standing
from tests.simulation.client import FINE, Fault
from tests.simulation.disk import FAILURES, Crash
from tests.simulation.every_call import CALLS
from tests.simulation.history import History, RunawayError
from tests.simulation.rest import come_to_rest

# What people do with cells and rows; what they do to titles and tabs is for the histories.
PEOPLE = (
    "adds a row",
    "clears a cell",
    "clears a row",
    "copies a row",
    "cuts and pastes a row",
    "deletes a row",
    "inserts a row",
    "moves a row",
    "pastes a block",
    "repeats a value",
    "sorts rows",
    "sorts visible columns",
    "types a value",
    "types nonsense",
)
PICKS = st.integers(0, 9999)


class Stage(History):
    """A world in which nothing happens but what the machine says."""

    def __init__(self, seed: int) -> None:
        self.faults: list[str] = []  # of the next calls
        self.acts: list[Callable[[], object]] = []  # before the next writes
        super().__init__(seed)

    def _before_call(self, kind: str) -> Fault:
        self.count_call()
        self.clock.sleep(0.5)
        if self.quiet or self.nested:
            return FINE
        if kind == "write" and self.acts:
            self.acts.pop(0)()
        fault = CALLS[self.faults.pop(0)].get(kind, FINE) if self.faults else FINE
        if fault is not FINE:
            self.say(f"{kind} {fault}")
        if fault.kind == "crash before":
            raise Crash
        return fault

    def _between(self) -> None:
        """Nobody acts between a write and its answer."""


class Machine(RuleBasedStateMachine):
    """People, programs and an admin around the engine, step by step."""

    stage: Stage

    @initialize(seed=st.integers(0, 199))
    def begin(self, seed: int) -> None:
        """Begin with a policy, rails and a Google of some kind."""
        self.stage, self.steps = Stage(seed), 0

    def _where(self, pick: int) -> str:
        self.steps += 1
        return f"{self.steps}.{pick}"

    @rule(kind=st.sampled_from(PEOPLE), pick=PICKS)
    def person(self, kind: str, pick: int) -> None:
        """Let one of the team do something."""
        self.stage.person_acts(self._where(pick), kind)

    @rule(kind=st.sampled_from(PEOPLE), pick=PICKS)
    def person_in_the_window(self, kind: str, pick: int) -> None:
        """Let one of the team do something just before syncd writes next."""
        where = self._where(pick)
        self.stage.acts.append(lambda: self.stage.person_acts(where, kind))

    @rule(pick=PICKS)
    def program(self, pick: int) -> None:
        """Let another program write into the CRM's file."""
        self.stage.program_acts(self._where(pick))

    @rule()
    def cycle(self) -> None:
        """Run a cycle."""
        self.stage.attempt("cycle", self.stage.cycle)

    @rule()
    def switch_authority(self) -> None:
        """Connect, or disconnect."""
        stage = self.stage
        other = stage.authority.other
        stage.attempt("switch", lambda: switch(stage.ws, other, by="admin"))
        stage.oracle.skip(stage.app)

    @rule(pick=PICKS, accepted=st.booleans())
    def answer(self, pick: int, accepted: bool) -> None:
        """Accept or reject something that waits in review."""
        crm = self.stage.ws.crm
        entries = [e for e in crm.reviews.entries() if e.review.acceptable or not accepted]
        if not entries:
            return
        entry = entries[pick % len(entries)]
        standing = Standing.ACCEPTED if accepted else Standing.REJECTED
        with crm.database.transaction():
            crm.reviews.answer(entry.id, standing, at=self.stage.ws.now())
        self.stage.say(f"admin: {standing.value} {entry.review}")

    @rule(way=st.sampled_from(sorted(CALLS)))
    def next_call_fails(self, way: str) -> None:
        """Let the next call fail."""
        self.stage.faults.append(way)

    @rule(number=st.integers(1, 150), kind=st.sampled_from([*FAILURES, "crash"]))
    def next_cycle_meets_the_disk(self, number: int, kind: str) -> None:
        """Run a cycle in which a statement fails."""
        self.stage.statements, self.stage.trouble = 0, (number, kind)
        self.cycle()
        self.stage.trouble = None

    @rule(seconds=st.sampled_from([5, 40, 400]))
    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.stage.clock.sleep(seconds)

    @rule()
    def restart(self) -> None:
        """End the process and start another one."""
        self.stage.restart()

    @invariant()
    def nothing_is_broken(self) -> None:
        """Hold what the oracle checks after each cycle."""
        if hasattr(self, "stage"):
            assert not self.stage.oracle.violations, self.stage.oracle.violations

    def teardown(self) -> None:
        """Let everything come to rest: nothing lost, astray, doubled or restless."""
        if not hasattr(self, "stage"):
            return
        stage = self.stage
        try:
            if not stage.oracle.violations:
                stage._silence()
                come_to_rest(stage)
        except RunawayError:
            stage.oracle.fail("liveness", "it calls and calls")
        finally:
            told = "\n".join(stage.told)
            stage.close()
        assert not stage.oracle.violations, f"{stage.oracle.violations}\n{told}"


def bounded(examples: int, steps: int, *, derandomize: bool) -> settings:
    """Return settings for so many runs of so many steps."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        derandomize=derandomize,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def main() -> None:
    """Look for a run that breaks an invariant, and print the smallest one that does."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.machine")
    parser.add_argument("--examples", type=int, default=300)
    parser.add_argument("--steps", type=int, default=25)
    args = parser.parse_args()
    chosen = bounded(args.examples, args.steps, derandomize=False)
    run_state_machine_as_test(Machine, settings=chosen)
    print(f"{args.examples} runs of up to {args.steps} steps broke nothing")


if __name__ == "__main__":
    main()
