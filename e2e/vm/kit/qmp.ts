// qemu's own control socket (QMP, docs/interop/qmp-spec of qemu): one connection for each question.
import { until } from "../../kit/until.ts";

const deadlineMs = 20_000;

export async function qmp(path: string, execute: string): Promise<unknown> {
  let heard = "";
  const data = (_: unknown, bytes: Uint8Array) => {
    heard += Buffer.from(bytes).toString();
  };
  const socket = await Bun.connect({ unix: path, socket: { data } });
  try {
    const answers = () =>
      heard
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    const returned = () => answers().filter((answer) => "return" in answer || "error" in answer);
    await until("qemu greets", () => answers().length > 0, deadlineMs);
    socket.write('{"execute":"qmp_capabilities"}\n');
    await until("qemu is ready for a question", () => returned().length > 0, deadlineMs);
    socket.write(`${JSON.stringify({ execute })}\n`);
    const answer = await until(`qemu answers "${execute}"`, () => returned()[1], deadlineMs);
    if ("error" in answer) throw new Error(`Cannot have qemu do "${execute}": ${JSON.stringify(answer["error"])}`);
    return answer["return"];
  } finally {
    socket.terminate();
  }
}
