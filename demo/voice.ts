const isTerminal = process.stdout.isTTY;
const styled = (code: number, text: string) => (isTerminal ? `\u001B[${code}m${text}\u001B[0m` : text);

export function title(text: string): void {
  process.stdout.write(`\n${styled(1, `# ${text}`)}\n`);
}

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function typed(command: string): void {
  process.stdout.write(`\n${styled(36, `$ ${command}`)}\n`);
}
