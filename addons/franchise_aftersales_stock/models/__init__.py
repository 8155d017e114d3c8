from . import execution, stock_picking
