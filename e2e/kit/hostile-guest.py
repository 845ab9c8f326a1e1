# A guest that means no good, in a process of its own, so that what it costs is not paid by who measures. Prints "ready" when it has done its worst, and
# keeps it up until its input ends.
import socket, sys, threading

path, how = sys.argv[1], sys.argv[2]


def connect():
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.connect(path)
    return s


def many_connections():
    kept = []
    for _ in range(4096):
        try:
            kept.append(connect())
            kept[-1].sendall(b"GET /1.0 HTTP/1.1\r\nHo")
        except OSError:
            pass
    return kept


def forever(act):
    def run():
        while True:
            try:
                act()
            except OSError:
                pass

    for _ in range(4):
        threading.Thread(target=run, daemon=True).start()


def giant_header():
    s = connect()
    s.sendall(b"GET /1.0 HTTP/1.1\r\nHost: a\r\nX-Giant: ")
    for _ in range(64):
        s.sendall(b"y" * 65536)
    s.close()


def giant_body():
    s = connect()
    s.sendall(b"PATCH /1.0 HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n")
    for _ in range(2000):
        s.sendall(b" " * 65536)
    s.close()


def churn():
    s = connect()
    s.sendall(b"GET /1.0 HTTP/1.1\r\nHost: a\r\n\r\n")
    s.recv(4096)
    s.close()


def unread_pipeline():
    s = connect()
    s.setblocking(False)
    try:
        while True:
            s.send(b"GET /1.0/config HTTP/1.1\r\nHost: a\r\n\r\n" * 1000)
    except BlockingIOError:
        return s


def stalled_streams():
    kept = []
    for _ in range(20):
        kept.append(connect())
        kept[-1].sendall(b"GET /1.0/events HTTP/1.1\r\nHost: a\r\n\r\n")
        kept[-1].recv(200)
    return kept


kept = None
if how == "many connections":
    kept = many_connections()
elif how == "pipelines that nobody reads":
    kept = [unread_pipeline() for _ in range(100)]
elif how == "stalled streams":
    kept = stalled_streams()
else:
    forever({"giant headers": giant_header, "giant bodies": giant_body, "connections that come and go": churn}[how])
print("ready", flush=True)
sys.stdin.read()
