"""Runs a command on a terminal of its own, types the answer once it is asked, and prints what the terminal showed. What is to
happen in between is a command of the shell, in MEANWHILE."""

import os
import pty
import subprocess
import sys

answer, command = sys.argv[1], sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
shown, answered = b"", False
while True:
    try:
        read = os.read(terminal, 65536)
    except OSError:
        break
    if not read:
        break
    shown += read
    if b"taken for yes: " in shown and not answered:
        answered = True
        subprocess.run(os.environ.get("MEANWHILE", ""), shell=True, check=True, stdout=subprocess.DEVNULL)
        os.write(terminal, answer.encode() + b"\n")
sys.stdout.buffer.write(shown.replace(b"\r\n", b"\n"))
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
