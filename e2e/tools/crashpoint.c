// crashpoint: run a command and stop it dead, or make it fail, at its N-th call that changes a file.
//
// The count goes over all threads and children of the command together, in the order in which the kernel
// sees the calls. That is the point of it: a runtime with a thread pool makes consecutive calls on
// different threads, so a counter per thread (strace -e inject=...:when=N) never reaches most of them,
// and an LD_PRELOAD shim misses what is not called through the C library.
//
// How: the child installs a seccomp filter that traps only the calls in the table below (everything else
// runs at full speed), the parent is its ptrace tracer. io_uring_setup answers ENOSYS, as a ring would go
// round the filter. Not seen: stores through a writable shared mapping.
//
// Built and called by ../kit/crash-walk.ts.
//
// x86-64, Linux >= 4.8 (the exit stop must follow the seccomp stop).   cc -O2 -Wall -o crashpoint crashpoint.c
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __x86_64__
#error "crashpoint reads x86-64 registers; another machine needs PTRACE_GETREGSET and its own table"
#endif

static const char usage[] =
    "usage: crashpoint [-n N] [-m MODE] [-p PREFIX] [-l LOG] -- COMMAND...\n"
    "  -n N       which call to hit, from 1 (without it: only count and log)\n"
    "  -m MODE    before   kill the whole tree before the call runs (default)\n"
    "             after    kill it right after the call\n"
    "             short    let a write do half of its bytes, then kill\n"
    "             err:NUM  the call fails with errno NUM (28 no space, 5 I/O), the command goes on\n"
    "  -p PREFIX  count only calls on paths that start with PREFIX; may be given several times\n"
    "  -l LOG     one line per counted call, then \"total T injected I rc R\"\n"
    "exit: 77 killed here, otherwise the command's own status (128 + signal)\n";

