from . import settlement_generate
