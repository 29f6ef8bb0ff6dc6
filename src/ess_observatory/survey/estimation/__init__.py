"""From answers to estimates: calibrated weights, intervals, and the tables that show both.

The core (`intervals`, `calibration`, `design`) is plain NumPy and SciPy and knows nothing of the project; `weights`
and `extended` apply it to the database. A self-administered survey is not a probability sample: every interval made
here supposes that, within a group, those who answered are like those who did not.
"""
