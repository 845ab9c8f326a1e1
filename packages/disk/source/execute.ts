import { addressOf, invoke, pathAddress } from "./system-call.ts";

// asm-generic/ioctls.h, the same on both architectures.
const FIONCLEX = 0x5450;

/**
 * Lets a descriptor live on in what this process executes. Bun closes all above 3 on exec when it starts, also those
 * that it was given through `stdio`.
 */
export function keepOnExecute(fd: number): void {
  invoke("ioctl", undefined, fd, FIONCLEX);
}

/**
 * Becomes another program, with all descriptors that are not closed on exec, as execve(2) says. Comes back only by
 * throwing. The environment is exactly what is given.
 */
export function execute(path: string, argv: readonly string[], environment: Readonly<Record<string, string>>): never {
  const variables = Object.entries(environment).map(([name, text]) => `${name}=${text}`);
  const [argvAddress, environmentAddress] = [addressList(argv), addressList(variables)];
  invoke("execve", path, pathAddress(path), argvAddress, environmentAddress);
  throw new Error(`Cannot execute "${path}": the kernel came back from execve`);
}

// What the kernel reads must not be collected before it has; only a failed call ever leaves something here.
const held: Uint8Array[] = [];

// An array of pointers with a null one at its end.
function addressList(texts: readonly string[]): number {
  const addresses = texts.map((text) => {
    const bytes = new Uint8Array(Buffer.from(`${text}\0`));
    held.push(bytes);
    return BigInt(addressOf(bytes));
  });
  const list = new Uint8Array(BigUint64Array.from([...addresses, 0n]).buffer);
  held.push(list);
  return addressOf(list);
}
