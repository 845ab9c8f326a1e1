// A job as its parent sees it: this program again, as a child that can be killed.
import { type GenericSchema, type InferOutput, parse } from "@host-service/schema";
import { ArtifactError } from "@host-service/artifact";
import { UpgradeError } from "../error.ts";
import { artifactKinds, upgradeKinds } from "./failure-kinds.ts";
import type { JobFailure } from "./messages.ts";

export interface JobProcess<Done> {
  /** Its last line. Rejects with what it failed of, or when it ended without one. */
  readonly done: Promise<Done>;
  /** When it is gone. Never rejects. */
  readonly ended: Promise<unknown>;
  kill(): void;
}

export interface JobOptions<Message> {
  readonly program: readonly string[];
  readonly name: "write" | "read-back" | "verify";
  readonly argument: string;
  /** Its standard input. */
  readonly input: number;
  /** Become 3, 4, … of the child. */
  readonly descriptors: readonly number[];
  readonly onMessage: (message: Message) => void;
}

/** A line of our own job is short; more is not ours. */
const lineCharactersMax = 64 * 1024;

interface AnyMessage {
  readonly type: string;
}

export function startJob<Schema extends GenericSchema<unknown, AnyMessage>>(
  schema: Schema,
  options: JobOptions<InferOutput<Schema>>,
): JobProcess<Extract<InferOutput<Schema>, { type: "done" }>> {
  const { program, name, argument, input, descriptors, onMessage } = options;
  const child = Bun.spawn([...program, "job", name, argument], {
    argv0: "host-service",
    cwd: "/",
    // Nothing of our own environment goes along: BUN_OPTIONS in it would turn the child into another program.
    env: {},
    stdio: [input, "pipe", "inherit", ...descriptors],
  });
  type Done = Extract<InferOutput<Schema>, { type: "done" }>;
  const read = async (): Promise<Done> => {
    for await (const line of linesOf(child.stdout)) {
      const message = parse(schema, JSON.parse(line), { subject: `a line of the job ${name}` });
      if (isFailure(message)) throw errorOf(message);
      if (isDone<InferOutput<Schema>>(message)) return message;
      onMessage(message);
    }
    await child.exited;
    const how = child.signalCode ?? `exit code ${child.exitCode}`;
    throw new UpgradeError(
      "io",
      `Cannot install the image: the job ${name} ended early with ${how}; see the daemon's log`,
    );
  };
  return { done: read(), ended: child.exited.catch(() => undefined), kill: () => child.kill("SIGKILL") };
}

function isDone<Message extends AnyMessage>(message: Message): message is Extract<Message, { type: "done" }> {
  return message.type === "done";
}

function isFailure(message: AnyMessage): message is JobFailure {
  return message.type === "failed";
}

async function* linesOf(output: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of output) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > lineCharactersMax) throw new Error("Cannot read what the job says: a line is too long");
    yield* lines;
  }
}

/** The error that the job had, as its own class. */
function errorOf({ by, kind, message }: JobFailure): Error {
  const artifactKind = artifactKinds.find((known) => by === "artifact" && known === kind);
  if (artifactKind !== undefined) return new ArtifactError(artifactKind, message);
  const upgradeKind = upgradeKinds.find((known) => by === "upgrade" && known === kind);
  return new UpgradeError(
    upgradeKind ?? "io",
    upgradeKind === undefined ? `Cannot install the image: ${message}` : message,
  );
}