// Where a call keeps what it works on. Argument numbers are 0..5 (rdi rsi rdx r10 r8 r9).
enum { NONE = -1 };
struct call {
  int nr;
  const char *name;
  signed char fd;          // argument that is the file descriptor it writes to
  signed char path;        // argument that is a path ...
  signed char at;          // ... relative to this directory descriptor, NONE: to the working directory
  signed char path2, at2;  // the second path of rename, link
  signed char bytes;       // argument that "short" halves
};
static const struct call calls[] = {
    {SYS_write, "write", 0, NONE, NONE, NONE, NONE, 2},
    {SYS_pwrite64, "pwrite64", 0, NONE, NONE, NONE, NONE, 2},
    {SYS_writev, "writev", 0, NONE, NONE, NONE, NONE, NONE},
    {SYS_pwritev, "pwritev", 0, NONE, NONE, NONE, NONE, NONE},
    {SYS_pwritev2, "pwritev2", 0, NONE, NONE, NONE, NONE, NONE},
    {SYS_sendfile, "sendfile", 0, NONE, NONE, NONE, NONE, 3},
    {SYS_copy_file_range, "copy_file_range", 2, NONE, NONE, NONE, NONE, 4},
    {SYS_splice, "splice", 2, NONE, NONE, NONE, NONE, 4},
    {SYS_fsync, "fsync", 0, NONE, NONE, NONE, NONE, NONE},
    {SYS_fdatasync, "fdatasync", 0, NONE, NONE, NONE, NONE, NONE},
    {SYS_syncfs, "syncfs", 0, NONE, NONE, NONE, NONE, NONE},
    {SYS_ftruncate, "ftruncate", 0, NONE, NONE, NONE, NONE, NONE},
    {SYS_fallocate, "fallocate", 0, NONE, NONE, NONE, NONE, NONE},
    {SYS_fchmod, "fchmod", 0, NONE, NONE, NONE, NONE, NONE},
    {SYS_fchown, "fchown", 0, NONE, NONE, NONE, NONE, NONE},
    {SYS_fsetxattr, "fsetxattr", 0, NONE, NONE, NONE, NONE, NONE},
    {SYS_ioctl, "ioctl", 0, NONE, NONE, NONE, NONE, NONE},  // FICLONE, FICLONERANGE only
    {SYS_open, "open", NONE, 0, NONE, NONE, NONE, NONE},    // the open calls: only with O_CREAT or O_TRUNC
    {SYS_openat, "openat", NONE, 1, 0, NONE, NONE, NONE},
    {SYS_openat2, "openat2", NONE, 1, 0, NONE, NONE, NONE},
    {SYS_creat, "creat", NONE, 0, NONE, NONE, NONE, NONE},
    {SYS_truncate, "truncate", NONE, 0, NONE, NONE, NONE, NONE},
    {SYS_rename, "rename", NONE, 0, NONE, 1, NONE, NONE},
    {SYS_renameat, "renameat", NONE, 1, 0, 3, 2, NONE},
    {SYS_renameat2, "renameat2", NONE, 1, 0, 3, 2, NONE},
    {SYS_link, "link", NONE, 0, NONE, 1, NONE, NONE},
    {SYS_linkat, "linkat", NONE, 1, 0, 3, 2, NONE},
    {SYS_symlink, "symlink", NONE, 1, NONE, NONE, NONE, NONE},
    {SYS_symlinkat, "symlinkat", NONE, 2, 1, NONE, NONE, NONE},
    {SYS_unlink, "unlink", NONE, 0, NONE, NONE, NONE, NONE},
    {SYS_unlinkat, "unlinkat", NONE, 1, 0, NONE, NONE, NONE},
    {SYS_mkdir, "mkdir", NONE, 0, NONE, NONE, NONE, NONE},
    {SYS_mkdirat, "mkdirat", NONE, 1, 0, NONE, NONE, NONE},
    {SYS_rmdir, "rmdir", NONE, 0, NONE, NONE, NONE, NONE},
    {SYS_mknod, "mknod", NONE, 0, NONE, NONE, NONE, NONE},
    {SYS_mknodat, "mknodat", NONE, 1, 0, NONE, NONE, NONE},
    {SYS_chmod, "chmod", NONE, 0, NONE, NONE, NONE, NONE},
    {SYS_fchmodat, "fchmodat", NONE, 1, 0, NONE, NONE, NONE},
    {SYS_chown, "chown", NONE, 0, NONE, NONE, NONE, NONE},
    {SYS_lchown, "lchown", NONE, 0, NONE, NONE, NONE, NONE},
    {SYS_fchownat, "fchownat", NONE, 1, 0, NONE, NONE, NONE},
    {SYS_setxattr, "setxattr", NONE, 0, NONE, NONE, NONE, NONE},
    {SYS_lsetxattr, "lsetxattr", NONE, 0, NONE, NONE, NONE, NONE},
    {SYS_mount, "mount", NONE, 1, NONE, NONE, NONE, NONE},
    {SYS_umount2, "umount2", NONE, 0, NONE, NONE, NONE, NONE},
};
enum { CALL_COUNT = sizeof calls / sizeof *calls };

static unsigned long long *argument(struct user_regs_struct *r, int i) {
  unsigned long long *const where[] = {&r->rdi, &r->rsi, &r->rdx, &r->r10, &r->r8, &r->r9};
  return where[i];
}

static int peek(pid_t task, unsigned long address, void *to, size_t bytes) {
  struct iovec local = {to, bytes}, remote = {(void *)address, bytes};
  return process_vm_readv(task, &local, 1, &remote, 1, 0) == (ssize_t)bytes;
}

static void read_link(const char *link, char *to) {
  ssize_t n = readlink(link, to, PATH_MAX - 1);
  to[n < 0 ? 0 : n] = 0;
}

