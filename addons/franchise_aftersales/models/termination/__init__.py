from . import termination
