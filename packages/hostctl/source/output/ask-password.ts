import { CommandError } from "./failure.ts";
import { write } from "./write.ts";

const [backspace, interrupt, endOfInput, enter] = [/[\b\u007f]/, "\u0003", "\u0004", /[\r\n]/];

/** Asks on a terminal without showing what is typed; undefined where there is nobody to ask. */
export async function askPassword(question: string): Promise<string | undefined> {
  const { stdin } = process;
  if (!stdin.isTTY || !process.stderr.isTTY) return undefined;
  // Echo is off before the question stands there, so that nothing typed early is shown.
  stdin.setRawMode(true);
  stdin.setEncoding("utf8");
  write("stderr", question);
  let typed = "";
  try {
    for await (const chunk of stdin) {
      for (const character of String(chunk)) {
        if (character === interrupt) return endByInterrupt();
        if (enter.test(character) || character === endOfInput) return typed;
        typed = backspace.test(character) ? [...typed].slice(0, -1).join("") : typed + character;
      }
    }
    return typed;
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    write("stderr", "\n");
  }
}

/** A raw terminal sends no signal for Ctrl-C; a shell that runs us in a loop has to see one. */
function endByInterrupt(): never {
  process.stdin.setRawMode(false);
  process.kill(process.pid, "SIGINT");
  throw new CommandError("Cannot read the password: it was interrupted");
}
