export async function run(
  command: readonly string[],
  input = "",
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const child = Bun.spawn([...command], {
    stdin: new TextEncoder().encode(input),
    stdout: "pipe",
    stderr: "pipe",
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" },
  });
  const [stdout, stderr, exitCode] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { exitCode, stdout, stderr };
}

export async function must(command: readonly string[], input = ""): Promise<string> {
  const { exitCode, stdout, stderr } = await run(command, input);
  if (exitCode !== 0) throw new Error(`Cannot run "${command.join(" ")}": ${exitCode}: ${stdout}${stderr}`);
  return stdout;
}
