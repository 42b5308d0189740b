/** Calls that wait for each other. */

/** Does one call after another, each whatever became of those before; whoever asked has its result, or its error. */
export type OneByOne = <Result>(call: () => Promise<Result>) => Promise<Result>;

export function createOneByOne(): OneByOne {
  let last: Promise<unknown> = Promise.resolve();
  return (call) => {
    const turn = last.then(call);
    last = turn.catch(() => {});
    return turn;
  };
}
