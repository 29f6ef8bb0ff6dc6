"""The recipe: the steps of a build in order, for one territory or for each of a level."""