static void path_of_fd(pid_t task, int fd, char *to) {
  char link[64];
  snprintf(link, sizeof link, fd == AT_FDCWD ? "/proc/%d/cwd" : "/proc/%d/fd/%d", task, fd);
  read_link(link, to);
}

// The path argument as an absolute path, as far as it can be known without following links.
static void path_of_argument(pid_t task, struct user_regs_struct *r, int path, int at, char *to) {
  char name[PATH_MAX], base[PATH_MAX];
  unsigned long address = *argument(r, path);
  size_t n = 0;
  while (n < PATH_MAX - 1 && peek(task, address + n, name + n, 1) && name[n]) n++;
  name[n] = 0;
  if (name[0] == '/') { strcpy(to, name); return; }
  path_of_fd(task, at == NONE ? AT_FDCWD : (int)*argument(r, at), base);
  if (snprintf(to, PATH_MAX, "%s/%s", base, name) >= PATH_MAX) to[PATH_MAX - 1] = 0;
}

static int changes_something(pid_t task, const struct call *c, struct user_regs_struct *r) {
  switch (c->nr) {
    case SYS_open: return !!(r->rsi & (O_CREAT | O_TRUNC));
    case SYS_openat: return !!(r->rdx & (O_CREAT | O_TRUNC));
    case SYS_openat2: {
      unsigned long long flags = 0;
      return peek(task, r->rdx, &flags, sizeof flags) && (flags & (O_CREAT | O_TRUNC));
    }
    case SYS_ioctl: return (unsigned)r->rsi == 0x40049409u || (unsigned)r->rsi == 0x4020940du;
    default: return 1;
  }
}

