import { expect, test } from "bun:test";
import { inWords } from "../../../source/containers/trials/in-words.ts";

test("inWords takes the largest unit that is whole", () => {
  const times = [500, 1000, 60_000, 90_000, 120_000, 150_000, 600_000, 7_200_000, 5_400_000];
  expect(times.map(inWords)).toEqual(["500 ms", "1 s", "60 s", "90 s", "2 min", "150 s", "10 min", "2 h", "90 min"]);
});
