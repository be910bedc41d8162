"""The switch of user-mode-linux.test.ts: changes links, waits for the effect of each change, and keeps the rows.

Runs as root of a kernel of its own. Arguments: the command line of the daemon. Prints what it kept, as JSON. One process,
because those that start others are slow there.
"""

import json
import os
import socket
import subprocess
import sys
import threading
import time

SOCKET, NOTIFY, HOLD, IP = "/tmp/redis.sock", "/tmp/notify", "/tmp/hold", "/tmp/real-ip"
STATE = "/tmp/state/port_state.json"
DEADLINE_SECS = 60


class Redis:
    def __init__(self, database):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(SOCKET)
        self.file = self.socket.makefile("rb")
        self.call("SELECT", database)

    def call(self, *words):
        parts = [str(word).encode() for word in words]
        self.socket.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))
        return self.answer()

    def answer(self):
        line = self.file.readline().decode().rstrip()
        kind, rest = line[0], line[1:]
        if kind == "-":
            raise RuntimeError(rest)
        if kind == ":":
            return int(rest)
        if kind == "$":
            return None if rest == "-1" else self.file.read(int(rest) + 2)[:-2].decode()
        return [self.answer() for _ in range(int(rest))] if kind == "*" else rest

    def row(self, key):
        words = self.call("HGETALL", key)
        return dict(zip(words[::2], words[1::2]))

    def rows(self, prefix):
        return {key[len(prefix) :]: self.row(key) for key in sorted(self.call("KEYS", prefix + "*"))}


def wait(what, condition):
    end = time.monotonic() + DEADLINE_SECS
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"does not come: {what}")
        time.sleep(0.02)


def links(*lines):
    subprocess.run([IP, "-batch", "-"], input="\n".join(lines), text=True, check=True)


subprocess.Popen(
    ["redis-server", "--port", "0", "--unixsocket", SOCKET, "--databases", "100", "--notify-keyspace-events", "AKE"]
    + ["--save", "", "--dir", "/tmp", "--logfile", "/tmp/redis.log"]
)
wait("redis-server", lambda: os.path.exists(SOCKET))
appl, config, state, monitor = Redis(0), Redis(4), Redis(6), Redis(0)
monitor.call("MONITOR")
kept = {}


def keep(name):
    warm = state.row("WARM_RESTART_TABLE|portsyncd")
    kept[name] = {"state": state.rows("PORT_TABLE|"), "appl": appl.rows("PORT_TABLE:"), "warm": warm}


def wait_for(name, **fields):
    wait(f"{name} with {fields}", lambda: fields.items() <= state.row(f"PORT_TABLE|{name}").items())


def wait_for_warm(phase):
    wait(phase, lambda: state.row("WARM_RESTART_TABLE|portsyncd").get("state") == phase)


def receive():
    while True:
        kept["notified"].append(receiver.recv(4096).decode())


def consume():
    redis = Redis(0)
    with open("out/pop.lua", encoding="utf-8") as file:
        pop = file.read()
    while True:
        redis.call("EVAL", pop, 0)
        time.sleep(0.05)


def start(log):
    environment = {**os.environ, "FETTLE_SONIC_SOCKET": SOCKET, "FETTLE_PORTSYNC_STATE": "/tmp/state"}
    environment |= {"NOTIFY_SOCKET": NOTIFY, "WATCHDOG_USEC": "4000000"}
    with open(f"out/{log}.log", "wb") as output:
        return subprocess.Popen(sys.argv[1:], cwd="/tmp/out", env=environment, stdout=output, stderr=output)


receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(NOTIFY)
kept["notified"] = []
threading.Thread(target=receive, daemon=True).start()

# The program through which the daemon reads links waits while a file exists; its monitor does not.
installed = os.path.realpath("/usr/sbin/ip")
with open(installed, "rb") as source, open(IP, "wb") as copy:
    copy.write(source.read())
os.chmod(IP, 0o755)
with open("/tmp/held-ip", "w", encoding="utf-8") as file:
    file.write(f'#!/bin/sh\ncase "$*" in *monitor*) ;; *) while [ -e {HOLD} ]; do sleep 0.1; done ;; esac\nexec {IP} "$@"\n')