static void run_command(char **command) {
  struct sock_filter code[2 * CALL_COUNT + 8];
  int k = 0;
  code[k++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
  for (int i = 0; i < CALL_COUNT; i++) {
    code[k++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i].nr, 0, 1);
    code[k++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | i);
  }
  code[k++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1);
  code[k++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
  code[k++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  struct sock_fprog program = {k, code};
  ptrace(PTRACE_TRACEME, 0, 0, 0);
  raise(SIGSTOP);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) { perror("crashpoint: seccomp"); _exit(126); }
  execvp(command[0], command);
  perror(command[0]);
  _exit(127);
}

enum { PREFIX_MAX = 8 };
static const char *prefixes[PREFIX_MAX];
static int prefix_count;
static int is_below(const char *path) {
  for (int i = 0; i < prefix_count; i++) if (!strncmp(path, prefixes[i], strlen(prefixes[i]))) return 1;
  return !prefix_count;
}

// Every task that is traced now, so that a kill reaches children that have their own process group too.
static pid_t *tasks;
static size_t task_count, task_room;
static void add_task(pid_t t) {
  for (size_t i = 0; i < task_count; i++) if (tasks[i] == t) return;
  if (task_count == task_room) {
    task_room = task_room ? 2 * task_room : 64;
    if (!(tasks = realloc(tasks, task_room * sizeof *tasks))) abort();
  }
  tasks[task_count++] = t;
}
static void remove_task(pid_t t) {
  for (size_t i = 0; i < task_count; i++) if (tasks[i] == t) { tasks[i] = tasks[--task_count]; return; }
}
static void kill_all(void) {
  for (size_t i = 0; i < task_count; i++) kill(tasks[i], SIGKILL);
}

int main(int argc, char **argv) {
  long target = -1, count = 0;
  const char *mode = "before", *log_path = NULL;
  int option;
  while ((option = getopt(argc, argv, "+n:m:p:l:h")) != -1) switch (option) {
      case 'n': target = atol(optarg); break;
      case 'm': mode = optarg; break;
      case 'p':
        if (prefix_count == PREFIX_MAX) { fputs("crashpoint: too many prefixes\n", stderr); return 2; }
        prefixes[prefix_count++] = optarg;
        break;
      case 'l': log_path = optarg; break;
      default: fputs(usage, stderr); return 2;
    }
  int is_error = !strncmp(mode, "err:", 4), error_number = is_error ? atoi(mode + 4) : 0;
  if (optind >= argc || (is_error ? error_number <= 0 : strcmp(mode, "before") && strcmp(mode, "after") && strcmp(mode, "short"))) {
    fputs(usage, stderr);
    return 2;
  }
  FILE *log = log_path ? fopen(log_path, "w") : NULL;
  if (log_path && !log) { perror(log_path); return 2; }

  pid_t root = fork();
  if (root < 0) { perror("crashpoint: fork"); return 2; }
  if (!root) run_command(argv + optind);
  int status, rc = 0, killed = 0, failed = 0;
  pid_t kill_on_exit_of = 0;
  waitpid(root, &status, 0);
  add_task(root);
  ptrace(PTRACE_SETOPTIONS, root, 0, PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                                         PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL);
  ptrace(PTRACE_CONT, root, 0, 0);

  for (;;) {
    pid_t t = waitpid(-1, &status, __WALL);
    if (t < 0) break;
    if (WIFEXITED(status) || WIFSIGNALED(status)) {
      remove_task(t);
      if (t == root) rc = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      continue;
    }
    add_task(t);
    int signal_number = WSTOPSIG(status), event = status >> 16;
    if (event == PTRACE_EVENT_SECCOMP && !killed) {
      unsigned long index = 0;
      struct user_regs_struct r;
      char path[PATH_MAX] = "", path2[PATH_MAX] = "";
      ptrace(PTRACE_GETEVENTMSG, t, 0, &index);
      if (index >= CALL_COUNT || ptrace(PTRACE_GETREGS, t, 0, &r)) { ptrace(PTRACE_CONT, t, 0, 0); continue; }
      const struct call *c = &calls[index];
      if (c->fd != NONE) path_of_fd(t, (int)*argument(&r, c->fd), path);
      if (c->path != NONE) path_of_argument(t, &r, c->path, c->at, path);
      if (c->path2 != NONE) path_of_argument(t, &r, c->path2, c->at2, path2);
      int wanted = changes_something(t, c, &r) && (is_below(path) || (*path2 && is_below(path2)));
      if (wanted) {
        count++;
        if (log) { fprintf(log, "%ld %s %s %s\n", count, c->name, path, path2); fflush(log); }
      }
      if (wanted && count == target) {
        if (is_error) {
          r.orig_rax = -1;  // no such call: the kernel skips it and leaves our result
          r.rax = -error_number;
          ptrace(PTRACE_SETREGS, t, 0, &r);
          failed = 1;
        } else if (!strcmp(mode, "before")) {
          killed = 1;
          kill_all();
        } else {
          if (!strcmp(mode, "short") && c->bytes != NONE && *argument(&r, c->bytes) > 1) {
            *argument(&r, c->bytes) /= 2;
            ptrace(PTRACE_SETREGS, t, 0, &r);
          }
          kill_on_exit_of = t;
          ptrace(PTRACE_SYSCALL, t, 0, 0);
          continue;
        }
      }
      ptrace(PTRACE_CONT, t, 0, 0);
      continue;
    }
    if (t == kill_on_exit_of && signal_number == SIGTRAP && !event) {
      killed = 1;
      kill_on_exit_of = 0;
      kill_all();
      ptrace(PTRACE_CONT, t, 0, 0);
      continue;
    }
    if (killed) { kill(t, SIGKILL); }  // a child that was born while we killed
    if (event || signal_number == SIGSTOP || signal_number == SIGTRAP) signal_number = 0;
    ptrace(PTRACE_CONT, t, 0, signal_number);
  }
  if (log) fprintf(log, "total %ld injected %d rc %d\n", count, killed || failed, rc);
  fprintf(stderr, "crashpoint: total=%ld injected=%d rc=%d\n", count, killed || failed, rc);
  return killed ? 77 : rc;
}
