// One change of a boot environment, as a process that can be cut: CHOICE CHANGE SLOT BOOTED [TOOLS], the choice as JSON.
import { type BootEnvironmentChoice, openBootLoader } from "@host-service/upgrade";

const [choice = "", change = "", slot, booted, ...directories] = process.argv.slice(2);
if (!isSlot(slot) || !isSlot(booted)) throw new Error(`Cannot change the boot environment: slots are "a" and "b"`);

const loader = openBootLoader(
  JSON.parse(choice) as BootEnvironmentChoice,
  { partitions: { a: 2, b: 10 }, bootedSlot: async () => booted },
  directories.length === 0 ? {} : { directories },
);

switch (change) {
  case "tryOnce":
    await loader.tryOnce(slot);
    break;
  case "keep":
    await loader.keep(slot);
    break;
  case "returnTo":
    await loader.returnTo(slot);
    break;
  default:
    throw new Error(`Cannot change the boot environment: there is no change "${change}"`);
}

function isSlot(text: string | undefined): text is "a" | "b" {
  return text === "a" || text === "b";
}
