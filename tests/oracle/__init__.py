"""An oracle: the figures of an edition counted a second time, naively, from its raw files and the written rules.

It is plain Python and pandas, and shares nothing with the pipeline: no import of it, none of its queries. It reads what a person with
a spreadsheet would: the raw files, the CSV of the rules, the perimeter, the codebook, the titles and notes of the tables. What it says
of a cell is a `Fact`: the interval that the files leave to its value. `judge.complaints` sets a publication against these facts, then
its sentences against its own cells. A cell that it has no opinion on is counted apart, never passed over in silence.
"""
