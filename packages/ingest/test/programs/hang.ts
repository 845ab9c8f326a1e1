// A job whose file system never answers.
setInterval(() => undefined, 1 << 30);
