// The plug is pulled at every call of an upgrade and of a commit where GRUB's tools keep the boot environment; see power-cuts.test.ts.
import { expect } from "bun:test";
import { cutEverywhere } from "../kit/board-cuts.ts";
import { needsBoard } from "../kit/board.ts";
import { cutNeeds, onCutBoard, upgrade, upgraded } from "../kit/cut-board.ts";
import { testUnless } from "../kit/requirements.ts";

const stories = [
  {
    name: "an upgrade",
    before: async () => undefined,
    cut: { hostctl: upgrade },
    allowed: ["normal release-1", "trying release-2"],
    pointsMin: 25,
  },
  {
    name: "a commit",
    before: upgraded,
    cut: { hostctl: ["system", "commit"] },
    allowed: ["normal release-1", "normal release-2"],
    pointsMin: 12,
  },
] as const;

for (const bootLoader of ["grub", "grub-file"] as const) {
  for (const { name, pointsMin, ...story } of stories) {
    const title = `${bootLoader}: ${name}, cut at every point, ends in the old system or in the new one`;
    testUnless([...cutNeeds, needsBoard(bootLoader)], title, () =>
      onCutBoard({ bootLoader }, async (host, images) => {
        const { points, broken, last } = await cutEverywhere(host, story, images);
        console.error(`${bootLoader}: ${name}: ${points} points`);
        expect({ broken, last }).toEqual({ broken: [], last: story.allowed[1] });
        expect(points).toBeGreaterThanOrEqual(pointsMin);
      }),
    );
  }
}
