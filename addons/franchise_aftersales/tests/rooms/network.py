STEPS = {}