os.chmod("/tmp/held-ip", 0o755)
subprocess.run(["mount", "--bind", "/tmp/held-ip", installed], check=True)

for lane in (0, 4, 8):
    config.call("HSET", f"PORT|Ethernet{lane}", "lanes", lane, "speed", 10000)
config.call("SET", "CONFIG_DB_INITIALIZED", 1)
state.call("HSET", "WARM_RESTART_ENABLE_TABLE|swss", "enable", "true")
links("link add Ethernet8 type dummy")

# A cold start, without the consumer at first.
daemon = start("cold")
wait("the copy of CONFIG_DB", lambda: appl.call("SCARD", "PORT_TABLE_KEY_SET") == 3)
threading.Thread(target=consume, daemon=True).start()
wait("PortConfigDone", lambda: appl.row("PORT_TABLE:PortConfigDone"))
links("link add Ethernet0 type veth peer name fabric0", "link add Ethernet4 type veth peer name fabric4")
wait_for("Ethernet0", state="ok")
wait_for("Ethernet4", state="ok")
keep("created")
links("link delete Ethernet8", "link add Ethernet8 type dummy")
wait("PortInitDone", lambda: appl.row("PORT_TABLE:PortInitDone"))
keep("initialized")

# A link that goes up, down and up again, and an administrative change.
links("link set fabric0 up", "link set Ethernet0 up")
wait_for("Ethernet0", netdev_oper_status="up")
links("link set fabric0 down")
wait_for("Ethernet0", netdev_oper_status="down")
keep("cut")
links("link set fabric0 up", "link set Ethernet8 up mtu 9000")
wait_for("Ethernet0", netdev_oper_status="up")
wait_for("Ethernet8", admin_status="up", mtu="9000", netdev_oper_status="up")
keep("changed")

# Members of a team, a bond and a bridge. APPL_DB names both channels.
for channel in ("PortChannel1", "PortChannel2"):
    appl.call("HSET", f"PORT_TABLE:{channel}", "mtu", 9100)
links(
    "link add PortChannel1 type team",
    "link set Ethernet4 master PortChannel1",
    "link set PortChannel1 up",
    "link add PortChannel2 type bond mode active-backup miimon 50",
    "link set Ethernet8 down",
    "link set Ethernet8 master PortChannel2",
    "link set PortChannel2 up mtu 1600",
    "link add bridge type bridge",
    "link set Ethernet0 master bridge",
)
for name in ("PortChannel2", "Ethernet8"):
    wait_for(name, mtu="1600", admin_status="up", netdev_oper_status="up")
wait_for("Ethernet0", netdev_oper_status="up")
wait_for("Ethernet4", admin_status="up")
keep("joined")
links("link set Ethernet0 nomaster", "link set Ethernet4 nomaster", "link set Ethernet4 mtu 1400")
wait_for("Ethernet4", mtu="1400")
keep("left")


def is_saved():
    with open(STATE, encoding="utf-8") as file:
        ports = json.load(file)["ports"]
    return [ports.get(name, {}).get("mtu") for name in ("Ethernet4", "Ethernet8")] == [1400, 1600]


# Killed, and started again while the links cannot be read: the initial sync lasts.
wait("the state file", is_saved)
wait("the watchdog", lambda: any("WATCHDOG=1" in text for text in kept["notified"]))
daemon.kill()
daemon.wait()
state.call("HSET", "PORT_TABLE|Ethernet8", "host_tx_ready", "true")
links("link set Ethernet4 mtu 1300")
appl.call("ECHO", "killed")
open(HOLD, "wb").close()
daemon = start("warm")
wait_for_warm("restored")
links("link set Ethernet0 mtu 1200", "link delete Ethernet8")
time.sleep(1.5)
keep("gated")
os.unlink(HOLD)
wait_for_warm("reconciled")
keep("reconciled")
wait("READY", lambda: sum("READY=1" in text for text in kept["notified"]) == 2)
daemon.terminate()
kept["stopped"] = daemon.wait()
wait("STOPPING", lambda: any("STOPPING=1" in text for text in kept["notified"]))

appl.call("ECHO", "end")
kept["commands"] = []
while not kept["commands"] or '"ECHO" "end"' not in kept["commands"][-1]:
    kept["commands"].append(monitor.answer())
print(json.dumps(kept))
