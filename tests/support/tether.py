# Runs a Python module as a program that does not outlive its parent: standard input is a pipe that nobody writes to, so it
# ends when the parent closes it or dies, however it dies. Whatever the program has started goes with it, and the folder that
# the first argument names. The other arguments are the module and the module's own.
import os
import runpy
import shutil
import signal
import sys
import threading

folder, sys.argv = sys.argv[1], sys.argv[2:]


def end_with_parent():
    os.read(0, 1)
    shutil.rmtree(folder, ignore_errors=True)
    os.killpg(os.getpgrp(), signal.SIGKILL)


threading.Thread(target=end_with_parent, daemon=True).start()
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
