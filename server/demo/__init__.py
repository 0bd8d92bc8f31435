"""The demo: the Limburg flood of 12-20 July 2021, rebuilt as an exercise from public reports."""
