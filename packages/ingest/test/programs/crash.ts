// A job that the kernel ends.
process.kill(process.pid, "SIGKILL");
