// Every counting method against published examples of the voting literature, and by what must hold of any count.
import fc from 'fast-check'
import t from 'tap'
import { ballotProblem, METHODS, RANKED, type Ballot, type Method } from './ballot.ts'
import { tally } from './count.ts'
import { decide, type Rule } from './decide.ts'

/** `45: 'ACB'` as so many ballots that rank A, then C, then B of the options named in `letters`. */
function ranked(letters: string, profile: [number, string][]): Ballot[] {
  return profile.flatMap(([times, order]) =>
    Array.from({ length: times }, () => [...letters].map((letter) => (order.includes(letter) ? order.indexOf(letter) + 1 : null)))
  )
}
const names = (letters: string, places: number[]): string => places.map((place) => letters[place]).join('')
const times = (count: number, ballot: Ballot): Ballot[] => Array.from({ length: count }, () => ballot)
const SIMPLE: Rule = { share: null, base: 'expressed', quorum: null }

// The capital of Tennessee: Memphis, Nashville, Chattanooga, Knoxville (used throughout the literature to compare methods).
const TENNESSEE = ranked('MNCK', [
  [42, 'MNCK'],
  [26, 'NCKM'],
  [15, 'CKNM'],
  [17, 'KCNM']
])
// Burlington, Vermont, mayor, 2009, as usually condensed to Montroll, Kiss, Wright: the three methods have three winners.
const BURLINGTON = ranked('MKW', [
  [1332, 'MKW'],
  [767, 'MWK'],
  [455, 'M'],
  [2043, 'KMW'],
  [371, 'KWM'],
  [568, 'K'],
  [1513, 'WMK'],
  [495, 'WKM'],
  [1289, 'W']
])
// Schulze 2011, example 1.
const SCHULZE = ranked('ABCDE', [
  [5, 'ACBED'],
  [5, 'ADECB'],
  [8, 'BEDAC'],
  [3, 'CABED'],
  [7, 'CAEBD'],
  [2, 'CBADE'],
  [7, 'DCEBA'],
  [8, 'EBADC']
])

t.test('Tennessee: the plurality takes Memphis, Borda and Condorcet Nashville, the instant run-off Knoxville', async (t) => {
  const firsts = TENNESSEE.map((ballot) => ballot.map((mark) => (mark === 1 ? 1 : null)))
  t.match(tally('single', 4, firsts), { figures: [42, 26, 15, 17], leaders: [0] })
  t.match(tally('borda', 4, TENNESSEE), { figures: [126, 194, 173, 107], leaders: [1] })
  t.match(tally('schulze', 4, TENNESSEE), { figures: [0, 3, 2, 1], leaders: [1] })
  const runoff = tally('instant_runoff', 4, TENNESSEE)
  t.same(runoff.leaders, [3])
  t.same(runoff.rounds, [
    { votes: [42, 26, 15, 17], exhausted: 0, eliminated: [2], tied: false },
    { votes: [42, 26, null, 32], exhausted: 0, eliminated: [1], tied: false },
    { votes: [42, null, null, 58], exhausted: 0, eliminated: [], tied: false }
  ])
})

t.test('Burlington 2009: Kiss by instant run-off, Wright by first places, Montroll beats each of them in pairs', async (t) => {
  const runoff = tally('instant_runoff', 3, BURLINGTON)
  t.same(runoff.figures, [2554, 2982, 3297])
  t.equal(names('MKW', runoff.leaders), 'K')
  t.same(runoff.rounds![1], { votes: [null, 4314, 4064], exhausted: 455, eliminated: [], tied: false })
  const pairs = tally('schulze', 3, BURLINGTON)
  t.equal(names('MKW', pairs.leaders), 'M')
  t.same([pairs.pairs![0]![1], pairs.pairs![1]![0], pairs.pairs![0]![2], pairs.pairs![2]![0]], [4067, 3477, 4597, 3668])
})

t.test('Schulze 2011, example 1: the pairs as printed, and E before A, C, B, D', async (t) => {
  const counted = tally('schulze', 5, SCHULZE)
  t.same(counted.pairs, [
    [0, 20, 26, 30, 22],
    [25, 0, 16, 33, 18],
    [19, 29, 0, 17, 24],
    [15, 12, 28, 0, 14],
    [23, 27, 21, 31, 0]
  ])
  t.equal(names('ABCDE', counted.leaders), 'E')
  const order = [...'ABCDE'].sort((one, other) => counted.figures['ABCDE'.indexOf(other)]! - counted.figures['ABCDE'.indexOf(one)]!)
  t.equal(order.join(''), 'EACBD')
})

