"""Random editions, each drawn from one seed: a territory, a year, the files that producers would send of it, a survey or none.

`edition.write(root, seed)` lays one down in a copy of the project: its territory, its declaration, its raw files in the layouts that
producers use. Everything is invented; the same seed gives the same bytes. What is drawn on purpose: cells that a producer hides, cells
and communes that it leaves out, true zeros; establishments closed, to come, without employees, elsewhere; shuffled answers.
"""
