import type { ScryptOptions } from "node:crypto";

const blockSize = 8;
const memoryBytesMax = 2 * 1024 ** 3;
const operationsMin = 32_768n;

/**
 * What libsodium makes of its two limits (crypto_pwhash_scryptsalsa208sha256, pickparams); undefined above our own limit for
 * memory, as the numbers come from a file.
 */
export function scryptCost(operationsGiven: bigint, memoryBytes: bigint): ScryptOptions | undefined {
  const operations = operationsGiven < operationsMin ? operationsMin : operationsGiven;
  const isOperationsBound = operations < memoryBytes / 32n;
  const costMax = isOperationsBound ? operations / BigInt(blockSize * 4) : memoryBytes / BigInt(blockSize * 128);
  let exponent = 1;
  while (exponent < 63 && 1n << BigInt(exponent) <= costMax / 2n) exponent += 1;
  const N = 2 ** exponent;
  const bytes = 128 * N * blockSize;
  if (bytes > memoryBytesMax) return undefined;
  const passes = operations / 4n / BigInt(N);
  const p = isOperationsBound ? 1 : Number((passes < 0x3fffffffn ? passes : 0x3fffffffn) / BigInt(blockSize));
  return { N, r: blockSize, p: Math.max(1, p), maxmem: bytes + 64 * 1024 * 1024 };
}
