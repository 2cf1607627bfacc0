/** Cases of one property: a few for every test run, `FUZZ_CASES` for a long one. */
export const FUZZ_RUNS = Number(process.env.FUZZ_CASES ?? 2_000)