t.test("Condorcet's circle of three is a tie of three", async (t) => {
  const circle = ranked('ABC', [
    [1, 'ABC'],
    [1, 'BCA'],
    [1, 'CAB']
  ])
  for (const method of RANKED) {
    const counted = tally(method, 3, circle)
    t.same(counted.leaders, [0, 1, 2], method)
    t.match(decide(counted, SIMPLE, 3), { outcome: 'tie', options: [0, 1, 2] }, method)
  }
})

t.test('an instant run-off whose end hangs on who of two equals goes first says so', async (t) => {
  const counted = tally(
    'instant_runoff',
    3,
    ranked('ABC', [
      [4, 'A'],
      [3, 'BC'],
      [3, 'CB']
    ])
  )
  t.same(counted.leaders, [1, 2], 'B beats A once C is gone, C once B is')
  t.equal(counted.rounds![0]!.tied, true)
  t.same(decide(counted, SIMPLE, 10).outcome, 'tie')
})

t.test('Borda: who ranks one option only weighs as much as who ranks all', async (t) => {
  t.same(tally('borda', 3, [[1, null, null]]).figures, [2, 0.5, 0.5])
  t.same(tally('borda', 3, [[1, 2, 3]]).figures, [2, 1, 0])
})

t.test('points, dots and dates are added up; a blank ballot is counted apart', async (t) => {
  const scores = tally('score', 3, [
    [5, 3, null],
    [0, 4, 2],
    [null, null, null]
  ])
  t.match(scores, { ballots: 3, blank: 1, figures: [5, 7, 2], leaders: [1] })
  const dots = tally('dots', 2, [
    [8, null],
    [1, 7],
    [1, 7]
  ])
  t.match(dots, { figures: [10, 14], supporters: [3, 2], leaders: [1] })
  const dates = tally('dates', 3, [
    [2, 1, 0],
    [1, 2, 2],
    [0, 2, 0]
  ])
  t.match(dates, { figures: [2, 3, 1], yes: [1, 2, 1], leaders: [1] })
  const equal = tally('dates', 2, [
    [2, 1],
    [1, 1]
  ])
  t.same(equal.leaders, [0], 'as many can come, one comes gladly')
})

t.test('the base of a majority decides what blank ballots and "I lack information" weigh', async (t) => {
  const ballots = [...times(50, [1, null, null, null]), ...times(40, [null, 1, null, null]), ...times(10, [null, null, null, 1])]
  const counted = tally('yes_no', 4, ballots)
  const outcome = (rule: Rule, electorate = 200): string => decide(counted, rule, electorate).outcome
  t.equal(outcome({ share: 'half', base: 'expressed', quorum: null }), 'adopted')
  t.equal(outcome({ share: 'half', base: 'ballots', quorum: null }), 'rejected', '50 of 100 is not more than half')
  t.equal(outcome({ share: 'half', base: 'electorate', quorum: null }), 'rejected')
  t.equal(outcome({ share: 'two_thirds', base: 'expressed', quorum: null }), 'rejected')
  t.equal(outcome({ share: 'half', base: 'expressed', quorum: 50 }), 'adopted', '100 of 200 is half')
  t.equal(outcome({ share: 'half', base: 'expressed', quorum: 51 }), 'no_quorum')
  const exact = tally('yes_no', 4, [...times(2, [1, null, null, null]), ...times(1, [null, 1, null, null])])
  t.match(decide(exact, { share: 'two_thirds', base: 'expressed', quorum: null }, 3), {
    outcome: 'adopted',
    majority: { reached: 2, of: 3 }
  })
  const tied = tally('yes_no', 4, [...times(3, [1, null, null, null]), ...times(3, [null, 1, null, null])])
  t.match(decide(tied, { share: 'half', base: 'expressed', quorum: null }, 9), { outcome: 'tie', options: [0, 1] })
  t.match(decide(tally('yes_no', 4, []), { share: 'half', base: 'expressed', quorum: null }, 9), { outcome: 'nobody' })
})

t.test('consent: one objection is enough', async (t) => {
  const consenting = times(9, [1, null, null])
  t.match(decide(tally('consent', 3, consenting), SIMPLE, 10), { outcome: 'adopted' })
  t.match(decide(tally('consent', 3, [...consenting, [null, null, 1]]), SIMPLE, 10), { outcome: 'rejected' })
  t.match(decide(tally('consent', 3, times(3, [null, 1, null])), SIMPLE, 10), { outcome: 'rejected' }, 'nobody consented')
})

