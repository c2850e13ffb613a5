# Runs a Python module as a program that does not outlive its parent: standard input is a pipe that nobody writes to, so it
# ends when the parent closes it or dies, however it dies. Whatever the program has started goes with it.
import os
import runpy
import signal
import sys
import threading


def end_with_parent():
    os.read(0, 1)
    os.killpg(os.getpgrp(), signal.SIGKILL)


threading.Thread(target=end_with_parent, daemon=True).start()
del sys.argv[0]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
