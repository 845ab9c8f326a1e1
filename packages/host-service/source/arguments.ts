// The words behind `host-service`. Not node:util's parseArgs, which would be a fifth of the boot hook's time and 2 MB of its memory.
const withValue = ["config", "boot-id", "name"] as const;
const alone = ["version", "help", "json"] as const;

export interface Arguments {
  operands: string[];
  values: Partial<Record<(typeof withValue)[number], string>>;
  asked: Set<(typeof alone)[number]>;
}

/** `--config FILE` or `--config=FILE`; after `--` everything is an operand. Throws an Error that says which word is wrong. */
export function readArguments(argv: readonly string[]): Arguments {
  const read: Arguments = { operands: [], values: {}, asked: new Set() };
  const words = [...argv];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === "--") return { ...read, operands: [...read.operands, ...words] };
    if (word.startsWith("-") && word !== "-") readOption(word === "-h" ? "--help" : word, words, read);
    else read.operands.push(word);
  }
  return read;
}

/** Takes the option's value from `rest` when it is a word of its own. */
function readOption(word: string, rest: string[], read: Arguments): void {
  const [option = "", given] = word.split(/=(.*)/s, 2);
  const flag = alone.find((name) => option === `--${name}`);
  if (flag !== undefined && given === undefined) {
    read.asked.add(flag);
    return;
  }
  if (flag !== undefined) throw new Error(`${option} takes no value`);
  const name = withValue.find((known) => option === `--${known}`);
  if (name === undefined) throw new Error(`there is no option "${option}"`);
  if (read.values[name] !== undefined) throw new Error(`${option} was given twice`);
  const value = given ?? rest.shift();
  if (value === undefined || value === "" || (given === undefined && value.startsWith("-"))) {
    throw new Error(`${option} needs a value`);
  }
  read.values[name] = value;
}