t.test('what is in front without the majority asked for is not chosen', async (t) => {
  const counted = tally('single', 3, [...times(4, [1, null, null]), ...times(3, [null, 1, null]), ...times(3, [null, null, 1])])
  t.match(decide(counted, { share: 'half', base: 'expressed', quorum: null }, 20), {
    outcome: 'below_majority',
    options: [0],
    majority: { reached: 4, of: 10 }
  })
  t.match(decide(counted, SIMPLE, 20), { outcome: 'chosen', options: [0] })
})

t.test('a ballot that does not keep the rules is named', async (t) => {
  const problem = (method: Method, ballot: Ballot, more: object = {}): string | null =>
    ballotProblem({ method, options: 3, ...more }, ballot)
  t.equal(problem('single', [1, 1, null]), 'ballot.one')
  t.equal(problem('single', [1, null]), 'ballot.options')
  t.equal(problem('single', [2, null, null]), 'ballot.mark')
  t.equal(problem('multiple', [1, 1, 1], { most: 2 }), 'ballot.most')
  t.equal(problem('multiple', [1, null, null], { fewest: 2 }), 'ballot.fewest')
  t.equal(problem('score', [6, 0, 0]), 'ballot.score')
  t.equal(problem('dots', [5, 4, 0]), 'ballot.dots')
  t.equal(problem('schulze', [1, 1, 2]), 'ballot.ranks')
  t.equal(problem('borda', [1, 3, null]), 'ballot.ranks')
  t.equal(problem('dates', [3, 0, 0]), 'ballot.mark')
  t.equal(problem('score', [-1, 0, 0]), 'ballot.mark')
  t.equal(problem('score', [0.5, 0, 0]), 'ballot.mark')
  t.equal(problem('consent', [null, null, null]), 'ballot.blank')
  t.equal(problem('approval', [null, null, null]), null)
  t.equal(problem('instant_runoff', [2, 1, null]), null)
})

const OPTIONS = 4
/** A valid ballot of the method. */
function anyBallot(method: Method): fc.Arbitrary<Ballot> {
  const marks = (mark: fc.Arbitrary<number | null>): fc.Arbitrary<Ballot> => fc.array(mark, { minLength: OPTIONS, maxLength: OPTIONS })
  if (RANKED.includes(method))
    return fc
      .shuffledSubarray(Array.from({ length: OPTIONS }, (_, at) => at))
      .map((order) => Array.from({ length: OPTIONS }, (_, option) => (order.includes(option) ? order.indexOf(option) + 1 : null)))
  if (method === 'score') return marks(fc.option(fc.nat(5)))
  if (method === 'dots') return marks(fc.option(fc.nat(2)))
  if (method === 'dates') return marks(fc.option(fc.nat(2)))
  if (method === 'multiple' || method === 'approval') return marks(fc.option(fc.constant(1)))
  return fc.nat(OPTIONS - 1).map((chosen) => Array.from({ length: OPTIONS }, (_, at) => (at === chosen ? 1 : null)))
}

for (const method of METHODS) {
  const ballots = fc.array(anyBallot(method), { maxLength: 25 })

  t.test(`${method}: neither the order of ballots nor counting again changes anything`, async () => {
    fc.assert(
      fc.property(
        ballots.chain((given) =>
          fc.tuple(fc.constant(given), fc.shuffledSubarray(given, { minLength: given.length, maxLength: given.length }))
        ),
        ([given, shuffled]) => {
          if (given.some((ballot) => ballotProblem({ method, options: OPTIONS }, ballot) !== null)) throw new Error('not a valid ballot')
          const counted = tally(method, OPTIONS, given)
          t.strictSame(tally(method, OPTIONS, given), counted)
          t.strictSame(tally(method, OPTIONS, shuffled), counted)
          t.equal(
            counted.leaders.length === 0,
            given.every((ballot) => ballot.every((mark) => !mark))
          )
        }
      ),
      { numRuns: 60 }
    )
  })

  t.test(`${method}: exchanging two options exchanges their places in the count, so equals tie and nothing is favoured`, async () => {
    const exchange = <T>([a, b, ...rest]: readonly T[]): T[] => [b!, a!, ...rest]
    fc.assert(
      fc.property(ballots, (given) => {
        const mirrored = tally(method, OPTIONS, given.map(exchange))
        const counted = tally(method, OPTIONS, given)
        t.strictSame(mirrored.figures, exchange(counted.figures))
        const other = new Map([
          [0, 1],
          [1, 0]
        ])
        t.strictSame(mirrored.leaders, counted.leaders.map((option) => other.get(option) ?? option).sort())
        // Each ballot beside its mirror image: the two options are equal, and both lead or none does.
        const both = tally(method, OPTIONS, [...given, ...given.map(exchange)])
        t.equal(both.leaders.includes(0), both.leaders.includes(1))
      }),
      { numRuns: 60 }
    )
  })
}
