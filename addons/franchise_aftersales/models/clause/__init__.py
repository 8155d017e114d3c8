from . import clause, obligation
