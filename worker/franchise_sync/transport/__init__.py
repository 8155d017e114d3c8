"""How bytes travel: which addresses are allowed, deadlines, and odoorpc wrapped so that it can be trusted."""
