// A filter in classic BPF (linux/filter.h, linux/seccomp.h; Documentation/userspace-api/seccomp_filter.rst).
import { DiskError } from "./disk-error.ts";
import { noNewPrivileges } from "./jail.ts";
import { invoke, structureAddress, structureView, value } from "./system-call.ts";
import { architecture, auditArchitectures, numbersByArchitecture, type SystemCallName } from "./system-call-numbers.ts";

const SECCOMP_SET_MODE_FILTER = 1;
const SECCOMP_FILTER_FLAG_TSYNC = 1;
const SECCOMP_RET_ALLOW = 0x7fff0000;
const SECCOMP_RET_EPERM = 0x00050001; // SECCOMP_RET_ERRNO with EPERM

// Instructions: BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JEQ|BPF_K, BPF_JMP|BPF_JGE|BPF_K, BPF_RET|BPF_K
const LOAD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_AT_LEAST = 0x35;
const RETURN = 0x06;
// struct seccomp_data: the number at 0, the architecture at 4.
const NUMBER_AT = 0;
const ARCHITECTURE_AT = 4;
// The x32 numbers of an x86-64 kernel (__X32_SYSCALL_BIT); no arm64 number is as large.
const X32_NUMBERS_FROM = 0x4000_0000;

/**
 * From now on these calls fail with EPERM, in every thread of the process and in all that it starts; also all calls of
 * another architecture's numbering. All threads get no-new-privileges with it. There is no way back.
 */
export function denySystemCalls(names: readonly SystemCallName[]): void {
  const filter = filterThatDenies(names);
  noNewPrivileges();
  // struct sock_fprog of linux/filter.h: length (16 bits), then at 8 the address of the instructions.
  structureView.setUint16(0, filter.byteLength / 8, true);
  value.bytes.set(filter);
  structureView.setBigUint64(8, BigInt(value.address), true);
  const thread = invoke("seccomp", undefined, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, structureAddress);
  // A positive answer is the id of a thread that has a filter of its own, and then no thread has ours.
  if (thread !== 0) {
    const why = `thread ${thread} has another filter`;
    throw new DiskError({ kind: "system-call", code: "ESRCH", call: "seccomp", why });
  }
}

function filterThatDenies(names: readonly SystemCallName[]): Uint8Array {
  const numbers = numbersByArchitecture[architecture()];
  const denied = [...new Set(names)].map((name) => numbers[name]);
  // Each jump says how many instructions to skip: up to the last one, which refuses.
  const instructions: Instruction[] = [
    [LOAD, 0, 0, ARCHITECTURE_AT],
    [JUMP_EQUAL, 1, 0, auditArchitectures[architecture()]],
    [RETURN, 0, 0, SECCOMP_RET_EPERM],
    [LOAD, 0, 0, NUMBER_AT],
    [JUMP_AT_LEAST, denied.length + 1, 0, X32_NUMBERS_FROM],
    ...denied.map((number, index): Instruction => [JUMP_EQUAL, denied.length - index, 0, number]),
    [RETURN, 0, 0, SECCOMP_RET_ALLOW],
    [RETURN, 0, 0, SECCOMP_RET_EPERM],
  ];
  return encoded(instructions);
}

type Instruction = [code: number, skipIfTrue: number, skipIfFalse: number, operand: number];

// struct sock_filter of linux/filter.h: code (16 bits), jt, jf (8 each), k (32).
function encoded(instructions: readonly Instruction[]): Uint8Array {
  const program = new Uint8Array(instructions.length * 8);
  const view = new DataView(program.buffer);
  for (const [index, [code, skipIfTrue, skipIfFalse, operand]] of instructions.entries()) {
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, skipIfTrue);
    view.setUint8(index * 8 + 3, skipIfFalse);
    view.setUint32(index * 8 + 4, operand, true);
  }
  return program;
}
