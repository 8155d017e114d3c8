"""What `scripts/*.sh` call: fetch what is missing, prepare databases, run the processes, test, clean up.

Only Python's standard library is used here, because these modules run before the virtual environment exists.
Modules that need more (`story`, `actors`) are run with the virtual environment's Python by `demo`.
"""
