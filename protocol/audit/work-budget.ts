/**
 * What an audit may cost: who audits a stranger's log decides that, not the stranger. An audit that has spent it stops where it is, and says so; what
 * it found until then holds.
 */

export interface WorkBudget {
  /** Entries that are judged. */
  readonly entries: number;
  /** Bytes that are read: the log as often as it is read, and every model. */
  readonly bytes: number;
  /** Of some clock that is never set back. */
  readonly seconds: number;
}

/** Which part of a budget was spent. */
export type Spent = keyof WorkBudget;

/** Ends the reading of a stream whose reader can no longer pay; caught where the budget was given. */
export class BudgetSpent extends Error {
  readonly what: Spent;
  constructor(what: Spent) {
    super(`the budget of ${what} is spent`);
    this.what = what;
  }
}

export interface Meter {
  /** Counts one more entry. @throws BudgetSpent */
  entry(): void;
  /** Counts bytes that were read. @throws BudgetSpent */
  read(bytes: number): void;
}

/** Counts work from now on. @param monotonicMs a clock that is never set back. */
export function createMeter(budget: WorkBudget, monotonicMs: () => number): Meter {
  const untilMs = monotonicMs() + 1000 * budget.seconds;
  let entries = 0;
  let bytes = 0;

  function checkTime(): void {
    if (monotonicMs() >= untilMs) throw new BudgetSpent("seconds");
  }

  return {
    entry() {
      if (entries >= budget.entries) throw new BudgetSpent("entries");
      entries++;
      checkTime();
    },
    read(more) {
      bytes += more;
      if (bytes > budget.bytes) throw new BudgetSpent("bytes");
      checkTime();
    },
  };
}
