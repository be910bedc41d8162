/** The error of an ACME request that the server refused. */

import { shorten } from '#plugin';
import { ApiError, type Failure } from '#plugin/http';
import { adviceOf, type Problem, problemText, type Refusal, type Refused } from './problems.ts';

/** Length of a message with its request and its advice: an ApiError cuts longer ones. */
const LONGEST_MESSAGE = 990;
/** Longest wait that a server can ask for, in ms: the longest window of a public authority's limits is a week. */
const MOST_WAIT_MS = 31 * 86_400_000;

/** Thrown if the server answered with a problem. The code is the type of the problem. */
export class AcmeProblem extends ApiError implements Refusal {
  readonly problem: Problem;

  constructor(problem: Problem, failure: Omit<Failure, 'code' | 'message'>, refused?: Refused) {
    const { retryAfterMs } = failure;
    const advice = adviceOf(problem, refused);
    const text = shorten(problemText(problem), LONGEST_MESSAGE - failure.what.length - advice.length);
    super({
      ...failure,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs: Math.min(MOST_WAIT_MS, retryAfterMs) }),
      code: problem.type,
      message: advice === '' ? text : `${text}. ${advice}`,
    });
    this.name = 'AcmeProblem';
    this.problem = problem;
  }
}
