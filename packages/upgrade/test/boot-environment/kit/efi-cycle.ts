// A cycle of the boot loader with the real bootctl; prints the view after each step. Run by efi-machine.sh.
import { systemdBootLoader } from "../../../source/boot-environment/systemd-boot.ts";

const loader = systemdBootLoader({
  entries: { a: "root-a.conf", b: "root-b.conf" },
  bootedSlot: async () => "a",
});
await loader.check();
const views = [await loader.view()];
for (const step of [
  () => loader.tryOnce("b"),
  () => loader.keep("a"),
  () => loader.tryOnce("b"),
  () => loader.returnTo("b"),
]) {
  await step();
  views.push(await loader.view());
}
console.log(JSON.stringify(views));
