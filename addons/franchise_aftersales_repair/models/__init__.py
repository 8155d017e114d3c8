from . import execution, repair_order
