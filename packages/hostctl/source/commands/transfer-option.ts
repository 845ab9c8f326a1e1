import type { Invocation, OptionSpec } from "../arguments/command.ts";

const wishes = ["auto", "fd", "path", "stream"] as const;
export type TransferWish = (typeof wishes)[number];

export const transferOption: OptionSpec = {
  name: "transfer",
  value: "HOW",
  complete: wishes,
  summary: "auto, fd (an open file), path (on the host), stream",
};

export function transferWish(invocation: Invocation): TransferWish {
  const given = invocation.values.get("transfer");
  return wishes.find((wish) => wish === given) ?? "auto";
}
