import { addressOf, invoke, pathAddress } from "./system-call.ts";

/**
 * Becomes another program, with all descriptors that are not closed on exec, as execve(2) says. Comes back only by
 * throwing. The environment is exactly what is given.
 */
export function execute(path: string, argv: readonly string[], environment: Readonly<Record<string, string>>): never {
  const texts = [argv, Object.entries(environment).map(([name, text]) => `${name}=${text}`)];
  const lists = texts.map((list) => list.map((text) => new Uint8Array(Buffer.from(`${text}\0`))));
  const [argvAddresses, environmentAddresses] = lists.map(addressList);
  if (argvAddresses === undefined || environmentAddresses === undefined) throw new Error("Cannot execute: no lists");
  invoke("execve", path, pathAddress(path), addressOf(argvAddresses), addressOf(environmentAddresses));
  // Only after the call may the texts be collected.
  throw new Error(`Cannot execute "${path}": the kernel came back with ${lists.length} lists`);
}

// An array of pointers with a null one at its end.
function addressList(texts: readonly Uint8Array[]): Uint8Array {
  const words = new BigUint64Array(texts.length + 1);
  for (const [index, text] of texts.entries()) words[index] = BigInt(addressOf(text));
  return new Uint8Array(words.buffer);
}
